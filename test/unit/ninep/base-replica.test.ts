/** A replica of the base answers as the kernel would, and asks it whenever it cannot know. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import {
  makeDirectories,
  makeSymlink,
  remove,
  resolvePath,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { open, request as types } from "../../../workers/kernel/ninep/protocol.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import type { NinepSession } from "../../../workers/kernel/ninep/session.ts";
import { MESSAGE_BYTES, message, NinepClient } from "./client.ts";
import { type Base, baseOf, NearSession, serve } from "./near-session.ts";
import { sequence } from "./operations.ts";
import { describeTree, NinepTree, type Operation, outcome } from "./two-trees.ts";

const RUNS = 150;
const text = (value: string) => new TextEncoder().encode(value);

/** /etc/{motd, mode -> motd}, /usr/{bin, lib/deep} */
async function smallBase(): Promise<Base> {
  const fs = new FileSystem();
  makeDirectories(fs, "/etc");
  makeDirectories(fs, "/usr/bin");
  makeDirectories(fs, "/usr/lib/deep");
  await writeFile(fs, "/etc/motd", text("hello"));
  makeSymlink(fs, "/etc/mode", "motd");
  return await baseOf(fs);
}

async function connect(uid = 0) {
  const base = await smallBase();
  const { fs, server, changes } = serve(base);
  const near = new NearSession(server.session({ qidVersion: "changing" }), base, changes);
  const client = await new NinepClient(near).attach(uid);
  near.forwarded.length = 0;
  return { fs, server, near, client, base, changes };
}

test("the kernel is not asked about what nobody has changed", async () => {
  const { client, near, fs } = await connect();
  await client.step(0, 1, ["etc", "motd"]);
  expect(await client.getattr(1)).toMatchObject({ size: 5, nlink: 1 });
  await expect(client.step(0, 2, ["etc", "shadow"])).resolves.toBe(1);
  await expect(client.step(0, 2, ["home"])).rejects.toThrow("ENOENT");
  await client.step(0, 2, ["etc"]);
  await client.open(2, open.readOnly | open.directory);
  const entries = await client.list(2);
  expect(entries.map(({ name, number }) => [name, number])).toEqual([
    [".", resolvePath(fs, "/etc").number],
    ["..", 1],
    ["mode", resolvePath(fs, "/etc/mode", { follow: false }).number],
    ["motd", resolvePath(fs, "/etc/motd").number],
  ]);
  await client.step(0, 3, ["etc", "mode"]);
  const link = await client.call(types.readlink, (w) => w.u32(3));
  expect(link.string16()).toBe("motd");
  for (const fid of [1, 2, 3]) await client.clunk(fid);
  expect(near.forwarded).toEqual([]);
  expect(near.far.fids.size).toBe(1);
});

test("the kernel hears of the fids that are left before it serves the next request", async () => {
  const { client, near, fs } = await connect(1000);
  await client.step(0, 1, ["usr"]);
  await client.step(1, 2, ["lib"]);
  await client.step(2, 3, []);
  await client.clunk(1);
  await client.create(2, "made", open.readWrite, 0o644);
  expect(near.forwarded).toEqual([types.lcreate]);
  expect(resolvePath(fs, "/usr/lib/made").uid).toBe(1000);
  expect([...near.far.fids.entries()].map(([number, { name }]) => [number, name])).toEqual([
    [0, ""],
    [2, "made"],
    [3, "lib"],
  ]);
  await client.call(types.remove, (w) => w.u32(3)).catch(({ message }) => message);
  await client.step(0, 4, ["usr", "lib", "deep"]);
  await client.step(4, 5, []);
  await client.call(types.remove, (w) => w.u32(5));
  expect(near.far.fids.get(0).inode.nlink).toBe(4);
  await expect(client.step(0, 6, ["usr", "lib", "deep"])).resolves.toBe(2);
});

