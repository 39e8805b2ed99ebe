/**
 * `npm run stress [-- --kills N]`: kills the browser at random moments while the guest writes and
 * synchronises files, N times on the same profile. Each time the machine must start, and every file
 * that was synchronised must be there, whole.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium, type Page } from "@playwright/test";
import { preview } from "vite";
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";
import { CHROMIUM_FLAGS } from "../chromium-flags.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const IMAGE = "tiny";
const LONGEST_LIFE_MS = 4000;
/** Files of some kilobytes, named by their number and their hash. */
const WRITE = [
  "mkdir -p /root/d; i=$(ls /root/d | wc -l); while :; do",
  "dd if=/dev/urandom of=/root/t bs=$((1 + RANDOM % 9000)) count=$((1 + RANDOM % 20)) 2>/dev/null;",
  "mv /root/t /root/d/$i.$(sha256sum < /root/t | cut -c1-64); sync; sync /root/d; i=$((i+1));",
  "echo synchronised $i; done",
].join(" ");
const CHECK = [
  "mkdir -p /root/d; for f in /root/d/*.*; do",
  "[ -e $f ] || continue;",
  "case $f in *.$(sha256sum < $f | cut -c1-64)) ;; *) echo broken $f;; esac; done;",
  "echo there are $(ls /root/d | wc -l)",
].join(" ");

interface Browser {
  process: ChildProcess;
  page: Page;
}

/** A browser of its own process group, so that all of it can be killed. */
async function start(profile: string, url: string): Promise<Browser> {
  const portFile = join(profile, "DevToolsActivePort");
  await rm(portFile, { force: true });
  const browser = spawn(
    process.env["TABNIX_CHROMIUM"] ?? "chromium",
    [...CHROMIUM_FLAGS, "--headless", "--remote-debugging-port=0", `--user-data-dir=${profile}`],
    { detached: true, stdio: "ignore" },
  );
  const port = await poll(async () => /^\d+/.exec(await readFile(portFile, "utf8"))?.[0]);
  const connected = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  const page = await (connected.contexts()[0] ?? (await connected.newContext())).newPage();
  await page.goto(url);
  await poll(async () => (/# ?$/.test(await text(page)) ? true : undefined));
  return { process: browser, page };
}

async function kill({ process: browser }: Browser): Promise<void> {
  const ended = once(browser, "exit");
  process.kill(-(browser.pid ?? 0), "SIGKILL");
  await ended;
}

/** The terminal's lines, or what the page shows instead. */
function text(page: Page): Promise<string> {
  return page.evaluate(() => {
    const host = document.querySelector<TerminalHost>(".panel:not([hidden]) .terminal-host");
    if (!host) return document.body.textContent ?? "";
    const { active } = host.terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, i) => active.getLine(i));
    return lines
      .map((line) => line?.translateToString(true) ?? "")
      .join("\n")
      .trimEnd();
  });
}

async function type(page: Page, line: string): Promise<void> {
  await page.keyboard.insertText(line);
  await page.keyboard.press("Enter");
}

/** Asks again and again until there is an answer. */
async function poll<T>(ask: () => Promise<T | undefined>, limitMs = 60_000): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error("no answer within a minute");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { kills: { type: "string", default: "200" } } });
  const server = await preview({ root: ROOT, logLevel: "error", preview: { port: 0 } });
  const url = `${server.resolvedUrls?.local[0]}?image=${IMAGE}`;
  const profile = await mkdtemp(join(tmpdir(), "tabnix-stress-"));
  let synchronised = 0;
  try {
    for (let kills = 0; kills <= Number(values.kills); kills++) {
      const browser = await start(profile, url);
      await type(browser.page, CHECK);
      const found = await poll(
        async () => /^there are (\d+)$/m.exec(await text(browser.page)) ?? undefined,
      );
      const screen = await text(browser.page);
      const files = Number(found[1]);
      if (/^broken/m.test(screen) || files < synchronised) {
        throw new Error(`After ${kills} kills ${files} of ${synchronised} files:\n${screen}`);
      }
      process.stderr.write(`${kills} kills, ${files} files, ${synchronised} synchronised\n`);
      await type(browser.page, `clear; ${WRITE}`);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_LIFE_MS));
      const last = [...(await text(browser.page)).matchAll(/^synchronised (\d+)$/gm)].at(-1);
      synchronised = Math.max(files, Number(last?.[1] ?? 0));
      await kill(browser);
    }
    process.stdout.write(`${values.kills} kills: nothing lost\n`);
  } finally {
    await server.close();
    await rm(profile, { recursive: true, force: true });
  }
}

await main();
process.exit();
