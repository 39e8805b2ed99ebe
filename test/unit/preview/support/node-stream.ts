/** Real servers for the HTTP client: ByteStreams over Node's sockets. */
import { createServer, type Server, type ServerResponse } from "node:http";
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcp,
  type Socket,
} from "node:net";
import { onTestFinished } from "vitest";
import { type ByteStream, NetworkError } from "../../../../workers/shared/byte-stream.ts";

const CODES = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT"] as const;

function toNetworkError(error: NodeJS.ErrnoException): NetworkError {
  const code = CODES.find((known) => known === error.code) ?? "ECONNABORTED";
  return new NetworkError(code, error.message);
}

/** A connection of node:net as everything of the network has it. */
export class SocketStream implements ByteStream {
  readonly socket: Socket;
  readonly #pieces: AsyncIterator<Buffer>;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    this.#pieces = socket[Symbol.asyncIterator]();
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      const { value, done } = await this.#pieces.next();
      return done ? undefined : Uint8Array.from(value as Buffer);
    } catch (error) {
      throw toNetworkError(error as NodeJS.ErrnoException);
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(new NetworkError("EPIPE", "closed"));
      this.socket.write(bytes, (error) => (error ? reject(toNetworkError(error)) : resolve()));
    });
  }

  end(): void {
    this.socket.end();
  }

  abort(): void {
    this.socket.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" }));
  }
}

/** How many connections were made, and one to a port of this computer. */
export class Connections {
  count = 0;
  readonly open = new Set<Socket>();

  readonly connect = (port: number): Promise<ByteStream> =>
    new Promise((resolve, reject) => {
      const socket = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
      socket.once("connect", () => {
        this.count += 1;
        this.open.add(socket);
        socket.once("close", () => this.open.delete(socket));
        resolve(new SocketStream(socket));
      });
      socket.once("error", (error) => reject(toNetworkError(error)));
    });
}

type Handler = Parameters<typeof createServer>[1] & {};

/** Node's own HTTP server, until the test is over. @returns its port */
export async function serveHttp(handler: Handler, prepare = (_: Server) => {}): Promise<number> {
  const server = createServer(handler);
  prepare(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}

/** A server that says whatever it likes. @returns its port */
export async function serveRaw(talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcp({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    talk(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server);
}

function listen(server: Server | ReturnType<typeof createTcp>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** Sends so many bytes as fast as they are taken. */
export async function sendBytes(response: ServerResponse, length: number): Promise<void> {
  const piece = new Uint8Array(64 * 1024);
  for (let left = length; left > 0; left -= piece.length) {
    if (!response.write(piece.subarray(0, left))) {
      await new Promise((resolve) => response.once("drain", resolve));
    }
  }
  response.end();
}
