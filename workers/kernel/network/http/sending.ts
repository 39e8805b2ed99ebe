import { type ByteStream, NetworkError } from "../../../shared/byte-stream.ts";
import { encodeRequestHead, type HttpRequest, writeBody } from "./request-writer.ts";

/** A request that is sent while its response is already waited for: a server may refuse it early. */
export class Sending {
  /** All of it is sent. */
  isDone = false;
  /** What the content's source failed with: nobody's fault but the caller's. */
  sourceFailure: unknown;
  /** Rejects when the source fails; what the connection fails with, reading it tells. */
  readonly failed: Promise<never>;

  constructor(stream: ByteStream, request: HttpRequest) {
    this.failed = new Promise((_, reject) => {
      this.#send(stream, request).catch((error) => {
        if (error instanceof NetworkError) return;
        this.sourceFailure = error;
        stream.abort();
        reject(error);
      });
    });
    this.failed.catch(() => {});
  }

  async #send(stream: ByteStream, request: HttpRequest): Promise<void> {
    await stream.write(encodeRequestHead(request));
    if (request.body) await writeBody(stream, request.body);
    this.isDone = true;
  }
}
