/** 9P2000.L over one tree. Each mount has a session; all sessions see the same files and locks. */
import type { FileSystem } from "../filesystem/filesystem.ts";
import { NinepSession, type SessionOptions } from "./session.ts";

export class NinepServer {
  private readonly fs: FileSystem;
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
}
