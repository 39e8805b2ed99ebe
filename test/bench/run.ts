/**
 * `npm run bench [-- --json] [-- --image name] [-- --only part]`: measures the built page in Chromium, and the same
 * commands on v86's own 9P filesystem in the same run. Times depend on the machine; compare ratios.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";
import { cacheFolder } from "../../images/build/cache.ts";
import { parseManifest } from "../../images/format/manifest.ts";
import { DirectoryStore } from "../../workers/shared/directory-store.ts";
import { CHROMIUM_FLAGS } from "../chromium-flags.ts";
import { buildPages } from "./build-pages.ts";
import { type Bench, type Figures, PARTS } from "./parts.ts";
import { PeerTree } from "./peer-tree.ts";
import { BenchServer } from "./server.ts";

async function main(): Promise<void> {
  const options = {
    json: { type: "boolean", default: false },
    image: { type: "string", default: "base" },
    only: { type: "string", multiple: true, default: Object.keys(PARTS) },
  } as const;
  const { values } = parseArgs({ options });
  for (const part of values.only) {
    if (PARTS[part]) continue;
    process.stderr.write(`--only ${part}: there are ${Object.keys(PARTS).join(", ")}.\n`);
    process.exit(2);
  }
  const folder = await mkdtemp(join(tmpdir(), "tabnix-bench-"));
  try {
    const figures = await measure(folder, values.image, values.only);
    process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : table(figures));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(folder: string, image: string, only: readonly string[]): Promise<Figures> {
  const images = join(cacheFolder(), "images");
  const manifest = parseManifest(
    await readFile(join(images, image, "manifest.json"), "utf8"),
    image,
  );
  note("Building the pages");
  // Beside what the site itself is built from.
  await buildPages(folder, ["ours", "peer"]);
  const peerTree = await PeerTree.load(manifest, new DirectoryStore(images));
  const server = new BenchServer({ root: folder, peer: peerTree });
  const origin = await server.listen();
  const executablePath = process.env["TABNIX_CHROMIUM"];
  const browser = await chromium.launch({
    args: CHROMIUM_FLAGS,
    ...(executablePath ? { executablePath } : {}),
  });
  const bench: Bench = {
    image,
    server,
    browser,
    origin,
    page: (name, of = image) => `${origin}test/bench/pages/${name}.html?image=${of}`,
  };
  try {
    const figures: Figures = { kernel_tuned: manifest.kernel.flavour === "tuned" ? 1 : 0 };
    for (const [name, [title, part]] of Object.entries(PARTS)) {
      if (!only.includes(name)) continue;
      note(title);
      try {
        merge(figures, await part(bench));
      } catch (error) {
        // The others are worth having: they took minutes.
        process.stderr.write(`${name} could not be measured: ${explain(error)}\n`);
        process.exitCode = 1;
      }
    }
    return figures;
  } finally {
    await browser.close();
    server.close();
  }
}

/** Adds figures to others; groups of one name become one. */
function merge(into: Figures, figures: Figures): void {
  for (const [name, value] of Object.entries(figures)) {
    const group = into[name];
    if (typeof value === "object" && typeof group === "object") merge(group, value);
    else into[name] = value;
  }
}

function explain(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
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
