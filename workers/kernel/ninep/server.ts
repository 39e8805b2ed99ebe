/** 9P2000.L over one tree. Each mount has a session; all sessions see the same files and locks. */
import { ByteWriter } from "../../shared/bytes.ts";
import { TabnixError } from "../../shared/errors.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { saveOverlay } from "../filesystem/overlay-image.ts";
import { restoreOverlay } from "../filesystem/overlay-restore.ts";
import { NinepSession, type SessionOptions } from "./session.ts";
import { StateReader } from "./state.ts";

const MAGIC = 0x39504e54;
const VERSION = 1;

export class NinepServer {
  readonly fs: FileSystem;
  private readonly sessions: NinepSession[] = [];

  constructor(fs: FileSystem) {
    this.fs = fs;
  }

  /** A session for a new mount. */
  session(options: SessionOptions): NinepSession {
    const session = new NinepSession(this.fs, options);
    this.sessions.push(session);
    return session;
  }

  /** Settles when no request waits in any session. */
  async drain(): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.drain()));
  }

  /** Everything but the base, for a machine's snapshot: overlay, fids, locks. Call {@link drain} before. */
  save(): Uint8Array<ArrayBuffer> {
    const writer = new ByteWriter();
    writer.u32(MAGIC);
    writer.u32(VERSION);
    const overlay = saveOverlay(this.fs);
    writer.varint(overlay.length);
    writer.append(overlay);
    writer.varint(this.sessions.length);
    for (const session of this.sessions) session.save(writer);
    return writer.toBytes();
  }

  /**
   * Makes a new server, with its tree from the same base and as many sessions, what the saved one was.
   *
   * @throws TabnixError `malformed` or `wrong-version`; the server and the tree are then of no use
   */
  restore(bytes: Uint8Array): void {
    const reader = new StateReader(bytes);
    if (reader.u32() !== MAGIC) reader.fail("it is something else");
    const version = reader.u32();
    if (version !== VERSION) {
      throw new TabnixError(
        "wrong-version",
        `The saved filesystem has version ${version}; this Tabnix reads ${VERSION}.`,
        "Start without the snapshot, or build the image again.",
      );
    }
    restoreOverlay(this.fs, reader.take(reader.varint()));
    if (reader.varint() !== this.sessions.length) reader.fail("it has other mounts");
    for (const session of this.sessions) session.restore(reader);
    if (reader.remaining > 0) reader.fail("bytes follow its end");
    this.fs.dropUnusedOrphans();
  }
}
