/**
 * Requests of the public to tabs. Node's strict parser reads each request, and it is written anew for the guest,
 * on a connection of its own: what a visitor sends can neither be taken for another request nor reach another
 * name's tab.
 */
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import type { RelayLimits } from "../limits.ts";
import type { RelayMetrics } from "../observe/metrics.ts";
import {
  countField,
  requestFields,
  responseFields,
  trailerPairs,
  type Visitor,
} from "./headers.ts";
import type { Names } from "./names.ts";
import { type Notice, sendNotice } from "./pages.ts";
import type { Tunnel } from "./tunnel.ts";

export class IngressProxy {
  readonly #names: Names;
  readonly #limits: RelayLimits;
  readonly #metrics: RelayMetrics;

  constructor(names: Names, limits: RelayLimits, metrics: RelayMetrics) {
    this.#names = names;
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /** A request to a name. */
  request(
    name: string,
    request: IncomingMessage,
    response: ServerResponse,
    visitor: Visitor,
  ): void {
    const tunnel = this.#tunnel(name, request, response);
    if (!tunnel) return;
    const upstream = this.#upstream(tunnel, request, visitor, false);
    this.#relayResponse(upstream, request, response);
    upstream.on("continue", () => response.writeContinue());
    request.pipe(upstream, { end: false });
    request.on("end", () => {
      const trailers = trailerPairs(request);
      if (trailers.length > 0) upstream.addTrailers(trailers);
      upstream.end();
    });
    request.on("error", () => upstream.destroy());
  }

  /** A request to a name that wants another protocol: a WebSocket. */
  upgrade(
    name: string,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    visitor: Visitor,
  ): void {
    // Until the guest agrees, the answer is one of HTTP, on a socket that Node has already let go of.
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    // @ts-expect-error Declared for sockets, and fit for any Duplex.
    response.assignSocket(socket);
    response.on("finish", () => socket.end());
    socket.on("error", () => socket.destroy());
    const length = request.headers["content-length"];
    const body = request.headers["transfer-encoding"] ?? (length === "0" ? undefined : length);
    if (body !== undefined) {
      this.#refuse(response, "bad");
      return;
    }
    const tunnel = this.#tunnel(name, request, response);
    if (!tunnel) return;
    const upstream = this.#upstream(tunnel, request, visitor, true);
    this.#relayResponse(upstream, request, response);
    upstream.on("upgrade", (answer, guest, guestHead) => {
      this.#metrics.requests(1, { result: "upgraded" });
      response.detachSocket(socket as Parameters<ServerResponse["detachSocket"]>[0]);
      const status = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
      const fields = ["Connection", "Upgrade", "Upgrade", answer.headers.upgrade ?? ""];
      fields.push(...responseFields(answer, false));
      let text = status;
      for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
      socket.write(`${text}\r\n`, "latin1");
      if (guestHead.length > 0) socket.write(guestHead);
      if (head.length > 0) guest.write(head);
      join(socket, guest);
    });
    upstream.end();
  }

  #tunnel(name: string, request: IncomingMessage, response: ServerResponse): Tunnel | undefined {
    const hosts = countField(request, "host");
    if (hosts !== 1 || !/^[/*]/.test(request.url ?? "")) return this.#refuse(response, "bad");
    const tunnel = this.#names.get(name);
    if (!tunnel) return this.#refuse(response, "gone");
    return tunnel.hasRoom ? tunnel : this.#refuse(response, "busy");
  }

  #refuse(response: ServerResponse, notice: Notice): undefined {
    this.#metrics.requests(1, { result: notice });
    if (response.headersSent) response.destroy();
    else sendNotice(response, notice);
    return undefined;
  }

  #upstream(tunnel: Tunnel, request: IncomingMessage, visitor: Visitor, upgrade: boolean) {
    const upstream = httpRequest({
      createConnection: () => tunnel.open(visitor.address),
      method: request.method,
      path: request.url,
      headers: requestFields(request, visitor, upgrade),
      setHost: false,
    });
    // "Expect: 100-continue" waits for an answer before there is a body.
    upstream.flushHeaders();
    return upstream;
  }

  #relayResponse(
    upstream: ClientRequest,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let complete = false;
    request.once("end", () => {
      timer = setTimeout(() => {
        this.#refuse(response, "silent");
        upstream.destroy();
      }, this.#limits.responseMs);
    });
    upstream.on("response", (answer) => {
      clearTimeout(timer);
      this.#metrics.requests(1, { result: "answered" });
      answer.on("error", () => response.destroy());
      const chunked = answer.headers["transfer-encoding"] !== undefined;
      const trailers = chunked && request.method !== "HEAD" && request.httpVersion === "1.1";
      try {
        response.writeHead(
          answer.statusCode ?? 0,
          answer.statusMessage ?? "",
          responseFields(answer, trailers),
        );
      } catch {
        upstream.destroy();
        this.#refuse(response, "broken");
        return;
      }
      // What comes slowly is shown as it comes.
      response.flushHeaders();
      answer.pipe(response, { end: false });
      answer.on("end", () => {
        complete = true;
        if (trailers) response.addTrailers(trailerPairs(answer));
        response.end();
      });
    });
    upstream.on("error", (error) => {
      clearTimeout(timer);
      if (response.headersSent || response.destroyed) response.destroy();
      else this.#refuse(response, noticeOf(error));
    });
    response.on("close", () => {
      clearTimeout(timer);
      // A visitor who has everything has not left the guest.
      if (!complete) upstream.destroy();
    });
  }
}

/** Carries bytes both ways until both halves have ended, or one side is gone. */
function join(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", () => {
      if (!from.readableEnded) to.destroy();
    });
  }
}

function noticeOf(error: Error): Notice {
  const code = "code" in error ? error.code : undefined;
  if (code === "ECONNREFUSED") return "refused";
  if (code === "ECONNABORTED") return "busy";
  return code === "ETIMEDOUT" ? "silent" : "broken";
}
