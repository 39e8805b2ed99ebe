/** The records of an exported machine: those of a disk (disk/records.ts), without those of its blocks. */
import { RecordReader } from "../disk/records.ts";
import { Replay } from "../disk/replay.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { restoreTree } from "../filesystem/tree-restore.ts";
import { malformed } from "./failures.ts";
import { checkSound } from "./sound-tree.ts";

class ExportRecordReader extends RecordReader {
  override fail(reason: string): never {
    throw malformed(reason);
  }
}

/**
 * Makes a new filesystem the tree that was exported, but for contents.
 *
 * @throws TabnixError `malformed`; the filesystem is then of no use
 */
export function restoreRecords(fs: FileSystem, records: Uint8Array): void {
  const reader = new ExportRecordReader(records);
  const replay = new Replay(fs, 0, reader);
  for (const record of reader.records()) {
    if (record.type === "blocks" || record.type === "cut") reader.fail("it tells of blocks");
    replay.apply(record);
  }
  const fail = (reason: string) => reader.fail(reason);
  restoreTree(fs, replay.tree(), fail);
  checkSound(fs, fail);
}
