import { NetworkError, type NetworkErrorCode } from "../../../shared/byte-stream.ts";
import { HttpError, type HttpErrorCode } from "../http/http-error.ts";
import type { PreviewFailure, PreviewFailureCode } from "./contract.ts";

const OF_NETWORK: Readonly<Partial<Record<NetworkErrorCode, PreviewFailureCode>>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "incomplete",
  ECONNABORTED: "incomplete",
  EPIPE: "incomplete",
  ETIMEDOUT: "timed-out",
};
const OF_HTTP: Readonly<Record<HttpErrorCode, PreviewFailureCode>> = {
  malformed: "malformed",
  "too-large": "malformed",
  unsupported: "malformed",
  incomplete: "incomplete",
  "timed-out": "timed-out",
  cancelled: "cancelled",
  "too-many": "too-many",
};

/** What a request failed with, as it crosses the port. */
export function previewFailure(error: unknown): PreviewFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof NetworkError) {
    return { code: OF_NETWORK[error.code] ?? "unreachable", message };
  }
  return { code: error instanceof HttpError ? OF_HTTP[error.code] : "unreachable", message };
}
