/** A small 9P2000.L client: what the tests say to a session, and what they make of its answers. */
import { type ErrnoName, errno } from "../../../workers/kernel/filesystem/posix-error.ts";
import { RLERROR, request } from "../../../workers/kernel/ninep/protocol.ts";
import type { NinepSession } from "../../../workers/kernel/ninep/session.ts";
import { ByteReader, ByteWriter } from "../../../workers/shared/bytes.ts";

export const MESSAGE_BYTES = 64 * 1024;
const HEADER_BYTES = 7;
const QID_BYTES = 13;
const NO_FID = 0xffffffff;

/** Rlerror, with the name of its number. */
export class RemoteError extends Error {
  readonly code: string;

  constructor(number: number) {
    const name = (Object.keys(errno) as ErrnoName[]).find((key) => errno[key] === number);
    super(name ?? `errno ${number}`);
    this.code = this.message;
  }
}

export class ReplyReader extends ByteReader {
  protected override fail(reason: string): never {
    throw new Error(`a malformed reply: ${reason}`);
  }
}

/** A message with its size filled in. */
export function message(
  type: number,
  tag: number,
  fields: (writer: ByteWriter) => void,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  writer.u32(0);
  writer.u8(type);
  writer.u16(tag);
  fields(writer);
  writer.patchU32(0, writer.length);
  return writer.toBytes();
}

export interface Attributes {
  number: number;
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  rdev: number;
  size: number;
  mtime: { seconds: number; nanoseconds: number };
  ctime: { seconds: number; nanoseconds: number };
}

export interface DirectoryEntry {
  name: string;
  cookie: number;
  number: number;
}

export class NinepClient<Served extends Pick<NinepSession, "handle"> = NinepSession> {
  readonly session: Served;
  private nextTag = 1;
  private nextFid = 1;

  constructor(session: Served) {
    this.session = session;
  }

  /** Agrees on a version and attaches fid 0. */
  async attach(uid = 0): Promise<this> {
    await this.call(request.version, (w) => {
      w.u32(MESSAGE_BYTES);
      w.string16("9P2000.L");
    });
    await this.call(request.attach, (w) => {
      w.u32(0);
      w.u32(NO_FID);
      w.string16("");
      w.string16("");
      w.u32(uid);
    });
    return this;
  }

  /** Gives new fids the numbers the other client would. */
  continueFrom(other: NinepClient<Served>): void {
    this.nextFid = other.nextFid;
  }

  newFid(): number {
    return this.nextFid++;
  }

  /** Sends a request. @returns its tag and the fields of its reply */
  send(
    type: number,
    fields: (w: ByteWriter) => void,
  ): { tag: number; reply: Promise<ReplyReader> } {
    const tag = this.nextTag++ % 0xffff;
    const reply = new Promise<ReplyReader>((resolve, reject) => {
      this.session.handle(message(type, tag, fields), (bytes) => {
        const reader = new ReplyReader(bytes);
        const size = reader.u32();
        const kind = reader.u8();
        const replyTag = reader.u16();
        if (size !== bytes.length) reject(new Error("a reply with the wrong size"));
        else if (replyTag !== tag) reject(new Error("a reply with another tag"));
        else if (kind === RLERROR) reject(new RemoteError(reader.u32()));
        else if (kind !== type + 1) reject(new Error(`reply ${kind} to request ${type}`));
        else resolve(reader);
      });
    });
    return { tag, reply };
  }

  call(type: number, fields: (w: ByteWriter) => void): Promise<ReplyReader> {
    return this.send(type, fields).reply;
  }

  /** Walks name by name, as a kernel does, so that every error is that of its step. @returns a new fid */
  async walk(path: string, from = 0): Promise<number> {
    const fid = this.newFid();
    await this.step(from, fid, []);
    for (const name of path.split("/").filter(Boolean)) {
      try {
        await this.step(fid, fid, [name]);
      } catch (error) {
        await this.clunk(fid);
        throw error;
      }
    }
    return fid;
  }

  /** Twalk. @returns how many names were walked */
  async step(fid: number, newFid: number, names: string[]): Promise<number> {
    const reader = await this.call(request.walk, (w) => {
      w.u32(fid);
      w.u32(newFid);
      w.u16(names.length);
      for (const name of names) w.string16(name);
    });
    const walked = reader.u16();
    if (reader.remaining !== walked * QID_BYTES) throw new Error("Rwalk with the wrong length");
    return walked;
  }

  async clunk(fid: number): Promise<void> {
    await this.call(request.clunk, (w) => w.u32(fid));
  }

  /** Runs `use` with a fid for a path, and clunks it. */
  async with<T>(path: string, use: (fid: number) => Promise<T>): Promise<T> {
    const fid = await this.walk(path);
    try {
      return await use(fid);
    } finally {
      await this.clunk(fid);
    }
  }