test("what another session changes is seen at once", async () => {
  const { client, fs } = await connect();
  await client.step(0, 1, ["etc", "motd"]);
  await client.step(0, 2, ["etc"]);
  await client.open(2, open.readOnly);
  const before = await client.getattr(1);
  await writeFile(fs, "/etc/motd", text("hello, world"));
  expect(await client.getattr(1)).toEqual({
    ...before,
    size: 12,
    mtime: expect.anything(),
    ctime: expect.anything(),
  });
  await writeFile(fs, "/etc/new", text(""));
  expect((await client.list(2)).map(({ name }) => name)).toEqual([
    ".",
    "..",
    "mode",
    "motd",
    "new",
  ]);
  remove(fs, "/usr/bin");
  await expect(client.step(0, 3, ["usr", "bin"])).resolves.toBe(1);
});

test("a listing tells the version of the directory above", async () => {
  const { client, fs, near } = await connect();
  await client.step(0, 1, ["usr", "lib"]);
  await client.open(1, open.readOnly);
  await writeFile(fs, "/usr/new", text(""));
  const listing = message(types.readdir, 1, (w) => {
    w.u32(1);
    w.u64(0);
    w.u32(1000);
  });
  const replies: Uint8Array[] = [];
  near.handle(listing.slice(), (bytes) => replies.push(bytes));
  near.far.handle(listing, (bytes) => replies.push(bytes));
  expect(replies[0]).toEqual(replies[1]);
});

test("a fid that the kernel knows goes nowhere without it", async () => {
  const { client, fs, near } = await connect();
  await client.step(0, 1, ["usr"]);
  await client.call(types.statfs, (w) => w.u32(1));
  await client.step(1, 1, ["lib"]);
  expect(near.forwarded).toEqual([types.statfs, types.walk]);
  await client.create(1, "made", open.readWrite, 0o644);
  expect(resolvePath(fs, "/usr/lib/made").size).toBe(0);
});

test("a fid that creates what is there becomes that file", async () => {
  const { client } = await connect();
  await client.step(0, 1, ["etc"]);
  await client.create(1, "motd", open.readOnly, 0o644);
  expect(await client.getattr(1)).toMatchObject({ size: 5, nlink: 1 });
});

test("a request that is too long is refused, whatever it asks", async () => {
  const { client } = await connect();
  const getattr = client.call(types.getattr, (w) => {
    w.u32(0);
    w.append(new Uint8Array(MESSAGE_BYTES));
  });
  await expect(getattr).rejects.toThrow("EMSGSIZE");
});

test("a fid whose file is gone before the kernel hears of it is stale", async () => {
  const { client, fs } = await connect();
  await client.step(0, 1, ["etc", "motd"]);
  remove(fs, "/etc/motd");
  await expect(client.open(1, open.readOnly)).rejects.toThrow("ESTALE");
  await expect(client.clunk(1)).rejects.toThrow("ESTALE");
  await client.step(0, 1, ["etc"]);
  expect(await client.getattr(1)).toMatchObject({ nlink: 2 });

  await client.step(0, 2, ["usr", "bin"]);
  remove(fs, "/usr/bin");
  await expect(client.call(types.statfs, (w) => w.u32(2))).rejects.toThrow("ESTALE");
  await client.attach();
  await expect(client.getattr(2)).rejects.toThrow("EBADF");
});

test("a fid that takes an attribute leads nowhere", async () => {
  const { client } = await connect();
  await client.step(0, 1, ["etc"]);
  await client.xattrcreate(1, "user.note", 4, 0);
  await expect(client.step(1, 2, ["motd"])).rejects.toThrow("EBADF");
});

test("a replica that comes later learns the fids from the kernel's replies", async () => {
  const base = await smallBase();
  const { server, changes } = serve(base);
  const session = server.session({ qidVersion: "changing" });
  await new NinepClient(session).attach();
  const near = new NearSession(session, base, changes, MESSAGE_BYTES);
  const client = new NinepClient(near);
  await client.step(0, 1, ["usr"]);
  expect(near.forwarded).toEqual([types.walk]);
  await client.getattr(1);
  await client.step(1, 2, ["lib", "deep"]);
  await client.getattr(2);
  expect(near.forwarded).toEqual([types.walk]);
  await client.clunk(1);
  await client.step(2, 1, [".."]);
  await client.open(1, open.readOnly);
  expect((await client.list(1)).map(({ name }) => name)).toEqual([".", "..", "deep"]);
  expect(near.forwarded).toEqual([types.walk, types.clunk]);
});

