/** Whether somebody may open a WebSocket: checked before there is one, so a refusal is an answer of HTTP. */
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { TabnixError } from "../../workers/shared/errors.ts";
import { TOKEN_PROTOCOL, WISP_PROTOCOL } from "../../workers/shared/wisp/names.ts";
import { isAllowedOrigin } from "../access/origin.ts";
import { type Access, verifyToken } from "../access/token.ts";

/** Who may come in. */
export interface Doors {
  /** What tokens are signed with; undefined lets everybody in. */
  secret: Uint8Array | undefined;
  /** As in {@link isAllowedOrigin}. */
  origins: string[];
}

/** An answer instead of a WebSocket. */
export class Denied extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What a relay without tokens gives everybody. */
const EVERYTHING: Access = { subject: "anybody", scope: ["egress", "ingress:*"] };

/**
 * Lets a request in.
 *
 * @param now in milliseconds since 1970
 * @throws Denied 401 without a good token, 403 from a page that may not
 */
export function admit(request: IncomingMessage, doors: Doors, now: number): Access {
  if (!isAllowedOrigin(request.headers.origin, doors.origins)) {
    throw new Denied(403, "Pages of this origin may not use this relay: see its option --origin.");
  }
  if (!doors.secret) return EVERYTHING;
  const tokens = offered(request).filter((protocol) => protocol.startsWith(TOKEN_PROTOCOL));
  const [token] = tokens;
  if (token === undefined || tokens.length > 1) {
    throw new Denied(401, "This relay wants one token: `npm run relay -- token` makes it.");
  }
  try {
    return verifyToken(token.slice(TOKEN_PROTOCOL.length), doors.secret, now);
  } catch (error) {
    if (error instanceof TabnixError) throw new Denied(401, error.message);
    throw error;
  }
}

/** The subprotocols of a request (RFC 6455, 4.1). */
export function offered(request: IncomingMessage): string[] {
  const header = request.headers["sec-websocket-protocol"] ?? "";
  return header
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");
}

/** What the relay answers to a WISP client: any subprotocol asks for version 2; a token is never said back. */
export function chooseWispProtocol(protocols: Iterable<string>): string | undefined {
  const known = [...protocols].filter((protocol) => !protocol.startsWith(TOKEN_PROTOCOL));
  return known.includes(WISP_PROTOCOL) ? WISP_PROTOCOL : known[0];
}

/** Answers a WebSocket's request with an error, and closes. */
export function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  const body = `${message}\n`;
  socket.on("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}\r\n` +
      "Connection: close\r\n" +
      "Content-Type: text/plain; charset=utf-8\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
