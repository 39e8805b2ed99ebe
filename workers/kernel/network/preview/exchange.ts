import { valuesOf } from "../http/fields.ts";
import type { HttpClient } from "../http/http-client.ts";
import { HttpError } from "../http/http-error.ts";
import { ArrivingBody } from "./arriving-body.ts";
import type { FromGateway, PreviewRequest } from "./contract.ts";
import type { CookieJar } from "./cookie-jar.ts";
import { Credit } from "./credit.ts";
import { previewFailure } from "./failures.ts";

/** What an exchange is about. */
export interface ExchangeOptions {
  id: number;
  request: PreviewRequest;
  client: HttpClient;
  jar: CookieJar;
  post(message: FromGateway, transfer?: Transferable[]): void;
}

/** One request of a service worker: to the guest, and its response back, as fast as either side takes it. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #cancelled = new AbortController();
  readonly #credit = new Credit();
  readonly #content: ArrivingBody;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { id, post } = options;
    this.#content = new ArrivingBody((pieces) => post({ type: "more", id, pieces }));
  }

  /** Runs it. Never rejects: failures become a message. */
  async run(): Promise<void> {
    const { id, post } = this.#options;
    post({ type: "accepted", id });
    try {
      await this.#run();
      post({ type: "end", id });
    } catch (error) {
      post({ type: "failed", id, failure: previewFailure(error) });
    } finally {
      this.cancel();
    }
  }

  /** A piece of the request's content has come. */
  push(bytes: Uint8Array): void {
    this.#content.push(bytes);
  }

  /** The request's content is complete. */
  complete(): void {
    this.#content.complete();
  }

  /** So many pieces more of the response may be sent. */
  grant(pieces: number): void {
    this.#credit.grant(pieces);
  }

  /** Nobody wants the response any more. */
  cancel(): void {
    this.#cancelled.abort();
    this.#credit.close();
    this.#content.fail(new HttpError("cancelled", "The request was cancelled."));
  }

  async #run(): Promise<void> {
    const { id, request, client, jar, post } = this.#options;
    const { port, method, target, fields, length } = request;
    const path = target.split("?", 1)[0] ?? "/";
    const cookies = jar.header(path);
    const { head, body } = await client.request(
      port,
      {
        method,
        target,
        fields: [
          ["host", `localhost:${port}`],
          ...fields.filter(([name]) => name !== "host" && name !== "cookie"),
          ...(cookies === "" ? [] : [["cookie", cookies] as const]),
        ],
        ...(length === undefined ? {} : { body: { length, pieces: this.#content } }),
      },
      this.#cancelled.signal,
    );
    try {
      const set = valuesOf(head.fields, "set-cookie");
      for (const cookie of set) jar.set(cookie, path);
      post({
        type: "head",
        id,
        status: head.status,
        reason: head.reason,
        fields: head.fields.filter(([name]) => name !== "set-cookie" && name !== "set-cookie2"),
        ...(set.length === 0 ? {} : { cookies: jar.visible(path) }),
      });
      while (await this.#credit.take()) {
        const piece = await body.read();
        if (!piece) return;
        const bytes = ownBytes(piece);
        post({ type: "piece", id, bytes }, [bytes.buffer]);
      }
      throw new HttpError("cancelled", "The request was cancelled.");
    } finally {
      body.cancel();
    }
  }
}

/** Bytes whose memory is theirs alone, so that it can be given away. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length;
  return isWhole ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
}
