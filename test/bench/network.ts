/**
 * Measures of the network: the same transfers of the guest through the same relay, with Tabnix's TCP endpoint
 * and with v86's own adapter in turns; the relay by itself; and what a page sees of a server in the guest.
 */
import { createServer, type Server } from "node:http";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server as TcpServer,
} from "node:net";
import type { Page } from "@playwright/test";
import { WebSocket } from "ws";
import { DEFAULT_LIMITS } from "../../relay/limits.ts";
import { readForward } from "../../relay/policy/forwards.ts";
import { readRule } from "../../relay/policy/rules.ts";
import { Relay } from "../../relay/relay.ts";
import { WispClient } from "../../workers/kernel/network/relay/wisp-client.ts";
import { timeToOutput, timeToPrompt } from "./prompt.ts";

export interface NetworkFigures {
  /** Of the guest: megabytes a second from outside and to it, and requests of one connection. */
  in_mb_s: number;
  out_mb_s: number;
  requests_per_s: number;
}

export interface PreviewFigures {
  /** What a page of a preview gets of a server in the guest, and how long a small file takes. */
  mb_s: number;
  p50_ms: number;
}

const MEGABYTE = 1_000_000;
const TRANSFER_MB = 10;
const REQUESTS = 200;
const ROUNDS = 5;
const RELAY_MB = 200;
const LOOPBACK = "127.0.0.1";
/** Where guests find the web server: they take the loopback for their own. */
const OUTSIDE = "10.0.0.1:80";
/** BusyBox's server asks least of the guest. */
const PREVIEW_IMAGE = "tiny";
const PREVIEW_PORT = 8080;
const PREVIEW_MB = 10;
const PREVIEW_ROUNDS = 3;
const PREVIEW_REQUESTS = 60;

/** A web server and a relay that reaches it, on this computer. */
export class Outside {
  readonly relay: Relay;
  /** As the guest asks for it. */
  readonly url: string;
  readonly #server: Server;

  private constructor(relay: Relay, server: Server, url: string) {
    this.relay = relay;
    this.#server = server;
    this.url = url;
  }

  static async open(): Promise<Outside> {
    const content = Buffer.alloc(TRANSFER_MB * MEGABYTE, "tabnix");
    const server = createServer((request, response) => {
      request.resume();
      request.on("end", () => response.end(request.url === "/large" ? content : "small"));
    });
    const port = await listen(server);
    const relay = await Relay.start({
      host: "127.0.0.1",
      port: 0,
      secret: undefined,
      origins: [],
      rules: {
        allow: [readRule(LOOPBACK)],
        deny: [],
        only: [],
        forward: [readForward(`${OUTSIDE}=${LOOPBACK}:${port}`)],
      },
      publicUrl: undefined,
      proxies: [],
      publicMetrics: false,
      nameServers: [],
      motd: "",
      log: () => {},
      // What is measured is the relay, not what it allows a stranger.
      limits: { ...DEFAULT_LIMITS, bytesPerSecond: Number.MAX_SAFE_INTEGER },
    });
    return new Outside(relay, server, `http://${OUTSIDE}`);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    this.relay.terminate();
    await this.relay.stop(0);
  }
}

async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  return (server.address() as AddressInfo).port;
}

