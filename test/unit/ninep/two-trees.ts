/**
 * The same operations on two trees: one behind a 9P session, one in a real folder of Linux. Neither side
 * follows symbolic links, because a 9P server does not.
 */
import * as nodeFs from "node:fs";
import { join } from "node:path";
import { PERMISSIONS, S_IFDIR, S_IFLNK, S_IFMT } from "../../../workers/kernel/filesystem/inode.ts";
import { errno } from "../../../workers/kernel/filesystem/posix-error.ts";
import { AT_REMOVEDIR, request, setattr } from "../../../workers/kernel/ninep/protocol.ts";
import type { NinepSession } from "../../../workers/kernel/ninep/session.ts";
import { type NinepClient, RemoteError } from "./client.ts";

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NOFOLLOW } =
  nodeFs.constants;

/** What an open file may be opened with. */
export const OPEN_FLAGS = [
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  O_RDWR | O_TRUNC,
  O_RDWR | O_APPEND,
  O_RDWR | O_CREAT,
  O_RDWR | O_CREAT | O_EXCL,
  O_WRONLY | O_CREAT | O_TRUNC,
  O_WRONLY | O_CREAT | O_APPEND,
];

/** Paths have no leading slash; "" is the root. Handles are files that stay open. */
export type Operation =
  | { kind: "open"; handle: number; path: string; flags: number; mode: number }
  | { kind: "close"; handle: number }
  | { kind: "read"; handle: number; offset: number; count: number }
  | { kind: "write"; handle: number; offset: number; bytes: Uint8Array }
  | { kind: "truncate"; handle: number; size: number }
  | { kind: "fstat"; handle: number }
  | { kind: "mkdir"; path: string; mode: number }
  | { kind: "symlink"; path: string; target: string }
  | { kind: "link"; from: string; to: string }
  | { kind: "rename"; from: string; to: string }
  | { kind: "unlink"; path: string }
  | { kind: "rmdir"; path: string }
  | { kind: "chmod"; path: string; mode: number }
  | { kind: "utimes"; path: string; seconds: number }
  | { kind: "stat"; path: string }
  | { kind: "list"; path: string };

/** One side. Results are compared with each other; errors by their code. */
export interface Tree {
  run(operation: Operation): Promise<unknown>;
  close(): Promise<void>;
}

interface Status {
  mode: number;
  nlink: number;
  size: number;
}

/** Directories have no comparable size, and not every filesystem counts their links. */
function statusOf(mode: number, nlink: number, size: number): Status {
  const isDirectory = (mode & S_IFMT) === S_IFDIR;
  return { mode, nlink: isDirectory ? 0 : nlink, size: isDirectory ? 0 : size };
}

/** A folder of the machine the test runs on. */
export class LinuxTree implements Tree {
  private readonly root: string;
  private readonly handles = new Map<number, number>();

  constructor(root: string) {
    this.root = root;
  }

  async run(operation: Operation): Promise<unknown> {
    switch (operation.kind) {
      case "open":
        return this.open(operation);
      case "close": {
        const file = this.handle(operation.handle);
        this.handles.delete(operation.handle);
        return nodeFs.closeSync(file);
      }
      case "read": {
        const bytes = Buffer.alloc(operation.count);
        const file = this.handle(operation.handle);
        const length = nodeFs.readSync(file, bytes, 0, operation.count, operation.offset);
        return bytes.toString("hex", 0, length);
      }
      case "write": {
        const { bytes, offset } = operation;
        const file = this.handle(operation.handle);
        return nodeFs.writeSync(file, bytes, 0, bytes.length, offset);
      }
      case "truncate":
        return nodeFs.ftruncateSync(this.handle(operation.handle), operation.size);
      case "fstat": {
        const { mode, nlink, size } = nodeFs.fstatSync(this.handle(operation.handle));
        return statusOf(mode, nlink, size);
      }
      case "mkdir":
        nodeFs.mkdirSync(this.at(operation.path));
        return nodeFs.chmodSync(this.at(operation.path), operation.mode);
      case "symlink":
        return nodeFs.symlinkSync(operation.target, this.at(operation.path));
      case "link":
        return nodeFs.linkSync(this.at(operation.from), this.at(operation.to));
      case "rename":
        return nodeFs.renameSync(this.at(operation.from), this.at(operation.to));
      case "unlink":
        return nodeFs.unlinkSync(this.at(operation.path));
      case "rmdir":
        return nodeFs.rmdirSync(this.at(operation.path));
      case "chmod":
        if (nodeFs.lstatSync(this.at(operation.path)).isSymbolicLink()) return undefined;
        return nodeFs.chmodSync(this.at(operation.path), operation.mode);
      case "utimes":
        nodeFs.lutimesSync(this.at(operation.path), operation.seconds, operation.seconds);
        return nodeFs.lstatSync(this.at(operation.path)).mtimeMs;
      case "stat":
        return this.stat(operation.path);
      case "list":
        // As openat(2) with O_NOFOLLOW, which readdirSync lacks.
        if (statusAt(this.at(operation.path))?.isSymbolicLink()) throw new RemoteError(errno.ELOOP);
        return nodeFs.readdirSync(this.at(operation.path)).sort();
    }
  }

