/** What can go wrong between an HTTP client and the server it asks. */
export type HttpErrorCode =
  /** The server's bytes are not HTTP/1.1 (RFC 9112), or could be read in two ways. */
  | "malformed"
  /** A part of the message is larger than its limit. */
  | "too-large"
  /** The server closed the connection before the message was complete. */
  | "incomplete"
  /** The server took too long. */
  | "timed-out"
  /** A transfer coding or protocol that is not supported. */
  | "unsupported"
  /** Whoever asked does not want the answer any more. */
  | "cancelled"
  /** Too many requests are under way. */
  | "too-many";

/** The one error of this folder besides NetworkError, which says that the connection itself failed. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
