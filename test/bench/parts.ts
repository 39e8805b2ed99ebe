/** The parts of the benchmark, each of which can be measured by itself. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { buildPages } from "./build-pages.ts";
import { measureFilesystems } from "./filesystem.ts";
import { measureNative } from "./native.ts";
import { measureGuests } from "./network/guests.ts";
import { LAN_IMAGE, measureLan } from "./network/lan.ts";
import { Outside } from "./network/outside.ts";
import { measurePreview } from "./network/preview.ts";
import { measureRelays } from "./network/relays.ts";
import { measurePage } from "./page.ts";
import { openProfile } from "./profiles.ts";
import { measurePrompt, measureTerminal } from "./prompt.ts";
import { measureReload } from "./reload.ts";
import { BenchServer } from "./server.ts";
import { measureTools, TOOLS_IMAGE } from "./tools.ts";

/** Numbers, nested. */
export interface Figures {
  [name: string]: number | Figures;
}

/** What a part of the benchmark measures with. */
export interface Bench {
  image: string;
  server: BenchServer;
  browser: Browser;
  /** The address of the product's page, and of pages of the benchmark. */
  origin: string;
  page(name: "ours" | "peer", image?: string): string;
}

/** The parts, in their order: what is said when one begins, and its figures. */
export const PARTS: Record<string, [title: string, measure: (bench: Bench) => Promise<Figures>]> = {
  prompt: [
    "From the address to the prompt",
    async ({ browser, server, origin, image }) => ({
      prompt: { ...(await measurePrompt(browser, server, `${origin}?image=${image}`)) },
    }),
  ],
  page: ["The first visit of a plain host, and the second", pageFigures],
  terminal: [
    "Ten megabytes of text",
    async ({ browser, origin, image }) => {
      const { memory_bytes, cat_mb_s } = await measureTerminal(browser, `${origin}?image=${image}`);
      return { memory: { bytes: memory_bytes }, terminal: { cat_mb_s } };
    },
  ],
  reload: [
    "Fifty megabytes of files, and the next visit",
    async ({ origin, image }) => {
      const { persist_mb_s, ...reload } = await measureReload(`${origin}?image=${image}`);
      const over_empty = reload.prompt_ms / reload.empty_prompt_ms;
      return { reload: { ...reload, over_empty }, fs: { persist_mb_s } };
    },
  ],
  files: ["Files and processes, here and on v86's own 9P filesystem in turns", fileFigures],
  network: ["The network, through one relay, with v86's own adapter in turns", networkFigures],
  relay: ["Relays by themselves", relayFigures],
  lan: ["A network of tabs", lanFigures],
  preview: [
    "A page in a preview",
    async ({ origin }) => {
      const { page, close } = await openProfile();
      const preview = await measurePreview(page, origin);
      await close();
      return { preview: { ...preview } };
    },
  ],
  tools: ["WebAssembly programs in the shell, the emulated, and this computer's own", toolFigures],
};

async function pageFigures({ image }: Bench): Promise<Figures> {
  const root = await mkdtemp(join(tmpdir(), "tabnix-site-"));
  await buildPages(root);
  const server = new BenchServer({ root, base: "/a/b/", headers: {} });
  try {
    const { again, ...first } = await measurePage(
      `${await server.listen()}?image=${image}`,
      server,
    );
    return { page: { ...first, again: { ...again } } };
  } finally {
    server.close();
    await rm(root, { recursive: true });
  }
}

async function fileFigures({ page }: Bench): Promise<Figures> {
  const [ours, peer] = await onPages([page("ours"), page("peer")], measureFilesystems);
  if (!ours || !peer) throw new Error("no figures");
  const { forks_per_s, ...fs } = ours;
  return {
    fs,
    exec: { forks_per_s },
    peer: {
      v86_fs9p: {
        ...peer,
        // Above 1: Tabnix is faster.
        ratio: {
          read: ours.read_mb_s / peer.read_mb_s,
          write: ours.write_mb_s / peer.write_mb_s,
          stat: peer.stat_us / ours.stat_us,
          forks: ours.forks_per_s / peer.forks_per_s,
        },
      },
    },
  };
}

async function networkFigures({ page }: Bench): Promise<Figures> {
  const outside = await Outside.open();
  try {
    const relay = `&relay=${encodeURIComponent(outside.relay.wispUrl)}`;
    const [ours, peer] = await onPages([page("ours") + relay, page("peer") + relay], (pages) =>
      measureGuests(pages, outside.url),
    );
    if (!ours || !peer) throw new Error("no figures");
    // Above 1: Tabnix is faster.
    const ratio = {
      in: ours.in_mb_s / peer.in_mb_s,
      out: ours.out_mb_s / peer.out_mb_s,
      requests: ours.requests_per_s / peer.requests_per_s,
    };
    return { net: { ...ours, peer_v86: { ...peer, ratio } } };
  } finally {
    await outside.close();
  }
}

async function relayFigures(): Promise<Figures> {
  const outside = await Outside.open();
  try {
    const { ours, peer, ratio } = await measureRelays(outside.relay.wispUrl);
    return { relay: { ...ours, peer_wisp_js: { ...peer, ratio } } };
  } finally {
    await outside.close();
  }
}

async function lanFigures({ page }: Bench): Promise<Figures> {
  const { page: one, close } = await openProfile();
  const two = await one.context().newPage();
  for (const tab of [one, two]) {
    await tab.goto(`${page("ours", LAN_IMAGE)}&lan=bench`);
    await tab.evaluate(async () => {
      await globalThis.bench;
    });
  }
  const mb_s = await measureLan([one, two]);
  await close();
  return { lan: { mb_s } };
}

async function toolFigures({ page }: Bench): Promise<Figures> {
  const { page: own, close } = await openProfile();
  await own.goto(page("ours", TOOLS_IMAGE));
  const tools = await measureTools(own);
  await close();
  const native = await measureNative();
  const ratios = (table: Record<string, number>) =>
    Object.fromEntries(Object.entries(table).map(([name, ratio]) => [name, { ratio }]));
  return {
    tool: { hello_ms: tools.hello_ms, ...ratios(tools.ratio) },
    pipe: { mb_s: tools.pipe_mb_s },
    // Milliseconds as WebAssembly over those of this computer's own program.
    native: ratios(
      Object.fromEntries(
        Object.entries(native).map(([name, ms]) => [name, (tools.wasm[name] ?? Number.NaN) / ms]),
      ),
    ),
  };
}

async function onPages<Result>(
  urls: readonly string[],
  measure: (pages: Page[]) => Promise<Result>,
): Promise<Result> {
  const profiles = await Promise.all(urls.map(openProfile));
  for (const [at, { page }] of profiles.entries()) {
    await page.goto(urls[at]!);
    await page.evaluate(async () => {
      await globalThis.bench;
    });
  }
  const figures = await measure(profiles.map(({ page }) => page));
  for (const { close } of profiles) await close();
  return figures;
}