  async close(): Promise<void> {
    for (const file of this.handles.values()) nodeFs.closeSync(file);
    this.handles.clear();
  }

  /** Whether a symbolic link is on the way to a path: the two sides differ there on purpose. */
  crossesLink(path: string): boolean {
    const names = path.split("/");
    return names.slice(0, -1).some((_, index) => {
      const above = this.at(names.slice(0, index + 1).join("/"));
      return statusAt(above)?.isSymbolicLink() ?? false;
    });
  }

  private open({ handle, path, flags, mode }: Operation & { kind: "open" }): void {
    const isNew = !statusAt(this.at(path));
    const file = nodeFs.openSync(this.at(path), flags | O_NOFOLLOW, mode);
    if (isNew) nodeFs.fchmodSync(file, mode);
    const old = this.handles.get(handle);
    if (old !== undefined) nodeFs.closeSync(old);
    this.handles.set(handle, file);
  }

  private stat(path: string): unknown {
    const status = nodeFs.lstatSync(this.at(path));
    const target = status.isSymbolicLink() ? nodeFs.readlinkSync(this.at(path)) : undefined;
    return { ...statusOf(status.mode, status.nlink, status.size), target };
  }

  private handle(number: number): number {
    return this.handles.get(number) ?? notOpen();
  }

  private at(path: string): string {
    return join(this.root, path);
  }
}

function statusAt(path: string): nodeFs.Stats | undefined {
  try {
    return nodeFs.lstatSync(path);
  } catch {
    return undefined;
  }
}

/** A tree behind a session. */
export class NinepTree implements Tree {
  private readonly client: NinepClient<Pick<NinepSession, "handle">>;
  /** Fids by handle. */
  private readonly handles: Map<number, number>;

  constructor(
    client: NinepClient<Pick<NinepSession, "handle">>,
    handles = new Map<number, number>(),
  ) {
    this.client = client;
    this.handles = handles;
  }

  /** The same open files, of a session that was restored. */
  on(client: NinepTree["client"]): NinepTree {
    client.continueFrom(this.client);
    return new NinepTree(client, new Map(this.handles));
  }

  async run(operation: Operation): Promise<unknown> {
    const { client } = this;
    switch (operation.kind) {
      case "open":
        return this.open(operation);
      case "close": {
        const fid = this.handle(operation.handle);
        this.handles.delete(operation.handle);
        return client.clunk(fid);
      }
      case "read": {
        const fid = this.handle(operation.handle);
        const bytes = await client.read(fid, operation.offset, operation.count);
        return Buffer.from(bytes).toString("hex");
      }
      case "write":
        return client.write(this.handle(operation.handle), operation.offset, operation.bytes);
      case "truncate":
        return this.truncate(operation);
      case "fstat": {
        const { mode, nlink, size } = await client.getattr(this.handle(operation.handle));
        return statusOf(mode, nlink, size);
      }
      case "mkdir":
        return this.inParent(operation.path, request.mkdir, (w) => {
          w.u32(operation.mode);
          w.u32(0);
        });
      case "symlink":
        return this.inParent(operation.path, request.symlink, (w) => {
          w.string16(operation.target);
          w.u32(0);
        });
      case "unlink":
        return this.inParent(operation.path, request.unlinkat, (w) => w.u32(0));
      case "rmdir":
        return this.inParent(operation.path, request.unlinkat, (w) => w.u32(AT_REMOVEDIR));
      case "link":
        return this.link(operation.from, operation.to);
      case "rename":
        return this.rename(operation.from, operation.to);
      case "chmod":
        return client.with(operation.path, async (fid) => {
          const { mode } = await client.getattr(fid);
          if ((mode & S_IFMT) === S_IFLNK) return;
          await client.setattr(fid, setattr.mode, { mode: operation.mode });
        });
      case "utimes":
        return client.with(operation.path, async (fid) => {
          const times = setattr.mtime | setattr.mtimeSet;
          await client.setattr(fid, times, { mtime: [operation.seconds, 0] });
          return (await client.getattr(fid)).mtime.seconds * 1000;
        });
      case "stat":
        return client.with(operation.path, (fid) => this.stat(fid));
      case "list":
        return client.with(operation.path, async (fid) => {
          await client.open(fid, O_RDONLY | nodeFs.constants.O_DIRECTORY);
          const names = (await client.list(fid)).map(({ name }) => name);
          return names.filter((name) => name !== "." && name !== "..").sort();
        });
    }
  }

  async close(): Promise<void> {
    for (const fid of this.handles.values()) await this.client.clunk(fid);
    this.handles.clear();
  }

