/** Requests that wait for files of the base: their order, their tags, flushing, and what cannot be had. */
import { expect, test } from "vitest";
import { explainFailure } from "../../../workers/kernel/filesystem/base-failure.ts";
import { makeDirectories, resolvePath } from "../../../workers/kernel/filesystem/paths.ts";
import { open, request, setattr } from "../../../workers/kernel/ninep/protocol.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import { header, message, NinepClient } from "./client.ts";
import { connect, text, textOf, withBase } from "./session-support.ts";

test("thirty waiting reads hold up nobody else", async () => {
  const { fs, store } = await withBase(31);
  const { client } = await connect(fs);
  const release = store.hold();
  const waiting: Promise<Uint8Array>[] = [];
  for (let i = 0; i < 30; i++) {
    const fid = await client.walk(`${i}`);
    await client.open(fid, open.readOnly);
    waiting.push(client.read(fid, 0, 100));
  }
  makeDirectories(fs, "/made");
  await client.with("made", async (fid) => {
    expect((await client.getattr(fid)).nlink).toBe(2);
  });
  const own = await client.walk("");
  await client.create(own, "own", open.readWrite, 0o644);
  expect(await client.write(own, 0, text("written"))).toBe(7);
  release();
  expect((await Promise.all(waiting)).map(textOf)).toEqual(
    Array.from({ length: 30 }, (_, i) => `content of ${i}`),
  );
  await client.session.drain();
});

test("operations on one file keep their order while its base is fetched", async () => {
  const { fs, store } = await withBase(1);
  const { client } = await connect(fs);
  const release = store.hold();
  const fid = await client.walk("0");
  await client.open(fid, open.readWrite);
  const results = [
    client.read(fid, 0, 100).then(textOf),
    client.write(fid, 0, text("CONTENT")),
    client.read(fid, 0, 100).then(textOf),
    client.setattr(fid, setattr.size, { size: 7 }),
    client.write(fid, 9, text("!")),
  ];
  release();
  expect(await Promise.all(results)).toEqual(["content of 0", 7, "CONTENT of 0", undefined, 1]);
  expect(textOf(await client.read(fid, 0, 100))).toBe("CONTENT\0\0!");
  expect([...store.requests.values()]).toEqual([1]);
});

test("truncating a base file to nothing does not fetch it", async () => {
  const { fs, store } = await withBase(1);
  const { client } = await connect(fs);
  const fid = await client.walk("0");
  await client.open(fid, open.writeOnly | open.truncate);
  await client.write(fid, 0, text("new"));
  expect(store.requests.size).toBe(0);
  expect((await client.getattr(fid)).size).toBe(3);
});

test("Tflush answers the waiting request EINTR first, and its work later not at all", async () => {
  const { fs, store } = await withBase(1);
  const { client } = await connect(fs);
  const release = store.hold();
  const fid = await client.walk("0");
  await client.open(fid, open.readOnly);
  const answers: string[] = [];
  const read = client.send(request.read, (w) => {
    w.u32(fid);
    w.u64(0);
    w.u32(10);
  });
  const readAnswer = read.reply.catch((error: Error) => answers.push(`read ${error.message}`));
  let drained = false;
  const draining = client.session.drain().then(() => {
    drained = true;
  });
  await Promise.resolve();
  expect(drained).toBe(false);
  const flush = client.call(request.flush, (w) => w.u16(read.tag));
  await Promise.all([readAnswer, flush.then(() => answers.push("flush")), draining]);
  expect(answers).toEqual(["read EINTR", "flush"]);
  release();
  expect(textOf(await client.read(fid, 0, 100))).toBe("content of 0");
  await client.call(request.flush, (w) => w.u16(12345));
});

test("a tag that waits cannot be used again", async () => {
  const { fs, store } = await withBase(1);
  const { client } = await connect(fs);
  const fid = await client.walk("0");
  await client.open(fid, open.readOnly);
  const release = store.hold();
  const replies: number[] = [];
  const read = message(request.read, 77, (w) => {
    w.u32(fid);
    w.u64(0);
    w.u32(10);
  });
  client.session.handle(read, (bytes) => replies.push(header(bytes).type));
  client.session.handle(read, (bytes) => replies.push(header(bytes).type));
  release();
  await client.session.drain();
  expect(replies).toEqual([7, request.read + 1]);
});

test("a base file that cannot be had is EIO for its reader, and told to the owner", async () => {
  const { fs, store } = await withBase(1);
  const failures: unknown[] = [];
  const session = new NinepServer(fs).session({
    qidVersion: "zero",
    onFailure: (error) => failures.push(error),
  });
  const client = await new NinepClient(session).attach();
  const inode = resolvePath(fs, "/0");
  if (inode.base) store.lose(inode.base);
  const fid = await client.walk("0");
  await client.open(fid, open.readWrite);
  await expect(client.read(fid, 0, 10)).rejects.toThrow("EIO");
  await expect(client.write(fid, 3, text("x"))).rejects.toThrow("EIO");
  const message = `/0 cannot be read. There is no object ${inode.base?.sha256}.`;
  expect(failures.map((failure) => explainFailure(fs, failure))).toMatchObject([
    { code: "not-found", message },
    { code: "not-found", message },
  ]);
});
