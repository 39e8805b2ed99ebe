import { toByteString } from "../../../workers/kernel/filesystem/names.ts";
import { FILE_PIECE_BYTES, PARALLEL_FILE_READS } from "../../../workers/shared/limits.ts";
import type { FileAccess, FileStatus } from "../../file-access.ts";
import { nameOf } from "./paths.ts";
import { ahead, begin } from "./read-ahead.ts";
import { type TarMember, tar } from "./tar.ts";
import type { Progress } from "./transfers.ts";
import { type TreeEntry, treeOf } from "./tree.ts";

/** What a visitor gets. */
export interface Download {
  name: string;
  content: Blob;
  /** Devices and the like, which have no content that could be taken along. */
  leftOut: number;
}

/** A file as it is, or a folder as a tar archive. */
export function download(files: FileAccess, path: string, progress: Progress): Promise<Download> {
  return files.together(() => contentOf(files, path, progress));
}

async function contentOf(files: FileAccess, path: string, progress: Progress): Promise<Download> {
  const status = await files.status(path);
  const { signal, onBytes } = progress;
  if (status.kind !== "directory") {
    progress.expect({ bytes: status.size, files: 1 });
    const content = await blobOf(files.read(path, { signal, onBytes }));
    return { name: nameOf(path), content, leftOut: 0 };
  }
  const tree = await treeOf(files, path, signal);
  const taken = tree.filter(({ entry }) => entry.kind !== "device");
  const bytes = taken.reduce((sum, { entry }) => sum + sizeOf(entry), 0);
  progress.expect({ bytes, files: taken.length });
  const top = path === "/" ? "files" : nameOf(path);
  const members = membersOf(files, { path, name: top, status }, taken, progress);
  const content = await blobOf(tar(members));
  return { name: `${top}.tar`, content, leftOut: tree.length - taken.length };
}

async function* membersOf(
  files: FileAccess,
  top: { path: string; name: string; status: FileStatus },
  tree: TreeEntry[],
  progress: Progress,
): AsyncGenerator<TarMember, void, undefined> {
  const { signal, onBytes } = progress;
  const read = ({ path, entry }: TreeEntry) =>
    entry.kind === "file" ? begin(files.read(path, { signal, onBytes })) : undefined;
  yield memberOf(toByteString(top.name), top.status);
  for (const { item, made } of ahead(tree, PARALLEL_FILE_READS, read)) {
    const { relative, entry } = item;
    const member = memberOf(toByteString(`${top.name}/${relative}`), entry);
    if (made) member.content = { size: entry.size, pieces: made };
    yield member;
    progress.onFiles(1);
  }
}

function memberOf(name: string, status: FileStatus): TarMember {
  const { kind, mode, uid, gid, mtime, target } = status;
  return {
    name,
    kind: kind === "device" ? "file" : kind,
    mode,
    uid,
    gid,
    mtime,
    ...(target === undefined ? {} : { target: toByteString(target) }),
  };
}

function sizeOf({ kind, size }: FileStatus): number {
  return kind === "file" ? size : 0;
}

/** Gathers pieces where the browser keeps blobs: large ones are not in the page's memory. */
async function blobOf(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<Blob> {
  const parts: Blob[] = [];
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length < FILE_PIECE_BYTES) continue;
    parts.push(new Blob(waiting));
    waiting = [];
    length = 0;
  }
  return new Blob([...parts, ...waiting]);
}
