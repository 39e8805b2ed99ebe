/** Makes equal inputs give equal trees: leaves out what a run leaves behind, and clamps times. */
import { S_IFDIR, S_IFMT } from "../../workers/kernel/filesystem/inode.ts";
import type { IndexInode } from "../format/tree-index.ts";

/** Locks, caches and backups: every machine makes its own. Folders stay, what is in them goes. */
const LEFT_OUT = [
  /^\/(tmp|run|proc|sys|dev)\/./,
  /^\/var\/tmp\/./,
  /^\/var\/cache\/(apt|ldconfig|debconf)\/.*(\.bin|-old|aux-cache|\.deb)$/,
  /^\/var\/lib\/dpkg\/(lock|lock-frontend|triggers\/Lock|[a-z]+-old)$/,
  /^\/var\/lib\/apt\/(lists|periodic)\/./,
  /^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$/,
  /^\/etc\/(\.pwd\.lock|machine-id)$/,
  /^\/root\/\.(bash_history|ash_history|lesshst|viminfo|cache)$/,
];

/** What was logged. The folders in it are of packages, whose programs do not make them again. */
const LOGGED = /^\/var\/log\/./;

/**
 * A node as it goes into the index.
 *
 * @param latest no file is younger: seconds since 1970, the date of the Debian release
 * @returns undefined for what is left out
 */
export function normaliseNode(
  node: IndexInode,
  path: string,
  latest: number,
): IndexInode | undefined {
  if (LEFT_OUT.some((pattern) => pattern.test(path))) return undefined;
  if (LOGGED.test(path) && (node.mode & S_IFMT) !== S_IFDIR) return undefined;
  if (node.mtime.seconds < latest) return node;
  return { ...node, mtime: { seconds: latest, nanoseconds: 0 } };
}
