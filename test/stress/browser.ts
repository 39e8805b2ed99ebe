/** A browser that can be killed: a process group of its own, held through its debugging port. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type BrowserContext, type CDPSession, chromium } from "@playwright/test";
import { CHROMIUM_FLAGS } from "../chromium-flags.ts";
import { poll } from "./waiting.ts";

const PORT_FILE = "DevToolsActivePort";
const CONNECT_MS = 15_000;
const CONNECT_TRIES = 3;

export class StressBrowser {
  /** The profile's own context: its tabs share files and locks. */
  readonly context: BrowserContext;
  private readonly process: ChildProcess;
  private readonly session: CDPSession;

  private constructor(process: ChildProcess, context: BrowserContext, session: CDPSession) {
    this.process = process;
    this.context = context;
    this.session = session;
  }

  /** Starts a browser on a profile: a folder that outlives it. */
  static async start(profile: string): Promise<StressBrowser> {
    for (let left = CONNECT_TRIES - 1; ; left--) {
      const process = spawnOn(profile);
      try {
        return await StressBrowser.connect(profile, process);
      } catch (error) {
        // Now and then a browser that starts after a kill does not answer its debugger.
        await killGroup(process);
        if (left === 0) throw error;
      }
    }
  }

  /** Process ids of those that run pages; which runs which is not told. */
  async renderers(): Promise<number[]> {
    const { processInfo } = await this.session.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  }

  /** Ends all of it at once, as a power cut of the browser would. */
  async kill(): Promise<void> {
    await killGroup(this.process);
  }

  private static async connect(profile: string, process: ChildProcess): Promise<StressBrowser> {
    const portFile = join(profile, PORT_FILE);
    const port = await poll(
      "the browser's start",
      async () => /^\d+/.exec(await readFile(portFile, "utf8"))?.[0],
    );
    const address = `http://127.0.0.1:${port}`;
    const connected = await chromium.connectOverCDP(address, { timeout: CONNECT_MS });
    const context = connected.contexts()[0] ?? (await connected.newContext());
    return new StressBrowser(process, context, await connected.newBrowserCDPSession());
  }
}

function spawnOn(profile: string): ChildProcess {
  rmSync(join(profile, PORT_FILE), { force: true });
  return spawn(
    process.env["TABNIX_CHROMIUM"] ?? "chromium",
    [
      ...CHROMIUM_FLAGS,
      "--headless",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      // What a start costs that the page does not need.
      "--disable-extensions",
      "about:blank",
    ],
    { detached: true, stdio: "ignore" },
  );
}

async function killGroup(browser: ChildProcess): Promise<void> {
  const { pid, exitCode, signalCode } = browser;
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  const ended = once(browser, "exit");
  process.kill(-pid, "SIGKILL");
  await ended;
}
