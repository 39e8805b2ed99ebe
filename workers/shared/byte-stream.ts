/**
 * The streams that everything of the network has in common: TCP connections of the guest, streams through
 * the relay, and what joins them. Both ways push back, and each way ends by itself, as in TCP (RFC 9293).
 */

/** Why a connection could not be made or went away: the errno a program would see. */
export type NetworkErrorCode =
  | "ECONNREFUSED"
  | "ECONNRESET"
  | "ECONNABORTED"
  | "ETIMEDOUT"
  | "EHOSTUNREACH"
  | "ENETUNREACH"
  | "EACCES"
  | "EADDRINUSE"
  | "EPIPE";

export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly code: NetworkErrorCode;

  constructor(code: NetworkErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** One end of a connection. One read at a time; writes are sent in the order of their calls. */
export interface ByteStream {
  /**
   * The next bytes, at least one; undefined once the peer has ended its half. They belong to the caller.
   *
   * @throws NetworkError when the connection broke; what had come before was read before
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Takes bytes, which the caller may not change any more; resolves when there is room for others.
   *
   * @throws NetworkError when the connection broke or this half was ended
   */
  write(bytes: Uint8Array): Promise<void>;
  /** No more is written: the peer reads what there is, then the end. Reading goes on. */
  end(): void;
  /** Breaks the connection at once, as RST does: the peer learns of it, reads and writes fail. */
  abort(): void;
}

/**
 * Carries bytes both ways until both halves have ended, or one side breaks: then the other is broken too.
 * Never rejects.
 */
export async function join(one: ByteStream, other: ByteStream): Promise<void> {
  await Promise.all([carry(one, other), carry(other, one)]);
}

async function carry(from: ByteStream, to: ByteStream): Promise<void> {
  try {
    for (;;) {
      const bytes = await from.read();
      if (!bytes) break;
      await to.write(bytes);
    }
    to.end();
  } catch {
    from.abort();
    to.abort();
  }
}
