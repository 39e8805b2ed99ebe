/**
 * An HTTP/1.1 client (RFC 9110, RFC 9112) over connections that somebody else opens. The server is not
 * trusted: everything it sends is bounded, and what could be read in two ways is refused.
 */
import { type ByteStream, NetworkError } from "../../../shared/byte-stream.ts";
import { endsByItself, framingOf, readBody } from "./body.ts";
import {
  type Connect,
  type Connection,
  ConnectionPool,
  throwIfCancelled,
} from "./connection-pool.ts";
import type { Field } from "./fields.ts";
import { HttpError } from "./http-error.ts";
import { type HttpBody, OwnedBody } from "./owned-body.ts";
import { encodeRequestHead, type HttpRequest } from "./request-writer.ts";
import { isPersistent, type ResponseHead, readResponseHead } from "./response-head.ts";
import { Sending } from "./sending.ts";

export interface HttpResponse {
  head: ResponseHead;
  /** The content as it was sent: transfer codings are gone, content codings are not. */
  body: HttpBody;
}

/** How patient the client is, in milliseconds; the limits unless given. */
export interface Patience {
  headIdleMs?: number;
  headMs?: number;
  bodyIdleMs?: number;
}

/** A connection that speaks another protocol from here on, or the answer of a server that refused. */
export type Upgraded =
  | { head: ResponseHead; connection: ByteStream; reader: Connection["reader"] }
  | { head: ResponseHead; connection?: undefined };

/** May be sent again without doing anything twice (RFC 9110, section 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
const SWITCHING_PROTOCOLS = 101;

export class HttpClient {
  readonly #pool: ConnectionPool;
  readonly #patience: Patience;

  constructor(connect: Connect, patience: Patience = {}) {
    this.#pool = new ConnectionPool(connect);
    this.#patience = patience;
  }

  /**
   * Sends a request and reads the head of the response.
   *
   * @param signal breaks the connection, also while the content is read
   * @throws HttpError; NetworkError; whatever reading the request's content throws
   */
  async request(port: number, request: HttpRequest, signal?: AbortSignal): Promise<HttpResponse> {
    const isRepeatable = !request.body && IDEMPOTENT.has(request.method);
    // A connection that was kept may just be closing; what cannot be sent again does not risk it.
    let connection = await this.#pool.acquire(port, !isRepeatable, signal);
    for (;;) {
      try {
        return await this.#exchange(connection, request, signal);
      } catch (error) {
        this.#pool.release(connection, false);
        throwIfCancelled(signal);
        if (!(error instanceof StaleConnection)) throw error;
        if (!connection.isReused || !isRepeatable) throw error.reason;
        connection = await this.#pool.acquire(port, true, signal);
      }
    }
  }

  /**
   * Asks for another protocol (RFC 9110, section 7.8). The connection belongs to the caller.
   *
   * @throws HttpError; NetworkError
   */
  async upgrade(
    port: number,
    request: HttpRequest,
    connectionFields: readonly Field[],
    signal?: AbortSignal,
  ): Promise<Upgraded> {
    const connection = await this.#pool.acquire(port, true, signal);
    const { stream, reader } = connection;
    const stop = () => stream.abort();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await stream.write(encodeRequestHead(request, connectionFields));
      const head = await this.#readHead(reader);
      if (head.status !== SWITCHING_PROTOCOLS) {
        this.#pool.release(connection, false);
        return { head };
      }
      const release = once(() => this.#pool.release(connection, false));
      const owned: ByteStream = {
        read: () => stream.read(),
        write: (bytes) => stream.write(bytes),
        end: () => stream.end(),
        abort: release,
      };
      return { head, connection: owned, reader };
    } catch (error) {
      this.#pool.release(connection, false);
      throwIfCancelled(signal);
      throw error instanceof StaleConnection ? error.reason : error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Breaks the connections that wait for another request. */
  close(): void {
    this.#pool.clear();
  }

  async #exchange(
    connection: Connection,
    request: HttpRequest,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> {
    const { stream, reader } = connection;
    const stop = () => stream.abort();
    signal?.addEventListener("abort", stop, { once: true });
    const settled = () => signal?.removeEventListener("abort", stop);
    try {
      const sending = new Sending(stream, request);
      const head = await Promise.race([this.#readHead(reader), sending.failed]).catch((error) => {
        throw sending.sourceFailure ?? error;
      });
      if (head.status === SWITCHING_PROTOCOLS) {
        throw new HttpError(
          "unsupported",
          "The server changed the protocol without being asked to.",
        );
      }
      const framing = framingOf(request.method, head);
      const pieces = readBody(reader, framing, this.#patience.bodyIdleMs);
      const done = (isComplete: boolean) => {
        settled();
        const isReusable = isComplete && isPersistent(head) && endsByItself(framing, head);
        // A server that has answered before it has read everything may never read it.
        this.#pool.release(connection, isReusable && sending.isDone);
      };
      const body = new OwnedBody(pieces, done, signal);
      // The connection is free at once, whether anybody reads nothing or not.
      if (framing.type === "none") await body.read();
      return { head, body };
    } catch (error) {
      settled();
      throw error;
    }
  }

  /** @throws StaleConnection when the connection is gone before the first byte */
  async #readHead(reader: Connection["reader"]): Promise<ResponseHead> {
    const { headIdleMs, headMs } = this.#patience;
    let head: ResponseHead | undefined;
    try {
      head = await readResponseHead(reader, {
        ...(headIdleMs === undefined ? {} : { idleMs: headIdleMs }),
        ...(headMs === undefined ? {} : { totalMs: headMs }),
      });
    } catch (error) {
      if (error instanceof NetworkError) throw new StaleConnection(error);
      throw error;
    }
    if (head) return head;
    throw new StaleConnection(
      new HttpError("incomplete", "The server closed the connection without an answer."),
    );
  }
}

/** The connection was gone before anything came; `reason` is what a caller is told. */
class StaleConnection extends Error {
  readonly reason: HttpError | NetworkError;

  constructor(reason: HttpError | NetworkError) {
    super(reason.message);
    this.reason = reason;
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
