/** 9P2000.L over one tree. Each mount has a session; all sessions see the same files and locks. */
import type { TreeIndex } from "../../../images/format/tree-index.ts";
import { ByteWriter } from "../../shared/bytes.ts";
import { TabnixError } from "../../shared/errors.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { saveOverlay } from "../filesystem/overlay-image.ts";
import { readOverlay, restoreOverlay } from "../filesystem/overlay-restore.ts";
import { HeldInodes } from "./held-inodes.ts";
import { NinepSession, type SessionOptions } from "./session.ts";
import { type SavedSession, StateReader } from "./state.ts";

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

  /** Closes everything that sessions hold, and forgets them: their machine is gone. */
  dropSessions(): void {
    for (const session of this.sessions.splice(0)) session.close();
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
    const { overlay, sessions, reader } = this.read(bytes);
    restoreOverlay(this.fs, overlay);
    this.restoreSessions(sessions, reader);
  }

  /**
   * Gives the clients of a saved server their fids back, on a tree that has gone on since.
   *
   * @param base of the tree
   * @returns false when something has changed that a client holds and so believes to know; nothing was
   *   done then
   * @throws TabnixError as {@link restore}
   */
  resume(bytes: Uint8Array, base: TreeIndex): boolean {
    const { overlay, sessions, reader } = this.read(bytes);
    const held = new HeldInodes(this.fs, base, readOverlay(overlay, this.fs.baseInodes));
    if (!sessions.every(({ fids }) => fids.every((fid) => held.isUnchanged(fid)))) return false;
    this.restoreSessions(sessions, reader);
    return true;
  }

  private read(bytes: Uint8Array) {
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
    const overlay = reader.take(reader.varint());
    if (reader.varint() !== this.sessions.length) reader.fail("it has other mounts");
    const sessions = this.sessions.map(() => reader.session());
    if (reader.remaining > 0) reader.fail("bytes follow its end");
    return { overlay, sessions, reader };
  }

  private restoreSessions(saved: SavedSession[], reader: StateReader): void {
    for (const [at, session] of this.sessions.entries()) {
      session.restore(saved[at] as SavedSession, reader);
    }
    this.fs.dropUnusedOrphans();
  }
}
