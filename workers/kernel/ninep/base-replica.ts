/**
 * Answers 9P requests in the machine's own thread, where that is possible without asking the kernel.
 *
 * Most of what a guest asks is the name, the attributes and the entries of files that nobody has ever
 * changed, and to carry such a question to another thread costs more than to answer it. So the machine
 * gets a second copy of the base's metadata, and shares the kernel's record of which inodes have
 * changed. From them it serves walk, getattr, readdir, readlink and the opening of directories, with
 * the kernel's own handlers, and so with the same bytes, as long as everything that the answer tells
 * is about unchanged inodes. All else goes to the kernel, and so does every error but "no such name".
 *
 * Fids are the state of a session. Those that were walked here the kernel hears of with the next
 * request that it gets, so that at every change it knows what the guest holds; those that are clunked
 * until then, never. Those that were walked there are learned from the replies.
 */
import { decodeTreeIndex, type TreeIndex } from "../../../images/format/tree-index.ts";
import type { ReplicaSource } from "../contract.ts";
import { BaseChanges } from "../filesystem/base-changes.ts";
import { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import * as attributes from "./attributes.ts";
import type { Connection, Handler, WaitingHandler } from "./call.ts";
import { type FidRecord, FidTable } from "./fid.ts";
import * as files from "./files.ts";
import { ReplyWriter, RequestReader } from "./message.ts";
import * as namespace from "./namespace.ts";
import { PROTOCOL_VERSION, RLERROR, request as types } from "./protocol.ts";
import type { Reply } from "./session.ts";

/** No inode has this number. */
const NOWHERE = 0;

/** Sends a request to the kernel, which must hear of the fids first. */
export type Forward = (request: Uint8Array, fids: FidRecord[], reply: Reply) => void;

/**
 * Reads the fields of a request. @returns undefined when only the kernel can serve it, else what is
 * left to do when the handler has served it
 */
type Check = (request: RequestReader) => (() => void) | undefined;

/** Reads the fields of a reply to a request that the kernel has served. */
type Learn = (reply: RequestReader) => void;

export class BaseReplica implements Connection {
  readonly fs: FileSystem;
  readonly fids: FidTable;
  readonly root: Inode;
  /** Nothing that is answered here is long. */
  readonly room = undefined;
  readonly service = undefined;
  messageBytes: number;
  private readonly changes: BaseChanges;
  private readonly reader = new RequestReader();
  private readonly writer = new ReplyWriter(true);
  /** Fids that the kernel has not heard of, and the one it knows that each was walked from. */
  private readonly untold = new Map<number, number>();

  private readonly checks = new Map<number, [Check, Handler | WaitingHandler]>([
    [types.walk, [(request) => this.checkWalk(request), namespace.walk]],
    [types.getattr, [(request) => this.checkFid(request), attributes.getattr]],
    [types.readlink, [(request) => this.checkFid(request), namespace.readlink]],
    [types.lopen, [(request) => this.checkOpen(request), files.lopen]],
    [types.readdir, [(request) => this.checkList(request), files.readdir]],
    [types.clunk, [(request) => this.checkClunk(request), files.clunk]],
  ]);

  /**
   * @param index the kernel's base
   * @param messageBytes what the session has agreed on; 0 before Tversion
   */
  constructor(index: TreeIndex, changes: BaseChanges, messageBytes: number) {
    this.fs = new FileSystem({ index });
    this.fids = new FidTable(this.fs);
    this.root = this.fs.root;
    this.changes = changes;
    this.messageBytes = messageBytes;
  }

  /** Serves a request here, or by `forward`. */
  handle(request: Uint8Array, reply: Reply, forward: Forward): void {
    const answer = this.answer(request);
    if (answer) {
      reply(answer);
      return;
    }
    const untold = this.takeUntold();
    const learn = this.watch(request);
    forward(request, untold, (bytes) => {
      this.reader.start(bytes);
      if (this.reader.type !== RLERROR) learn?.(this.reader);
      reply(bytes);
    });
  }

  /** The reply, or undefined when the kernel must give it. */
  private answer(request: Uint8Array): Uint8Array | undefined {
    if (request.length > this.messageBytes) return undefined;
    const { reader, writer } = this;
    try {
      reader.start(request);
      const { type, tag } = reader;
      const served = this.checks.get(type);
      const finish = served?.[0](reader);
      if (!served || !finish) return undefined;
      reader.start(request);
      writer.start();
      served[1](this, reader, writer);
      finish();
      return writer.finish(type + 1, tag);
    } catch {
      // A fid that is not known here, or a wrong request: the kernel has the right answer to both.
      return undefined;
    }
  }

  private checkFid(request: RequestReader): (() => void) | undefined {
    return this.isUnchanged(this.fids.get(request.u32()).inode) ? nothing : undefined;
  }

  /** A fid that the kernel has heard of must be opened there too: it may have to list it one day. */
  private checkOpen(request: RequestReader): (() => void) | undefined {
    const number = request.u32();
    if (!this.untold.has(number)) return undefined;
    const { inode } = this.fids.get(number);
    return inode.isDirectory && this.isUnchanged(inode) ? nothing : undefined;
  }

  /** The entries tell the versions of what they lead to. */
  private checkList(request: RequestReader): (() => void) | undefined {
    const { inode } = this.fids.get(request.u32());
    if (!inode.directory || !this.isUnchanged(inode)) return undefined;
    if (inode.parent && !this.isUnchanged(inode.parent)) return undefined;
    for (const entry of inode.directory.entries()) {
      if (!this.isUnchanged(entry.inode)) return undefined;
    }
    return nothing;
  }

  /** Every step must be through what is unchanged; where it ends too, because the reply tells its version. */
  private checkWalk(request: RequestReader): (() => void) | undefined {
    const number = request.u32();
    const newNumber = request.u32();
    if (number === newNumber && !this.untold.has(number)) return undefined;
    let { inode } = this.fids.get(number);
    if (!this.isUnchanged(inode)) return undefined;
    for (let left = request.u16(); left > 0; left--) {
      const found = inode.isDirectory ? this.fs.find(inode, request.string16()) : undefined;
      if (!found) break;
      if (!this.isUnchanged(found)) return undefined;
      inode = found;
    }
    return () => {
      if (!this.fids.has(newNumber)) return;
      this.untold.set(newNumber, this.untold.get(number) ?? number);
    };
  }

  private checkClunk(request: RequestReader): (() => void) | undefined {
    const number = request.u32();
    return this.untold.has(number) ? () => this.untold.delete(number) : undefined;
  }

  private isUnchanged(inode: Inode): boolean {
    return !this.changes.has(inode.number);
  }

  private takeUntold(): FidRecord[] {
    const records: FidRecord[] = [];
    for (const [number, source] of this.untold) {
      const { inode, parent, name, flags } = this.fids.get(number);
      records.push({ number, source, inode: inode.number, parent: parent?.number, name, flags });
    }
    this.untold.clear();
    return records;
  }

  /** Forgets what a request that goes to the kernel will change. @returns how to learn from its reply */
  private watch(request: Uint8Array): Learn | undefined {
    const { reader } = this;
    try {
      reader.start(request);
      switch (reader.type) {
        case types.version:
          return (reply) => this.restart(reply);
        case types.attach:
          return this.watchAttach(reader);
        case types.walk:
          return this.watchWalk(reader);
        case types.clunk:
        case types.remove:
        case types.lcreate:
        case types.xattrcreate:
          this.forget(reader.u32());
          return undefined;
        default:
          return undefined;
      }
    } catch {
      // The kernel will refuse it.
      return undefined;
    }
  }

  /** Tversion: the session starts anew. */
  private restart(reply: RequestReader): void {
    const messageBytes = reply.u32();
    this.messageBytes = reply.string16() === PROTOCOL_VERSION ? messageBytes : 0;
    this.fids.clear();
    this.untold.clear();
  }

  private watchAttach(request: RequestReader): Learn {
    const number = request.u32();
    return (reply) => this.learnFid(number, qidPath(reply));
  }

  private watchWalk(request: RequestReader): Learn {
    const number = request.u32();
    const newNumber = request.u32();
    const names = request.u16();
    let path = this.fids.has(number) ? this.fids.get(number).inode.number : NOWHERE;
    if (newNumber === number) this.forget(number);
    return (reply) => {
      if (reply.u16() < names) return;
      for (let left = names; left > 0; left--) path = qidPath(reply);
      this.learnFid(newNumber, path);
    };
  }

  /** @param path of its qid: the inode's number, of the base or above */
  private learnFid(number: number, path: number): void {
    const inode = this.fs.inode(path);
    if (!inode || this.fids.has(number)) return;
    const unknown = { uid: 0, parent: undefined, name: "", flags: undefined, xattr: undefined };
    this.fids.add(number, { inode, ...unknown });
  }

  private forget(number: number): void {
    if (this.fids.has(number)) this.fids.remove(number);
  }
}

/** The replica that the kernel offers. */
export function openReplica({ index, changes, messageBytes }: ReplicaSource): BaseReplica {
  return new BaseReplica(decodeTreeIndex(index), new BaseChanges(changes), messageBytes);
}

/** type[1] version[4] path[8] */
function qidPath(reply: RequestReader): number {
  reply.u8();
  reply.u32();
  return reply.u64();
}

function nothing(): void {}
