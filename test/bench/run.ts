/**
 * `npm run bench [-- --json] [-- --image name]`: measures the built page in Chromium, and the same
 * commands on v86's own 9P filesystem in the same run. Times depend on the machine; compare ratios.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium, type Page } from "@playwright/test";
import { build } from "vite";
import { cacheFolder } from "../../images/build/cache.ts";
import { parseManifest } from "../../images/format/manifest.ts";
import { DirectoryStore } from "../../workers/shared/directory-store.ts";
import { CHROMIUM_FLAGS } from "../chromium-flags.ts";
import { measureFilesystems } from "./filesystem.ts";
import { measureNative } from "./native.ts";
import { measureGuests, measurePreview, measureRelay, Outside } from "./network.ts";
import { PeerTree } from "./peer-tree.ts";
import { openProfile } from "./profiles.ts";
import { measurePrompt, measureTerminal } from "./prompt.ts";
import { measureReload } from "./reload.ts";
import { BenchServer } from "./server.ts";
import { measureTools, TOOLS_IMAGE } from "./tools.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Numbers, nested. */
interface Figures {
  [name: string]: number | Figures;
}

async function main(): Promise<void> {
  const options = {
    json: { type: "boolean", default: false },
    image: { type: "string", default: "base" },
  } as const;
  const { values } = parseArgs({ options });
  const folder = await mkdtemp(join(tmpdir(), "tabnix-bench-"));
  try {
    const figures = await measure(folder, values.image);
    process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : table(figures));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(folder: string, image: string): Promise<Figures> {
  const images = join(cacheFolder(), "images");
  const manifest = parseManifest(
    await readFile(join(images, image, "manifest.json"), "utf8"),
    image,
  );
  note("Building the pages");
  await buildPages(folder);
  const peerTree = await PeerTree.load(manifest, new DirectoryStore(images));
  const server = new BenchServer(folder, peerTree);
  const origin = await server.listen();
  const executablePath = process.env["TABNIX_CHROMIUM"];
  const browser = await chromium.launch({
    args: CHROMIUM_FLAGS,
    ...(executablePath ? { executablePath } : {}),
  });
  try {
    const url = `${origin}?image=${image}`;
    note("From the address to the prompt");
    const prompt = await measurePrompt(browser, server, url);
    note("Ten megabytes of text");
    const terminal = await measureTerminal(browser, url);
    note("Fifty megabytes of files, and the next visit");
    const reload = await measureReload(url);
    note("Files and processes, here and on v86's own 9P filesystem in turns");
    const page = (name: string) => `${origin}test/bench/pages/${name}.html?image=${image}`;
    const [ours, peer] = await onPages([page("ours"), page("peer")], measureFilesystems);
    if (!ours || !peer) throw new Error("no figures");
    note("The network, through one relay, with v86's own adapter in turns");
    const network = await networkFigures(page, origin);
    note("WebAssembly programs in the shell, and the emulated ones");
    const tools = await toolFigures(`${origin}test/bench/pages/ours.html?image=${TOOLS_IMAGE}`);
    note("The same programs of this computer");
    const native = await measureNative();
    return {
      kernel_tuned: manifest.kernel.flavour === "tuned" ? 1 : 0,
      prompt: { ...prompt },
      memory: { bytes: terminal.memory_bytes },
      terminal: { cat_mb_s: terminal.cat_mb_s },
      reload: {
        prompt_ms: reload.prompt_ms,
        empty_prompt_ms: reload.empty_prompt_ms,
        over_empty: reload.prompt_ms / reload.empty_prompt_ms,
      },
      fs: {
        read_mb_s: ours.read_mb_s,
        write_mb_s: ours.write_mb_s,
        persist_mb_s: reload.persist_mb_s,
        stat_us: ours.stat_us,
      },
      exec: { forks_per_s: ours.forks_per_s },
      tool: {
        hello_ms: tools.hello_ms,
        ...Object.fromEntries(
          Object.entries(tools.ratio).map(([name, ratio]) => [name, { ratio }]),
        ),
      },
      pipe: { mb_s: tools.pipe_mb_s },
      ...network,
      // Milliseconds as WebAssembly over those of this computer's own program.
      native: Object.fromEntries(
        Object.entries(native).map(([name, ms]) => [
          name,
          { ratio: (tools.wasm[name] ?? Number.NaN) / ms },
        ]),
      ),
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
  } finally {
    await browser.close();
    server.close();
  }
}

async function networkFigures(page: (name: string) => string, origin: string): Promise<Figures> {
  const outside = await Outside.open();
  try {
    const relay = `&relay=${encodeURIComponent(outside.relay.wispUrl)}`;
    const [ours, peer] = await onPages([page("ours") + relay, page("peer") + relay], (pages) =>
      measureGuests(pages, outside.url),
    );
    if (!ours || !peer) throw new Error("no figures");
    const { page: own, close } = await openProfile();
    const preview = await measurePreview(own, origin);
    await close();
    return {
      net: {
        ...ours,
        peer_v86: {
          ...peer,
          // Above 1: Tabnix is faster.
          ratio: {
            in: ours.in_mb_s / peer.in_mb_s,
            out: ours.out_mb_s / peer.out_mb_s,
            requests: ours.requests_per_s / peer.requests_per_s,
          },
        },
      },
      relay: { raw_mb_s: await measureRelay(outside.relay.wispUrl) },
      preview: { ...preview },
    };
  } finally {
    await outside.close();
  }
}

async function toolFigures(url: string) {
  const { page, close } = await openProfile();
  await page.goto(url);
  const figures = await measureTools(page);
  await close();
  return figures;
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

async function buildPages(outDir: string): Promise<void> {
  const page = (path: string) => join(ROOT, path);
  await build({
    root: ROOT,
    logLevel: "error",
    build: {
      outDir,
      emptyOutDir: true,
      rollupOptions: {
        input: [
          page("index.html"),
          page("test/bench/pages/ours.html"),
          page("test/bench/pages/peer.html"),
        ],
      },
    },
  });
}

function table(figures: Figures): string {
  const rows: [string, string][] = [];
  const collect = (part: Figures, prefix: string) => {
    for (const [name, value] of Object.entries(part)) {
      if (typeof value === "number") rows.push([prefix + name, format(value)]);
      else collect(value, `${prefix}${name}.`);
    }
  };
  collect(figures, "");
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value.padStart(12)}\n`).join("");
}

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function note(text: string): void {
  process.stderr.write(`… ${text}\n`);
}

await main();
