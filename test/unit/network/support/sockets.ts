/** Sockets of this computer as streams: what stands for the Internet in tests. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";
import {
  type ByteStream,
  NetworkError,
  type NetworkErrorCode,
} from "../../../../workers/shared/byte-stream.ts";

/** A connected socket as a stream. */
export function streamOf(socket: Socket): ByteStream {
  socket.on("error", () => {});
  const failed = () => {
    const error = socket.errored as NodeJS.ErrnoException | null;
    return (
      error && new NetworkError((error.code ?? "ECONNRESET") as NetworkErrorCode, error.message)
    );
  };
  return {
    read: () =>
      new Promise((resolve, reject) => {
        const look = () => {
          const bytes: Buffer | null = socket.read();
          const error = failed();
          if (bytes) settle(() => resolve(new Uint8Array(bytes)));
          else if (error) settle(() => reject(error));
          else if (socket.readableEnded || socket.destroyed) settle(() => resolve(undefined));
        };
        const settle = (act: () => void) => {
          for (const event of ["readable", "end", "close"]) socket.off(event, look);
          act();
        };
        for (const event of ["readable", "end", "close"]) socket.on(event, look);
        look();
      }),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(failed() ?? error) : resolve()));
      }),
    end: () => socket.end(),
    abort: () => socket.resetAndDestroy(),
  };
}

/** Connects as a relay would. @throws NetworkError */
export function connectTo(port: number): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.once("connect", () => resolve(streamOf(socket)));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      reject(new NetworkError(error.code as NetworkErrorCode, error.message)),
    );
  });
}

/** Listens on a port that is free. */
export async function listen(
  onSocket: (socket: Socket) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, onSocket);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}