  async open(fid: number, flags: number): Promise<void> {
    await this.call(request.lopen, (w) => {
      w.u32(fid);
      w.u32(flags);
    });
  }

  async create(fid: number, name: string, flags: number, mode: number, gid = 0): Promise<void> {
    await this.call(request.lcreate, (w) => {
      w.u32(fid);
      w.string16(name);
      w.u32(flags);
      w.u32(mode);
      w.u32(gid);
    });
  }

  async read(fid: number, offset: number, count: number): Promise<Uint8Array> {
    const reader = await this.call(request.read, (w) => {
      w.u32(fid);
      w.u64(offset);
      w.u32(count);
    });
    return reader.take(reader.u32());
  }

  async write(fid: number, offset: number, data: Uint8Array): Promise<number> {
    const reader = await this.call(request.write, (w) => {
      w.u32(fid);
      w.u64(offset);
      w.u32(data.length);
      w.append(data);
    });
    return reader.u32();
  }

  async getattr(fid: number): Promise<Attributes> {
    const reader = await this.call(request.getattr, (w) => {
      w.u32(fid);
      w.u64(0x7ff);
    });
    reader.u64();
    reader.take(5);
    const number = reader.u64();
    const [mode, uid, gid] = [reader.u32(), reader.u32(), reader.u32()];
    const [nlink, rdev, size] = [reader.u64(), reader.u64(), reader.u64()];
    reader.take(4 * 8);
    const time = () => ({ seconds: reader.i64(), nanoseconds: reader.u64() });
    const [mtime, ctime] = [time(), time()];
    return { number, mode, uid, gid, nlink, rdev, size, mtime, ctime };
  }

  /** The version in the qid of a fid. */
  async version(fid: number): Promise<number> {
    const reader = await this.call(request.getattr, (w) => {
      w.u32(fid);
      w.u64(0);
    });
    reader.u64();
    reader.take(1);
    return reader.u32();
  }

  async setattr(
    fid: number,
    valid: number,
    values: { mode?: number; uid?: number; gid?: number; size?: number; mtime?: number[] },
  ): Promise<void> {
    await this.call(request.setattr, (w) => {
      w.u32(fid);
      w.u32(valid);
      w.u32(values.mode ?? 0);
      w.u32(values.uid ?? 0);
      w.u32(values.gid ?? 0);
      w.u64(values.size ?? 0);
      w.u64(0);
      w.u64(0);
      for (const part of values.mtime ?? [0, 0]) w.u64(part);
    });
  }

  /** One Treaddir. */
  async readdir(fid: number, cookie: number, count: number): Promise<DirectoryEntry[]> {
    const reader = await this.call(request.readdir, (w) => {
      w.u32(fid);
      w.u64(cookie);
      w.u32(count);
    });
    if (reader.u32() !== reader.remaining) throw new Error("Rreaddir with the wrong length");
    const entries: DirectoryEntry[] = [];
    while (reader.remaining > 0) {
      reader.take(5);
      const number = reader.u64();
      const next = reader.u64();
      reader.u8();
      entries.push({ name: reader.string16(), cookie: next, number });
    }
    return entries;
  }

  /** Every entry of an open directory, by as many requests as it takes. */
  async list(fid: number, count = MESSAGE_BYTES): Promise<DirectoryEntry[]> {
    const all: DirectoryEntry[] = [];
    for (;;) {
      const part = await this.readdir(fid, all.at(-1)?.cookie ?? 0, count);
      if (part.length === 0) return all;
      all.push(...part);
    }
  }

  /** @returns the number of bytes the value has; newFid reads it */
  async xattrwalk(fid: number, newFid: number, name: string): Promise<number> {
    const reader = await this.call(request.xattrwalk, (w) => {
      w.u32(fid);
      w.u32(newFid);
      w.string16(name);
    });
    return reader.u64();
  }

  async xattrcreate(fid: number, name: string, size: number, flags: number): Promise<void> {
    await this.call(request.xattrcreate, (w) => {
      w.u32(fid);
      w.string16(name);
      w.u64(size);
      w.u32(flags);
    });
  }

  /** @returns Rlock's status */
  async lock(
    fid: number,
    type: number,
    [start, length]: [number, number],
    process: number,
    client = "guest",
  ): Promise<number> {
    const reader = await this.call(request.lock, (w) => {
      w.u32(fid);
      w.u8(type);
      w.u32(0);
      w.u64(start);
      w.u64(length);
      w.u32(process);
      w.string16(client);
    });
    return reader.u8();
  }
}

/** The header of a raw reply. */
export function header(bytes: Uint8Array): { size: number; type: number; tag: number } {
  const reader = new ReplyReader(bytes.subarray(0, HEADER_BYTES));
  return { size: reader.u32(), type: reader.u8(), tag: reader.u16() };
}