  /** As Linux's client does it: opens what is there, creates what is not. */
  private async open({ handle, path, flags, mode }: Operation & { kind: "open" }): Promise<void> {
    const { client } = this;
    const { parent, name } = split(path);
    const fid = await client.walk(parent);
    try {
      if (flags & O_CREAT) await client.create(fid, name, flags, mode);
      else {
        await client.step(fid, fid, [name]);
        await client.open(fid, flags);
      }
    } catch (error) {
      await client.clunk(fid);
      throw error;
    }
    const old = this.handles.get(handle);
    if (old !== undefined) await client.clunk(old);
    this.handles.set(handle, fid);
  }

  /** ftruncate(2) asks for a file open for writing; the guest's kernel checks that, not the server. */
  private async truncate({ handle, size }: Operation & { kind: "truncate" }): Promise<void> {
    const fid = this.handle(handle);
    await this.client.setattr(fid, setattr.size, { size });
  }

  private async stat(fid: number): Promise<unknown> {
    const { mode, nlink, size } = await this.client.getattr(fid);
    let target: string | undefined;
    if ((mode & S_IFMT) === S_IFLNK) {
      const reader = await this.client.call(request.readlink, (w) => w.u32(fid));
      target = reader.string16();
    }
    return { ...statusOf(mode, nlink, size), target };
  }

  private async link(from: string, to: string): Promise<void> {
    const { parent, name } = split(to);
    await this.client.with(from, (source) =>
      this.inDirectory(parent, async (directory) => {
        await this.client.call(request.link, (w) => {
          w.u32(directory);
          w.u32(source);
          w.string16(name);
        });
      }),
    );
  }

  private async rename(from: string, to: string): Promise<void> {
    const [source, target] = [split(from), split(to)];
    await this.inDirectory(source.parent, (old) =>
      this.inDirectory(target.parent, async (directory) => {
        await this.client.call(request.renameat, (w) => {
          w.u32(old);
          w.string16(source.name);
          w.u32(directory);
          w.string16(target.name);
        });
      }),
    );
  }

  /** The guest's kernel itself refuses a path that goes through a file. */
  private inDirectory(path: string, use: (fid: number) => Promise<void>): Promise<void> {
    return this.client.with(path, async (fid) => {
      const { mode } = await this.client.getattr(fid);
      if ((mode & S_IFMT) !== S_IFDIR) throw new RemoteError(errno.ENOTDIR);
      await use(fid);
    });
  }

  private async inParent(
    path: string,
    type: number,
    fields: Parameters<NinepClient["call"]>[1],
  ): Promise<void> {
    const { parent, name } = split(path);
    await this.inDirectory(parent, async (fid) => {
      await this.client.call(type, (w) => {
        w.u32(fid);
        w.string16(name);
        fields(w);
      });
    });
  }

  private handle(number: number): number {
    return this.handles.get(number) ?? notOpen();
  }
}

/** What an operation gave: its result, or the code of its error. */
export async function outcome(tree: Tree, operation: Operation): Promise<unknown> {
  try {
    return { result: await tree.run(operation) };
  } catch (error) {
    if (error instanceof Error && "code" in error) return { error: error.code };
    throw error;
  }
}

/** Everything below a path: kinds, modes, links, sizes, targets and contents. */
export async function describeTree(tree: Tree, path = ""): Promise<Record<string, unknown>> {
  const names = (await tree.run({ kind: "list", path })) as string[];
  const found: Record<string, unknown> = {};
  for (const name of names) {
    const child = path === "" ? name : `${path}/${name}`;
    const status = (await tree.run({ kind: "stat", path: child })) as Status;
    found[child] = { ...status, content: await contentOf(tree, child, status) };
    if ((status.mode & S_IFMT) === S_IFDIR) Object.assign(found, await describeTree(tree, child));
  }
  return found;
}

/** A handle no operation uses. */
const SPARE_HANDLE = -1;

async function contentOf(tree: Tree, path: string, { mode, size }: Status): Promise<unknown> {
  if ((mode & S_IFMT) !== nodeFs.constants.S_IFREG) return undefined;
  await tree.run({ kind: "open", handle: SPARE_HANDLE, path, flags: O_RDONLY, mode: PERMISSIONS });
  const pieces: unknown[] = [];
  const count = 16 * 1024;
  for (let offset = 0; offset < size; offset += count) {
    pieces.push(await tree.run({ kind: "read", handle: SPARE_HANDLE, offset, count }));
  }
  await tree.run({ kind: "close", handle: SPARE_HANDLE });
  return pieces;
}

function split(path: string): { parent: string; name: string } {
  const at = path.lastIndexOf("/");
  return { parent: path.slice(0, Math.max(0, at)), name: path.slice(at + 1) };
}

function notOpen(): never {
  throw Object.assign(new Error("the handle is not open"), { code: "EBADF" });
}