/** Runs the transfers on pages that have a Bench. @returns figures in the order of the pages */
export async function measureGuests(
  pages: readonly Page[],
  url: string,
): Promise<NetworkFigures[]> {
  const run = async (page: Page, command: string) => {
    const line = `for i in $(seq 100); do ip addr show eth0 | grep -q 'inet ' && break; sleep 0.1; done; ${command}`;
    const { output } = await page.evaluate(
      async (command) => (await globalThis.bench).run(command),
      line,
    );
    const figure = Number(output.trim().split("\n").at(-1));
    // What hangs, as v86's adapter may, has no speed, and stops nothing else.
    if (!(figure > 0)) process.stderr.write(`  ${output.trim()}\n`);
    return Number.isNaN(figure) ? 0 : figure;
  };
  const best = async (command: string, figure: (told: number) => number) => {
    const figures = pages.map(() => 0);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, page] of pages.entries()) {
        figures[at] = Math.max(figures[at]!, figure(await run(page, command)));
      }
    }
    return figures;
  };
  const perMegabyte = (bytesPerSecond: number) => bytesPerSecond / MEGABYTE;
  const curl = "curl -s -S -m 60 -o /dev/null -w '%{SPEED}\\n'";
  const file = `head -c ${TRANSFER_MB * MEGABYTE} /dev/zero > /dev/shm/up`;
  const into = await best(`${curl.replace("SPEED", "speed_download")} ${url}/large`, perMegabyte);
  const out = await best(
    `[ -f /dev/shm/up ] || ${file}; ${curl.replace("SPEED", "speed_upload")} -H Expect: -T /dev/shm/up ${url}/up`,
    perMegabyte,
  );
  const many = `curl -s -S -m 60 -o /dev/null "${url}/[1-${REQUESTS}]"`;
  const requests = await best(
    `S=$(date +%s%N); ${many}; E=$(date +%s%N); echo $(( (E - S) / 1000 ))`,
    (microseconds) => (REQUESTS * MEGABYTE) / microseconds,
  );
  return pages.map((_, at) => ({
    in_mb_s: into[at]!,
    out_mb_s: out[at]!,
    requests_per_s: requests[at]!,
  }));
}

/** Megabytes a second from a socket through a relay to a client beside it, with no guest. */
export async function measureRelay(url: string): Promise<number> {
  const block = Buffer.alloc(65_536, "tabnix");
  const total = RELAY_MB * MEGABYTE;
  const server = createTcpServer((socket) => {
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
  const port = await listen(server);
  const client = new WispClient({ url, socket: (to, protocols) => new WebSocket(to, protocols) });
  try {
    const stream = await client.connect(LOOPBACK, port);
    const start = performance.now();
    let read = 0;
    for (let bytes = await stream.read(); bytes; bytes = await stream.read()) read += bytes.length;
    if (read < total) throw new Error(`the relay has lost ${total - read} bytes`);
    return read / MEGABYTE / ((performance.now() - start) / 1000);
  } finally {
    client.close();
    server.close();
  }
}

/** What a page of a preview sees of BusyBox's web server, on a page of Tabnix at its prompt. */
export async function measurePreview(page: Page, origin: string): Promise<PreviewFigures> {
  await timeToPrompt(page, `${origin}?image=${PREVIEW_IMAGE}`);
  const files = `mkdir -p /dev/shm/www; cd /dev/shm/www; head -c ${PREVIEW_MB * MEGABYTE} /dev/zero > large; echo small > small; echo '<title>bench</title>' > index.html; cd`;
  const serve = `httpd -p ${PREVIEW_PORT} -h /dev/shm/www; echo ser""ved`;
  await timeToOutput(page, `${files}; ${serve}`, "served");
  await page
    .locator(".notice", { hasText: "is open" })
    .getByRole("button", { name: "Open" })
    .click();
  await page.frameLocator(".preview-frame").locator("title").waitFor({ state: "attached" });
  const preview = await page.context().newPage();
  await preview.goto(`${origin}preview/${PREVIEW_IMAGE}/${PREVIEW_PORT}/`);
  const figures = await preview.evaluate(
    async ({ requests, rounds }) => {
      const times: number[] = [];
      for (let request = 0; request < requests; request++) {
        const start = performance.now();
        await (await fetch("small")).text();
        times.push(performance.now() - start);
      }
      let best = 0;
      for (let round = 0; round < rounds; round++) {
        const start = performance.now();
        const { byteLength } = await (await fetch("large")).arrayBuffer();
        best = Math.max(best, byteLength / (performance.now() - start));
      }
      times.sort((one, other) => one - other);
      return { mb_s: best / 1000, p50_ms: times[Math.floor(times.length / 2)]! };
    },
    { requests: PREVIEW_REQUESTS, rounds: PREVIEW_ROUNDS },
  );
  await preview.close();
  return figures;
}
