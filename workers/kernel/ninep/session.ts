/**
 * One mount's conversation. Every request gets exactly one reply; nothing a client sends makes the
 * session throw or hang. Requests do not wait for each other, except for those on the content of one
 * file, which take effect in the order they came.
 */
import type { ByteWriter } from "../../shared/bytes.ts";
import { NINEP_MAX_MESSAGE_BYTES, NINEP_MIN_MESSAGE_BYTES } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { errno, PosixError } from "../filesystem/posix-error.ts";
import * as attributes from "./attributes.ts";
import type { Connection, Finish, Handler, Room, WaitingHandler } from "./call.ts";
import { type FidRecord, FidTable } from "./fid.ts";
import * as files from "./files.ts";
import * as locking from "./locking.ts";
import { errorReply, ReplyWriter, RequestReader } from "./message.ts";
import * as namespace from "./namespace.ts";
import { PROTOCOL_VERSION, request as types } from "./protocol.ts";
import type { ServiceFiles } from "./service-files.ts";
import { restoreFids, type SavedSession, type StateReader, saveFids } from "./state.ts";
import * as xattr from "./xattr.ts";

/** Takes the reply to one request. */
export type Reply = (bytes: Uint8Array) => void;

export interface SessionOptions {
  /**
   * "zero" for a mount that must never trust what it has cached (Linux compares versions when it
   * revalidates); "changing" tells the truth.
   */
  qidVersion: "changing" | "zero";
  /** What Tattach gives; the root of the tree unless given. */
  root?: Inode;
  /** Files beside the tree; none unless given. */
  service?: ServiceFiles;
  /** Does work whose changes are the client's own; see epoch.ts. */
  own?: <T>(work: () => T) => T;
  /** Told of failures that are not the client's: a base file that cannot be had, a defect. */
  onFailure?: (error: unknown) => void;
}

/** A request that waits. */
interface Pending {
  tag: number;
  reply: Reply;
}

const handlers = new Map<number, Handler | WaitingHandler>([
  [types.statfs, attributes.statfs],
  [types.getattr, attributes.getattr],
  [types.setattr, attributes.setattr],
  [types.attach, namespace.attach],
  [types.walk, namespace.walk],
  [types.mkdir, namespace.mkdir],
  [types.symlink, namespace.symlink],
  [types.mknod, namespace.mknod],
  [types.readlink, namespace.readlink],
  [types.link, namespace.link],
  [types.rename, namespace.rename],
  [types.renameat, namespace.renameat],
  [types.unlinkat, namespace.unlinkat],
  [types.remove, namespace.remove],
  [types.lopen, files.lopen],
  [types.lcreate, files.lcreate],
  [types.read, files.read],
  [types.write, files.write],
  [types.readdir, files.readdir],
  [types.fsync, files.fsync],
  [types.clunk, files.clunk],
  [types.xattrwalk, xattr.xattrwalk],
  [types.xattrcreate, xattr.xattrcreate],
  [types.lock, locking.lock],
  [types.getlock, locking.getlock],
]);

export class NinepSession implements Connection {
  readonly fs: FileSystem;
  readonly fids: FidTable;
  readonly root: Inode;
  /** Agreed by Tversion; 0 before. */
  messageBytes = 0;
  private readonly own: <T>(work: () => T) => T;
  private readonly onFailure: (error: unknown) => void;
  private readonly reader = new RequestReader();
  private readonly writer: ReplyWriter;
  private readonly pending = new Map<number, Pending>();
  private drained: (() => void)[] = [];
  room: Room | undefined;
  readonly service: ServiceFiles | undefined;

  constructor(fs: FileSystem, options: SessionOptions) {
    this.fs = fs;
    this.root = options.root ?? fs.root;
    this.fids = new FidTable(fs);
    this.service = options.service;
    this.own = options.own ?? ((work) => work());
    this.onFailure = options.onFailure ?? (() => {});
    this.writer = new ReplyWriter(options.qidVersion === "changing");
  }

  /**
   * Serves one request.
   *
   * @param request the message; it must not change before the reply
   * @param reply called once, now or later, with a buffer that is the caller's, or with what `room` gave
   * @param room called at most once, and before `reply`, which then is called at once
   */
  handle(request: Uint8Array, reply: Reply, room?: Room): void {
    this.room = room;
    const bytes = this.own(() => this.serve(request, reply));
    if (bytes) reply(bytes);
  }

