/**
 * Messages between a service worker and the gateway in the kernel worker, over one MessagePort for all
 * requests of a machine, and between a page of a preview and the gateway, over one for each WebSocket.
 *
 * Bodies flow by credit, both ways: who receives says how many pieces more may come. Neither side has
 * more than {@link PREVIEW_WINDOW_PIECES} pieces that nobody has asked for. Bytes are transferred.
 */
import type { Field } from "../http/fields.ts";

/** Service worker → gateway. `id` names a request as long as it lasts. */
export type ToGateway =
  | ({ type: "request"; id: number } & PreviewRequest)
  /** A piece of the request's content; only after `more`. */
  | { type: "piece"; id: number; bytes: Uint8Array }
  /** The request's content is complete. */
  | { type: "end"; id: number }
  /** So many pieces more of the response may come. */
  | { type: "more"; id: number; pieces: number }
  /** Nobody wants the response any more. */
  | { type: "cancel"; id: number }
  /** Which cookies a page's script may see. */
  | { type: "cookies"; id: number; port: number; path: string }
  /** A page's script sets a cookie: what it assigned to document.cookie. */
  | { type: "set-cookie"; port: number; path: string; cookie: string }
  /** A page opens a WebSocket; messages go over a port of its own from here on. */
  | { type: "websocket"; request: PreviewWebSocket; channel: MessagePort }
  /** The answer to `ping`. */
  | { type: "pong" };

/** Gateway → service worker. */
export type FromGateway =
  /** This port leads to a machine; the first message on it. */
  | { type: "hello" }
  /** The request has arrived; a head or a failure follows. */
  | { type: "accepted"; id: number }
  /** So many pieces more of the request's content may come. */
  | { type: "more"; id: number; pieces: number }
  | ({ type: "head"; id: number } & PreviewResponse)
  | { type: "piece"; id: number; bytes: Uint8Array }
  | { type: "end"; id: number }
  | { type: "failed"; id: number; failure: PreviewFailure }
  /** What document.cookie is. */
  | { type: "cookies"; id: number; cookies: string }
  /** Are you still there? */
  | { type: "ping" };

export interface PreviewRequest {
  /** The guest's TCP port. */
  port: number;
  method: string;
  /** Path and query. */
  target: string;
  /** Without Host and Cookie, which the gateway adds. */
  fields: readonly Field[];
  /** Bytes of its content, which follows in pieces; undefined for none. */
  length?: number;
}

export interface PreviewResponse {
  status: number;
  reason: string;
  /** Without Set-Cookie, which stays in the gateway's jar. */
  fields: readonly Field[];
  /** What document.cookie is since this response, where it has changed it. */
  cookies?: string;
}

/** What kept a request from its answer; the service worker makes a page of it. */
export interface PreviewFailure {
  code: PreviewFailureCode;
  message: string;
}

export type PreviewFailureCode =
  /** Nothing listens on the port. */
  | "refused"
  /** The guest or the server did not answer in time. */
  | "timed-out"
  /** The server closed or reset the connection too early. */
  | "incomplete"
  /** What the server sent is not HTTP, is too large, or uses what is not supported. */
  | "malformed"
  /** The machine has no network, or does not answer on it. */
  | "unreachable"
  /** Too many requests are under way. */
  | "too-many"
  | "cancelled";

export interface PreviewWebSocket {
  /** The guest's TCP port. */
  port: number;
  /** Path and query. */
  target: string;
  /** As `Origin` has it. */
  origin: string;
  /** Subprotocols. */
  protocols: readonly string[];
}

/** Page → gateway, on a WebSocket's own port. The page is not trusted. */
export type ToWebSocket =
  | { type: "send"; data: string | Uint8Array }
  /** The page has taken so many bytes of messages. */
  | { type: "taken"; bytes: number }
  | { type: "close"; code?: number; reason?: string };

/** Gateway → page, on a WebSocket's own port. */
export type FromWebSocket =
  | { type: "open"; protocol: string }
  | { type: "message"; data: string | Uint8Array }
  /** So many bytes of what was sent are on their way to the server. */
  | { type: "sent"; bytes: number }
  | { type: "close"; code: number; reason: string; wasClean: boolean };
