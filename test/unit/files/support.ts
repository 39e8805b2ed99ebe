/** The file calls of a page on a tree in memory, without workers between. */
import { FileCalls } from "../../../src/local/file-calls.ts";
import { LocalFiles } from "../../../src/local/local-files.ts";
import type { FileCall } from "../../../workers/kernel/files/contract.ts";
import { FileService } from "../../../workers/kernel/files/file-service.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { makeDirectories } from "../../../workers/kernel/filesystem/paths.ts";

export const text = (value: string) => new TextEncoder().encode(value);
export const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

export function setUp(fs = new FileSystem()) {
  makeDirectories(fs, "/root");
  makeDirectories(fs, "/etc");
  const service = new FileService(fs);
  const calls = new FileCalls((request) => {
    void service.handle(request).then((reply) => calls.receive(reply));
  });
  /** What the guest was told to do, in order. */
  const told: string[] = [];
  const files = new LocalFiles({
    call: (call) => calls.call(call),
    syncGuest: async ({ forget }) => {
      told.push(forget ? "forget" : "sync");
    },
  });
  return {
    fs,
    files,
    told,
    call: <Call extends FileCall>(call: Call) => calls.call(call),
  };
}
