/** Sessions for tests of the conversation, and files of a base that have to be fetched. */
import { expect } from "vitest";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import { exportTree } from "../../../workers/kernel/filesystem/export.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { MemoryOverlay } from "../../../workers/kernel/filesystem/memory-overlay.ts";
import { writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { request } from "../../../workers/kernel/ninep/protocol.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import type { NinepSession } from "../../../workers/kernel/ninep/session.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { message, NinepClient } from "./client.ts";

export const text = (value: string) => new TextEncoder().encode(value);
export const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

export function sessionOn(
  fs: FileSystem,
  qidVersion: "changing" | "zero" = "changing",
): NinepSession {
  return new NinepServer(fs).session({ qidVersion });
}

export async function connect(fs = new FileSystem(), uid = 0) {
  return { fs, client: await new NinepClient(sessionOn(fs)).attach(uid) };
}

/** A filesystem whose base has /0 to /<count - 1>, each with its name as content. */
export async function withBase(count: number, options: { overlayBytes?: number } = {}) {
  const made = new FileSystem();
  for (let i = 0; i < count; i++) await writeFile(made, `/${i}`, text(`content of ${i}`));
  const store = new MemoryStore();
  const { index } = await exportTree(made, { put: (bytes) => store.put(bytes) });
  const overlay = new MemoryOverlay(options.overlayBytes);
  return { store, fs: new FileSystem({ index: decodeTreeIndex(index), store, overlay }) };
}

/** The raw reply to a message. */
export function ask(session: NinepSession, bytes: Uint8Array): Uint8Array {
  const replies: Uint8Array[] = [];
  session.handle(bytes, (reply) => replies.push(reply));
  expect(replies).toHaveLength(1);
  return replies[0] as Uint8Array;
}

export function version(size: number, name: string): Uint8Array {
  return message(request.version, 0xffff, (w) => {
    w.u32(size);
    w.string16(name);
  });
}
