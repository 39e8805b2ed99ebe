import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { HttpClient } from "../../../workers/kernel/network/http/http-client.ts";
import { openWebSocket } from "../../../workers/kernel/network/http/websocket-client.ts";
import type { FromWebSocket, ToWebSocket } from "../../../workers/service/contract.ts";
import { FakeSite, SCOPE } from "./support/harness.ts";
import { Connections, serveHttp, serveRaw } from "./support/node-stream.ts";

interface Peer {
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: "close", listener: (code: number, reason: Buffer) => void): void;
  send(data: unknown, options?: { fin?: boolean; binary?: boolean }): void;
  ping(): void;
  close(code: number, reason: string): void;
}

interface WsModule {
  WebSocketServer: new (
    options: object,
  ) => { on(event: "connection", listener: (peer: Peer) => void): void };
}

/** Another implementation of the protocol than ours; it comes with the tools. */
const { WebSocketServer } = createRequire(import.meta.url)("ws") as WsModule;

function serveWs(connected: (peer: Peer) => void): Promise<number> {
  return serveHttp(
    (_, response) => response.end(),
    (server) => {
      const sockets = new WebSocketServer({ server, handleProtocols: () => "chat" });
      sockets.on("connection", connected);
    },
  );
}

async function open(port: number, protocols: string[] = []) {
  const http = new HttpClient(new Connections().connect);
  const fields = [["host", "localhost"]] as const;
  const opened = await openWebSocket(http, port, { target: "/ws", fields, protocols });
  onTestFinished(() => opened.socket.abort());
  return opened;
}

it("exchanges messages of every length with another implementation", async () => {
  const port = await serveWs((peer) => {
    peer.on("message", (data, isBinary) => peer.send(isBinary ? data : data.toString()));
  });
  const { socket, protocol } = await open(port, ["chat", "other"]);
  expect(protocol).toBe("chat");
  for (const length of [0, 1, 125, 126, 65_535, 65_536, 300_000]) {
    await socket.send("ä".repeat(length));
    expect(await socket.receive()).toBe("ä".repeat(length));
    await socket.send(new Uint8Array(length).fill(7));
    const got = (await socket.receive()) as Uint8Array;
    expect(Buffer.compare(got, new Uint8Array(length).fill(7))).toBe(0);
  }
});

it("puts fragments together, answers pings and agrees to close", async () => {
  const port = await serveWs((peer) => {
    peer.send("one ", { fin: false });
    peer.ping();
    peer.send("two", { fin: true });
    peer.close(4001, "enough");
  });
  const { socket } = await open(port);
  expect(await socket.receive()).toBe("one two");
  expect(await socket.receive()).toBeUndefined();
  expect(socket.end).toEqual({ code: 4001, reason: "enough", wasClean: true });
});

/** A server that shakes hands as it should, and then sends these bytes. */
function serveFrames(frames: number[], talk = (_: Socket) => {}): Promise<number> {
  return serveRaw((socket) => {
    socket.once("data", (head) => {
      const key = /sec-websocket-key: (\S+)/i.exec(head.toString())?.[1];
      const accept = createHash("sha1")
        .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest("base64");
      socket.write(
        `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.write(Uint8Array.from(frames));
      talk(socket);
    });
  });
}

it.each([
  ["a masked frame", [0x81, 0x80, 0, 0, 0, 0]],
  ["reserved bits", [0xc1, 0]],
  ["an unknown opcode", [0x83, 0]],
  ["a fragmented ping", [0x09, 0]],
  ["a continuation of nothing", [0x80, 0]],
  ["text that is not UTF-8", [0x81, 1, 0xff]],
  ["a length beyond the limit", [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0]],
  ["a length in the wrong form", [0x82, 126, 0, 1, 5]],
  ["a close with a code that is none", [0x88, 2, 0x03, 0xed]],
])("ends at %s", async (_, frames) => {
  const { socket } = await open(await serveFrames(frames));
  expect(await socket.receive()).toBeUndefined();
  expect(socket.end).toMatchObject({ code: 1006, wasClean: false });
});

it("refuses a server that does not prove that it speaks the protocol", async () => {
  const liar = await serveRaw((socket) => {
    socket.once("data", () =>
      socket.write(
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
      ),
    );
  });
  await expect(open(liar)).rejects.toMatchObject({ code: "unsupported" });
  const plain = await serveHttp((_, response) => response.end());
  await expect(open(plain)).rejects.toMatchObject({ code: "unsupported" });
});

it("reaches a page of a preview, and outlives the service worker", async () => {
  const port = await serveWs((peer) => {
    peer.on("message", (data) => peer.send(`echo ${data}`));
  });
  const site = new FakeSite();
  const { port1, port2 } = new MessageChannel();
  const got: FromWebSocket[] = [];
  port1.onmessage = ({ data }) => void got.push(data);
  onTestFinished(() => port1.close());
  const data = { type: "tabnix-preview-websocket", port, target: "/", protocols: [] };
  const url = `${SCOPE}preview/base/${port}/`;
  await site.worker.handleMessage({ data, url, id: "page", ports: [port2], reply: () => {} });
  await expect.poll(() => got).toEqual([{ type: "open", protocol: "" }]);
  site.killWorker();
  const send: ToWebSocket = { type: "send", data: "hi" };
  port1.postMessage(send);
  await expect
    .poll(() => got.some((it) => it.type === "message" && it.data === "echo hi"))
    .toBe(true);
  port1.postMessage({ type: "close", code: 1000, reason: "" } satisfies ToWebSocket);
  await expect
    .poll(() => got.at(-1))
    .toEqual({ type: "close", code: 1000, reason: "", wasClean: true });
  await expect.poll(() => site.gateway.busy).toBe(0);
});

it("is given to no page outside of previews", async () => {
  const site = new FakeSite();
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const data = { type: "tabnix-preview-websocket", port: 80, target: "/", protocols: [] };
  await site.worker.handleMessage({ data, url: SCOPE, id: "app", ports: [port2], reply: () => {} });
  expect(site.asked).toBe(0);
  port2.close();
});
