/** One WebKitGTK browser, driven by WebDriver (https://www.w3.org/TR/webdriver2/). */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Builder, Capabilities, type WebDriver } from "selenium-webdriver";

/** How long a script of a test may take; tests have bounds of their own. */
const SCRIPT_TIMEOUT_MS = 240_000;
const LOAD_TIMEOUT_MS = 60_000;
const RETRY_MS = 50;
const TRIES = 200;

const BROWSER = fileURLToPath(new URL("../../../webkit/browser.js", import.meta.url));
/** Of the disk, for each site: what Safari gives. */
const SHARE = 0.6;

/** Programs that `npm test` has found; see scripts/lib/webkit.mjs. */
export interface WebKitPrograms {
  driver: string;
  gjs: string;
  screen: string;
}

/** What sites may keep. */
export interface WebKitStorage {
  /** Bytes for each; unless given, more than any test keeps. */
  room?: number;
}

/** A screen that nobody sees, which the browser cannot do without. */
export async function startScreen({ screen }: WebKitPrograms): Promise<ChildProcess & Screen> {
  const started = spawn(
    screen,
    ["-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"],
    { stdio: ["ignore", "ignore", "ignore", "pipe"] },
  );
  const [number] = (await once(started.stdio[3] as NodeJS.ReadableStream, "data")) as [Buffer];
  return Object.assign(started, { display: `:${number.toString().trim()}` });
}

interface Screen {
  display: string;
}

/** What a script of the page threw, with its stack. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
}

type Outcome = { value: unknown } | { error: string };

export class WebKitSession {
  readonly #driver: WebDriver;
  readonly #process: ChildProcess;
  readonly #folder: string;
  /** A session does one thing after another, and to one window at a time. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(driver: WebDriver, process: ChildProcess, folder: string) {
    this.#driver = driver;
    this.#process = process;
    this.#folder = folder;
  }

  /**
   * Starts a browser that has no data of others, and whose data is thrown away.
   */
  static async start(
    programs: WebKitPrograms,
    display: string,
    { room }: WebKitStorage,
  ): Promise<WebKitSession> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "tabnix-webkit-"));
    const share = room === undefined ? SHARE : room / (await diskBytes(folder));
    const env = {
      ...process.env,
      DISPLAY: display,
      LIBGL_ALWAYS_SOFTWARE: "1",
      // Else the engine has no SharedArrayBuffer at all where WebDriver drives it.
      JSC_useSharedArrayBuffer: "1",
    };
    const driving = spawn(programs.driver, [`--port=${port}`, "--host=127.0.0.1"], {
      env,
      stdio: "ignore",
    });
    await listening(`http://127.0.0.1:${port}/status`);
    const options = { binary: programs.gjs, args: ["-m", BROWSER, folder, `${share}`] };
    const driver = await new Builder()
      .usingServer(`http://127.0.0.1:${port}`)
      .withCapabilities(
        new Capabilities().setBrowserName("MiniBrowser").set("webkitgtk:browserOptions", options),
      )
      .build();
    await driver.manage().setTimeouts({ script: SCRIPT_TIMEOUT_MS, pageLoad: LOAD_TIMEOUT_MS });
    return new WebKitSession(driver, driving, folder);
  }

  /** Does something to a window. */
  inWindow<Result>(
    window: string,
    work: (driver: WebDriver) => PromiseLike<Result>,
  ): Promise<Result> {
    return this.#next(async (driver) => {
      await driver.switchTo().window(window);
      return await work(driver);
    });
  }

  /** All that are open. */
  windows(): Promise<string[]> {
    return this.#next((driver) => driver.getAllWindowHandles());
  }

  /**
   * What a function that runs in the page returns or resolves with.
   *
   * @param source an expression that is a function of one argument
   * @throws ScriptError what it threw; WebDriverError when the page went away meanwhile
   */
  async call(window: string, source: string, argument: unknown): Promise<unknown> {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve().then(() => (${source})(arguments[0])).then(
        (value) => done({ value }),
        (error) => done({ error: [error, error?.stack ?? ""].join("\\n") }));`;
    const outcome = await this.inWindow(window, (driver) =>
      driver.executeAsyncScript<Outcome>(script, argument),
    );
    if ("error" in outcome) throw new ScriptError(outcome.error);
    return outcome.value;
  }

  /** What a window shows, as PNG in base64. */
  screenshot(window: string): Promise<string> {
    return this.inWindow(window, (driver) => driver.takeScreenshot());
  }

  async end(): Promise<void> {
    await this.#next((driver) => driver.quit()).catch(() => {});
    this.#process.kill();
    // The browser may still write something.
    await rm(this.#folder, { recursive: true, maxRetries: TRIES, retryDelay: RETRY_MS });
  }

  #next<Result>(work: (driver: WebDriver) => PromiseLike<Result>): Promise<Result> {
    const done = this.#last.then(() => work(this.#driver));
    this.#last = done.catch(() => {});
    return done;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

/** Of the file system of a folder. */
async function diskBytes(folder: string): Promise<number> {
  const { bsize, blocks } = await statfs(folder);
  return bsize * blocks;
}

async function listening(url: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      await delay(RETRY_MS);
    }
  }
}
