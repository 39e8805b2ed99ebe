/**
 * Relays by themselves, with no guest: bytes from a socket through a relay to a client, and the other way.
 * Client, relay and destination share a process and its one thread, which is what is short on any machine,
 * so the figures are lower than a relay's own, and the same for both.
 */
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { logging, server as peer } from "@mercuryworkshop/wisp-js/server";
import { WebSocket } from "ws";
import { WispClient } from "../../../workers/kernel/network/relay/wisp-client.ts";
import type { ByteStream } from "../../../workers/shared/byte-stream.ts";
import { median } from "../prompt.ts";
import { LOOPBACK, listen, MEGABYTE } from "./outside.ts";

export interface RelayFigures {
  /** Megabytes a second to the client, and from it. */
  raw_mb_s: number;
  raw_up_mb_s: number;
}

export interface RelayComparison {
  ours: RelayFigures;
  peer: RelayFigures;
  /** Above 1: Tabnix is faster. */
  ratio: { raw: number; raw_up: number };
}

const RELAY_MB = 50;
const ROUNDS = 21;
const BLOCK_BYTES = 65_536;

/**
 * Tabnix's relay and wisp-js' server in turns. Medians, also of the ratio: the two transfers of a round are a
 * moment apart, and what else the computer does in it falls on both, or on one round of many.
 */
export async function measureRelays(url: string): Promise<RelayComparison> {
  const other = await startPeer();
  try {
    const down = await compare(url, other.url, receive);
    const up = await compare(url, other.url, send);
    return {
      ours: { raw_mb_s: down.ours, raw_up_mb_s: up.ours },
      peer: { raw_mb_s: down.peer, raw_up_mb_s: up.peer },
      ratio: { raw: down.ratio, raw_up: up.ratio },
    };
  } finally {
    other.close();
  }
}

async function compare(url: string, peerUrl: string, transfer: Transfer) {
  const rounds: { ours: number; peer: number; ratio: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const ours = await speed(url, transfer);
    const peer = await speed(peerUrl, transfer);
    rounds.push({ ours, peer, ratio: ours / peer });
  }
  return {
    ours: median(rounds.map((round) => round.ours)),
    peer: median(rounds.map((round) => round.peer)),
    ratio: median(rounds.map((round) => round.ratio)),
  };
}

/** wisp-js' server, allowed to reach this computer. */
async function startPeer() {
  // Its log is on standard output, where the figures are.
  logging.set_level(logging.NONE);
  peer.options.allow_loopback_ips = true;
  peer.options.allow_private_ips = true;
  const server = createHttpServer();
  server.on("upgrade", (request, socket, head) => peer.routeRequest(request, socket, head));
  const port = await listen(server);
  return {
    url: `ws://${LOOPBACK}:${port}/wisp/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** @returns milliseconds that all bytes took */
type Transfer = (client: WispClient) => Promise<number>;

/** Megabytes a second of one transfer. */
async function speed(url: string, transfer: Transfer): Promise<number> {
  const client = new WispClient({ url, socket: (to, protocols) => new WebSocket(to, protocols) });
  try {
    return (RELAY_MB * MEGABYTE) / MEGABYTE / ((await transfer(client)) / 1000);
  } finally {
    client.close();
  }
}

/** @returns milliseconds from the connection to the last byte */
async function receive(client: WispClient): Promise<number> {
  const block = Buffer.alloc(BLOCK_BYTES, "tabnix");
  const total = RELAY_MB * MEGABYTE;
  const server = createServer((socket) => {
    let left = total;
    const fill = () => {
      while (left > 0) {
        left -= block.length;
        if (!socket.write(block)) return;
      }
      socket.end();
    };
    socket.on("drain", fill);
    socket.on("error", () => {});
    fill();
  });
  try {
    const stream = await client.connect(LOOPBACK, await listen(server));
    const start = performance.now();
    let read = 0;
    for (let bytes = await stream.read(); bytes; bytes = await stream.read()) read += bytes.length;
    if (read < total) throw new Error(`the relay has lost ${total - read} bytes`);
    return performance.now() - start;
  } finally {
    server.close();
  }
}

/** @returns milliseconds from the connection to the arrival of the last byte */
async function send(client: WispClient): Promise<number> {
  const total = RELAY_MB * MEGABYTE;
  let arrived = () => {};
  const all = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const server = createServer((socket) => {
    let left = total;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      left -= bytes.length;
      if (left <= 0) arrived();
    });
  });
  try {
    const stream: ByteStream = await client.connect(LOOPBACK, await listen(server));
    const start = performance.now();
    const block = Buffer.alloc(BLOCK_BYTES, "tabnix");
    for (let left = total; left > 0; left -= block.length) await stream.write(block);
    await all;
    return performance.now() - start;
  } finally {
    server.close();
  }
}