test("what a snapshot has changed or removed is the kernel's", async () => {
  const base = await smallBase();
  const saved = serve(base);
  saved.server.session({ qidVersion: "changing" });
  await writeFile(saved.fs, "/etc/motd", text("hello, world"));
  remove(saved.fs, "/usr/bin");
  const { server, changes } = serve(base);
  const session = server.session({ qidVersion: "changing" });
  server.restore(saved.server.save());
  const client = await new NinepClient(new NearSession(session, base, changes)).attach();
  await client.step(0, 1, ["etc", "motd"]);
  expect(await client.getattr(1)).toMatchObject({ size: 12 });
  await expect(client.step(0, 2, ["usr", "bin"])).resolves.toBe(1);
});

test("a new version forgets all fids, also those of a client that does not wait for it", async () => {
  const { client, near } = await connect();
  const resume = near.hold();
  const attached = client.attach();
  await client.step(0, 1, ["etc"]);
  resume();
  await attached;
  await expect(client.getattr(1)).rejects.toThrow("EBADF");
  await client.step(0, 1, ["etc"]);
  await client.attach();
  await expect(client.getattr(1)).rejects.toThrow("EBADF");
  expect(near.far.fids.size).toBe(1);
});

/** Keeps the replies that a client gets. */
class Recorder {
  readonly replies: Uint8Array[] = [];
  private readonly target: Pick<NinepSession, "handle">;

  constructor(target: Pick<NinepSession, "handle">) {
    this.target = target;
  }

  handle(message: Uint8Array, reply: (bytes: Uint8Array) => void): void {
    this.target.handle(message, (bytes) => {
      this.replies.push(bytes.slice());
      reply(bytes);
    });
  }
}

/** Runs the same history of the guest, and of somebody else, and returns the guest's replies. */
async function replay(
  history: { guest: boolean; operation: Operation }[],
  server: NinepServer,
  session: Pick<NinepSession, "handle">,
) {
  const recorder = new Recorder(session);
  const guest = new NinepTree(await new NinepClient(recorder).attach());
  const other = new NinepTree(
    await new NinepClient(server.session({ qidVersion: "zero" })).attach(),
  );
  for (const { guest: isGuest, operation } of history) {
    await outcome(isGuest ? guest : other, operation);
  }
  await Promise.all([guest.close(), other.close()]);
  await describeTree(guest);
  return recorder.replies;
}

test("every reply is the kernel's own, whoever changes the tree", async () => {
  let asked = 0;
  let told = 0;
  await fc.assert(
    fc.asyncProperty(
      sequence,
      sequence.chain((operations) =>
        fc.tuple(
          ...operations.map((operation) =>
            fc.record({ guest: fc.boolean(), operation: fc.constant(operation) }),
          ),
        ),
      ),
      async (before, history) => {
        const made = new FileSystem();
        const maker = new NinepClient(new NinepServer(made).session({ qidVersion: "zero" }));
        const tree = new NinepTree(await maker.attach());
        for (const operation of before) await outcome(tree, operation);
        await tree.close();
        const base = await baseOf(made);

        const plain = serve(base);
        const direct = plain.server.session({ qidVersion: "changing" });
        const expected = await replay(history, plain.server, direct);
        const { server, changes } = serve(base);
        const near = new NearSession(server.session({ qidVersion: "changing" }), base, changes);
        expect(await replay(history, server, near)).toEqual(expected);
        asked += expected.length;
        told += near.forwarded.length;
      },
    ),
    { numRuns: RUNS },
  );
  expect(told).toBeLessThan(asked * 0.9);
});
