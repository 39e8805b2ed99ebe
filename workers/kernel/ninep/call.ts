/** What the handlers of requests share. */
import type { Eventually } from "../filesystem/contents.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import type { FidTable } from "./fid.ts";
import type { ReplyWriter, RequestReader } from "./message.ts";
import type { ServiceFiles } from "./service-files.ts";

/** One session, as its handlers see it. */
export interface Connection {
  readonly fs: FileSystem;
  readonly fids: FidTable;
  /** What Tattach gives. */
  readonly root: Inode;
  /** The largest message, agreed by Tversion. */
  messageBytes: number;
  /** Where the reply to the present request is best put together; it must be given before anything waits. */
  readonly room: Room | undefined;
  /** Files beside the tree, where the mount has them. */
  readonly service: ServiceFiles | undefined;
}

/** Gives memory for a reply of that many bytes, or undefined when it may be anywhere. */
export type Room = (length: number) => Uint8Array | undefined;

/** Writes the fields of a reply that had to wait. */
export type Finish = (reply: ReplyWriter) => void;

/**
 * Serves one request: reads its fields, all of them before anything waits, and writes those of the reply.
 * A handler that throws becomes Rlerror.
 */
export type Handler = (connection: Connection, request: RequestReader, reply: ReplyWriter) => void;

/** A {@link Handler} that may have to wait: then it returns a promise, whose rejection is Rlerror too. */
export type WaitingHandler = (
  connection: Connection,
  request: RequestReader,
  reply: ReplyWriter,
) => Promise<Finish> | undefined;

/** Writes the reply when `result` is there: now, or when its promise resolves. */
export function answer<T>(
  result: Eventually<T>,
  reply: ReplyWriter,
  write: (reply: ReplyWriter, value: T) => void,
): Promise<Finish> | undefined {
  if (result instanceof Promise) return result.then((value) => (later) => write(later, value));
  write(reply, result);
  return undefined;
}
