import type { ByteStream } from "../../../shared/byte-stream.ts";
import {
  HTTP_CONNECT_MS,
  HTTP_CONNECTIONS_PER_PORT,
  HTTP_IDLE_CONNECTIONS_PER_PORT,
  HTTP_KEEP_ALIVE_MS,
  PREVIEW_MAX_WAITING,
} from "../../../shared/limits.ts";
import { ByteReader, within } from "./byte-reader.ts";
import { HttpError } from "./http-error.ts";

/** Opens a TCP connection to a port. @throws NetworkError */
export type Connect = (port: number) => Promise<ByteStream>;

/** One connection, used by one request at a time. */
export interface Connection {
  readonly port: number;
  readonly stream: ByteStream;
  readonly reader: ByteReader;
  /** It has carried a request before, so that the server may be about to close it. */
  isReused: boolean;
}

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

/** The connections to one port. */
class PortPool {
  /** Those in use and those idle. */
  open = 0;
  readonly idle: Connection[] = [];
  readonly waiting: Waiting[] = [];
}

/** Connections that are kept for the next request (RFC 9112, section 9.3); bounded for each port. */
export class ConnectionPool {
  readonly #connect: Connect;
  readonly #ports = new Map<number, PortPool>();

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /**
   * A connection for one request; waits when there are too many. Give it back with {@link release}.
   *
   * @param fresh one that has carried no request yet
   * @throws HttpError `too-many`, `timed-out`, `cancelled`; NetworkError
   */
  async acquire(port: number, fresh: boolean, signal?: AbortSignal): Promise<Connection> {
    const pool = this.#pool(port);
    for (;;) {
      throwIfCancelled(signal);
      const kept = fresh ? undefined : pool.idle.pop();
      if (kept) return kept;
      if (pool.open < HTTP_CONNECTIONS_PER_PORT) return this.#open(pool, port, signal);
      // One that nobody uses makes room.
      const oldest = pool.idle.shift();
      if (oldest) this.#drop(oldest);
      else await waitForTurn(pool, signal);
    }
  }

  /** @param isReusable the response was read to its end, and the server keeps the connection */
  release(connection: Connection, isReusable: boolean): void {
    const pool = this.#pool(connection.port);
    // What nobody asked for would be taken for the answer to the next request.
    if (!isReusable || connection.reader.buffered > 0) {
      this.#drop(connection);
      return;
    }
    connection.isReused = true;
    pool.idle.push(connection);
    const forget = () => {
      const at = pool.idle.indexOf(connection);
      if (at < 0) return;
      pool.idle.splice(at, 1);
      this.#drop(connection);
    };
    setTimeout(forget, HTTP_KEEP_ALIVE_MS);
    void connection.reader.watch().then(forget);
    if (pool.idle.length > HTTP_IDLE_CONNECTIONS_PER_PORT) this.#drop(pool.idle.shift()!);
    pool.waiting.shift()?.resolve();
  }

  /** Breaks the connections that wait for a request. */
  clear(): void {
    for (const { idle } of this.#ports.values()) {
      for (const connection of idle.splice(0)) this.#drop(connection);
    }
  }

  #drop(connection: Connection): void {
    connection.stream.abort();
    this.#left(this.#pool(connection.port), connection.port);
  }

  #left(pool: PortPool, port: number): void {
    pool.open -= 1;
    if (pool.open === 0 && pool.waiting.length === 0) this.#ports.delete(port);
    else pool.waiting.shift()?.resolve();
  }

  async #open(pool: PortPool, port: number, signal?: AbortSignal): Promise<Connection> {
    pool.open += 1;
    const connecting = this.#connect(port);
    try {
      const stream = await within(cancellable(connecting, signal), HTTP_CONNECT_MS);
      return { port, stream, reader: new ByteReader(stream), isReused: false };
    } catch (error) {
      connecting.then(
        (late) => late.abort(),
        () => {},
      );
      this.#left(pool, port);
      throw error;
    }
  }

  #pool(port: number): PortPool {
    let pool = this.#ports.get(port);
    if (!pool) {
      pool = new PortPool();
      this.#ports.set(port, pool);
    }
    return pool;
  }
}

async function waitForTurn(pool: PortPool, signal: AbortSignal | undefined): Promise<void> {
  if (pool.waiting.length >= PREVIEW_MAX_WAITING) {
    throw new HttpError("too-many", "Too many requests wait for this server.");
  }
  let waiting: Waiting | undefined;
  const turn = new Promise<void>((resolve, reject) => {
    waiting = { resolve, reject };
    pool.waiting.push(waiting);
  });
  try {
    await cancellable(turn, signal);
  } catch (error) {
    const at = pool.waiting.indexOf(waiting!);
    if (at >= 0) pool.waiting.splice(at, 1);
    // Its turn came at the same moment: it is the next one's.
    else pool.waiting.shift()?.resolve();
    throw error;
  }
}

/** @throws HttpError `cancelled` */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new HttpError("cancelled", "The request was cancelled.");
}

/** A promise that is no longer waited for once the signal is aborted. @throws HttpError `cancelled` */
export function cancellable<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new HttpError("cancelled", "The request was cancelled."));
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", cancel));
  });
}
