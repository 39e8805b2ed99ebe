/** What is outside of the guest, on this computer: a relay, and programs that it leads to. */
import { type ChildProcess, spawn } from "node:child_process";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test as base, type Page } from "@playwright/test";
import { mirrorAddress } from "../../../images/build/debian/mirror.ts";
import { Relay } from "../../../relay/relay.ts";
import { loopbackRelay } from "../../loopback-relay.ts";

const LOOPBACK = "127.0.0.1";
const HTTP_PORT = 80;
/** Where the guest finds what the relay forwards. */
export const MIRROR_ADDRESS = "10.0.0.1";
export const SERVER_ADDRESS = "10.0.0.2";

interface Fixtures {
  /** Starts a relay that leads the guest to the Debian mirror, and to these ports of this computer. */
  startRelay(ports?: readonly number[]): Promise<Relay>;
  /** Starts a program, and ends it with the test. */
  start(command: string, args: readonly string[], cwd?: string): ChildProcess;
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to find what a fixture uses.
  startRelay: async ({}, use) => {
    const relays: Relay[] = [];
    await use(async (ports = []) => {
      const { hostname, port } = mirror();
      const { address } = await lookup(hostname, 4);
      const relay = await Relay.start(
        loopbackRelay({
          forward: [
            `${MIRROR_ADDRESS}:${port}=${address}:${port}`,
            ...ports.map((port) => `${SERVER_ADDRESS}:${port}=${LOOPBACK}:${port}`),
          ],
        }),
      );
      relays.push(relay);
      return relay;
    });
    for (const relay of relays) {
      relay.terminate();
      await relay.stop(0);
    }
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  start: async ({}, use) => {
    const children: ChildProcess[] = [];
    await use((command, args, cwd) => {
      const child = spawn(command, args, { stdio: "inherit", ...(cwd ? { cwd } : {}) });
      children.push(child);
      return child;
    });
    for (const child of children) {
      if (child.exitCode !== null) continue;
      child.kill();
      await once(child, "exit");
    }
  },
});

/** The mirror's host and port, as this computer's apt has them. */
export function mirror(): { url: string; hostname: string; port: number } {
  const url = mirrorAddress();
  const { hostname, port } = new URL(url);
  return { url, hostname, port: Number(port) || HTTP_PORT };
}

/** Has the page use a relay, as if the visitor had set it before. */
export async function useRelay(page: Page, relay: Relay): Promise<void> {
  await page.addInitScript(
    (settings) => localStorage.setItem("tabnix.settings", settings),
    JSON.stringify({ relay: relay.wispUrl }),
  );
}

/** A port of the loopback that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
