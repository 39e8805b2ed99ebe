/** Whatever bytes come in: exactly one reply, well-formed, and the session goes on. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FileSystem } from "../../workers/kernel/filesystem/filesystem.ts";
import { makeDirectories, makeSymlink, writeFile } from "../../workers/kernel/filesystem/paths.ts";
import { RLERROR, request } from "../../workers/kernel/ninep/protocol.ts";
import { NinepServer } from "../../workers/kernel/ninep/server.ts";
import type { NinepSession, SessionOptions } from "../../workers/kernel/ninep/session.ts";
import type { ByteWriter } from "../../workers/shared/bytes.ts";
import { header, message, NinepClient } from "../unit/ninep/client.ts";
import { baseOf, NearSession, serve } from "../unit/ninep/near-session.ts";

const RUNS = 300;
const NO_TAG = 0xffff;
const types = Object.values(request).filter((type) => type !== request.version);

/** Where messages go: to the kernel's session, or by a replica of the base. */
interface Target extends Pick<NinepSession, "handle"> {
  drain(): Promise<void>;
}

type Connect = (fs: FileSystem, options: SessionOptions) => Promise<Target>;

const direct: Connect = async (fs, options) => new NinepServer(fs).session(options);

const byReplica: Connect = async (fs, options) => {
  const base = await baseOf(fs);
  const { server, changes } = serve(base);
  const session = server.session(options);
  const near = new NearSession(session, base, changes);
  return { handle: (bytes, reply) => near.handle(bytes, reply), drain: () => session.drain() };
};

/** A session with fids 0 to 3 on a directory, an open file, an open directory and a link. */
async function start(connect: Connect, failures: unknown[]): Promise<Target> {
  const fs = new FileSystem();
  makeDirectories(fs, "/d/e");
  await writeFile(fs, "/d/f", new TextEncoder().encode("content"));
  makeSymlink(fs, "/d/l", "f");
  const onFailure = (error: unknown) => failures.push(error);
  const made = await connect(fs, { qidVersion: "changing", onFailure });
  const client = await new NinepClient(made).attach();
  await client.step(0, 1, ["d", "f"]);
  await client.open(1, 2);
  await client.step(0, 2, ["d"]);
  await client.open(2, 0);
  await client.step(0, 3, ["d", "l"]);
  return made;
}

/** Sends messages one after the other and checks each reply. */
async function checkAll(connect: Connect, messages: Uint8Array[]): Promise<void> {
  const failures: unknown[] = [];
  const target = await start(connect, failures);
  for (const bytes of messages) {
    const replies: Uint8Array[] = [];
    target.handle(bytes.slice(), (reply) => replies.push(reply));
    await target.drain();
    expect(replies).toHaveLength(1);
    const reply = header(replies[0] as Uint8Array);
    const sent = bytes.length >= 7 ? header(bytes) : undefined;
    expect(reply.size).toBe(replies[0]?.length);
    expect(reply.tag).toBe(sent?.tag ?? NO_TAG);
    expect([RLERROR, (sent?.type ?? 0) + 1]).toContain(reply.type);
  }
  expect(failures).toEqual([]);
}

/** Fields that look like those of real messages. */
const field: fc.Arbitrary<(w: ByteWriter) => void> = fc.oneof(
  fc.integer({ min: 0, max: 5 }).map((fid) => (w: ByteWriter) => w.u32(fid)),
  fc.nat({ max: 0xffffffff }).map((value) => (w: ByteWriter) => w.u32(value)),
  fc.constantFrom(0, 1, 2 ** 32, 2 ** 44, 2 ** 53).map((value) => (w: ByteWriter) => w.u64(value)),
  fc.constantFrom(0xffff, 0, 1, 2, 16, 17).map((value) => (w: ByteWriter) => w.u16(value)),
  fc
    .constantFrom("", ".", "..", "d", "e", "f", "l", "new", "a/b", "\0", "user.x", "x".repeat(300))
    .map((text) => (w: ByteWriter) => w.string16(text)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => (w: ByteWriter) => w.append(bytes)),
);

const plausible = fc
  .tuple(fc.constantFrom(...types), fc.nat({ max: 0xffff }), fc.array(field, { maxLength: 8 }))
  .map(([type, tag, fields]) =>
    message(type, tag, (w) => {
      for (const write of fields) write(w);
    }),
  );

const mutated = fc
  .tuple(plausible, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }), fc.nat())
  .map(([bytes, changes, cut]) => {
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes.slice(0, cut % 3 === 0 ? cut % bytes.length : bytes.length);
  });

describe.each([
  ["to the kernel", direct],
  ["by a replica", byReplica],
])("%s", (_, connect) => {
  const check = (messages: Uint8Array[]) => checkAll(connect, messages);

  test("random bytes", async () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    await fc.assert(fc.asyncProperty(fc.array(bytes), check), { numRuns: RUNS });
  });

  test("messages with plausible fields", async () => {
    const messages = fc.array(plausible, { maxLength: 30 });
    await fc.assert(fc.asyncProperty(messages, check), { numRuns: RUNS });
  });

  test("messages changed and cut off", async () => {
    const messages = fc.array(mutated, { maxLength: 30 });
    await fc.assert(fc.asyncProperty(messages, check), { numRuns: RUNS });
  });
});