  /** Makes fids that a replica of the base has walked to, before the next request. */
  adopt(fids: readonly FidRecord[]): void {
    for (const record of fids) this.fids.adopt(record);
  }

  /** Interrupts what waits, and closes every fid. */
  close(): void {
    for (const waiting of [...this.pending.values()]) this.interrupt(waiting);
    this.fids.clear();
  }

  /** Settles when no request waits. */
  drain(): Promise<void> {
    if (this.pending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.drained.push(resolve));
  }

  /** Writes the agreed message size, the fids and their locks. Nothing may wait. */
  save(writer: ByteWriter): void {
    writer.varint(this.messageBytes);
    saveFids(writer, this.fids, this.fs);
  }

  /** Makes a new session what the saved one was, on a tree that has what it held. */
  restore({ messageBytes, fids }: SavedSession, reader: StateReader): void {
    this.messageBytes = Math.min(messageBytes, NINEP_MAX_MESSAGE_BYTES);
    restoreFids(fids, this.fids, this.fs, reader);
  }

  /** The reply, or nothing when the request waits. */
  private serve(request: Uint8Array, reply: Reply): Uint8Array | undefined {
    const { reader } = this;
    try {
      reader.start(request);
      const { type, tag } = reader;
      if (type === types.version) return this.version(tag);
      if (this.messageBytes === 0) throw new PosixError("EPROTO", "no version was agreed");
      if (request.length > this.messageBytes) throw new PosixError("EMSGSIZE");
      if (type === types.flush) return this.flush(tag, reader.u16());
      if (this.pending.has(tag)) throw new PosixError("EINVAL", "the tag is in use");
      const handler = handlers.get(type);
      if (!handler) throw new PosixError("EOPNOTSUPP", `message type ${type}`);
      this.writer.start();
      const later = handler(this, reader, this.writer);
      if (!later) return this.writer.finish(type + 1, tag);
      this.wait(type, { tag, reply }, later);
      return undefined;
    } catch (error) {
      return errorReply(reader.tag, this.errorNumber(error));
    }
  }

  /** Tversion msize version: starts anew. Whatever waited is answered EINTR, and fids are gone. */
  private version(tag: number): Uint8Array {
    const messageBytes = this.reader.u32();
    const known = this.reader.string16() === PROTOCOL_VERSION;
    if (messageBytes < NINEP_MIN_MESSAGE_BYTES) throw new PosixError("EMSGSIZE");
    this.close();
    const agreed = Math.min(messageBytes, NINEP_MAX_MESSAGE_BYTES);
    this.messageBytes = known ? agreed : 0;
    this.writer.start();
    this.writer.u32(agreed);
    this.writer.string16(known ? PROTOCOL_VERSION : "unknown");
    return this.writer.finish(types.version + 1, tag);
  }

  /** Tflush oldtag: the old request is answered first, then this one. */
  private flush(tag: number, oldTag: number): Uint8Array {
    const waiting = this.pending.get(oldTag);
    if (waiting) this.interrupt(waiting);
    this.writer.start();
    return this.writer.finish(types.flush + 1, tag);
  }

  private wait(type: number, waiting: Pending, later: Promise<Finish>): void {
    this.pending.set(waiting.tag, waiting);
    later.then(
      (finish) => this.settle(waiting, () => this.lateReply(type, waiting.tag, finish)),
      (error) => this.settle(waiting, () => errorReply(waiting.tag, this.errorNumber(error))),
    );
  }

  private lateReply(type: number, tag: number, finish: Finish): Uint8Array {
    try {
      this.writer.start();
      finish(this.writer);
      return this.writer.finish(type + 1, tag);
    } catch (error) {
      return errorReply(tag, this.errorNumber(error));
    }
  }

  /** Answers a request that waited, unless it was interrupted. */
  private settle(waiting: Pending, makeReply: () => Uint8Array): void {
    if (this.pending.get(waiting.tag) !== waiting) return;
    this.pending.delete(waiting.tag);
    waiting.reply(makeReply());
    this.checkDrained();
  }

  private interrupt(waiting: Pending): void {
    this.settle(waiting, () => errorReply(waiting.tag, errno.EINTR));
  }

  private checkDrained(): void {
    if (this.pending.size > 0) return;
    const { drained } = this;
    this.drained = [];
    for (const resolve of drained) resolve();
  }

  private errorNumber(error: unknown): number {
    if (error instanceof PosixError) return error.errno;
    this.onFailure(error);
    return errno.EIO;
  }
}
