/** Tabs that give ports public addresses at a relay, and visitors of those; each is closed when its test is over. */
import { once } from "node:events";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
} from "node:http";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { SocketStream } from "../../../relay/egress/socket-stream.ts";
import type { Relay } from "../../../relay/relay.ts";
import {
  IngressClient,
  type IngressClientOptions,
} from "../../../workers/kernel/network/relay/ingress-client.ts";
import { type ByteStream, NetworkError } from "../../../workers/shared/byte-stream.ts";
import { portOf, socket } from "./support.ts";

/** As the guest's network does it: a connection to a server, here one of this computer. */
export async function connectTo(port: number): Promise<ByteStream> {
  try {
    return await SocketStream.connect({ port, host: "127.0.0.1" }, new AbortController().signal);
  } catch {
    throw new NetworkError("ECONNREFUSED", "refused");
  }
}

/** A tab that serves a port under a name; rejects with why the relay does not let it. */
export async function publish(
  relay: Relay,
  port: number,
  options: Partial<IngressClientOptions> = {},
) {
  const client = new IngressClient({
    url: relay.ingressUrl,
    port,
    connect: connectTo,
    socket,
    ...options,
  });
  onTestFinished(() => client.close());
  const address = await client.start();
  return { client, ...address };
}

/** A web server that stands for the guest's. */
export async function serve(listener: RequestListener): Promise<{ port: number; close(): void }> {
  const server = createServer(listener);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: await portOf(server), close: () => server.closeAllConnections() };
}

/** A visitor's request; the name goes into the Host field, as it would from the DNS. */
export function visit(relay: Relay, name: string, options: RequestOptions = {}) {
  return httpRequest({
    host: "127.0.0.1",
    port: relay.port,
    agent: false,
    ...options,
    headers: { host: `${name}.localhost:${relay.port}`, ...options.headers },
  });
}

/** A visitor's request without a body, and its whole answer. */
export async function get(relay: Relay, name: string, options: RequestOptions = {}) {
  const request = visit(relay, name, options);
  request.end();
  return await answered(request);
}

/** The whole answer to a request. Rejects where it breaks off. */
export async function answered(request: ReturnType<typeof httpRequest>) {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  return { response, status: response.statusCode, body: Buffer.concat(pieces) };
}

/** Sends bytes as they are and gives what comes back until the end. */
export async function raw(relay: Relay, text: string): Promise<string> {
  const connection: Socket = connect({ port: relay.port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void connection.destroy());
  connection.write(text.replaceAll("\n", "\r\n"), "latin1");
  let answer = "";
  for await (const piece of connection) answer += piece;
  return answer;
}
