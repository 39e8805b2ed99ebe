/**
 * Draws the page in each of its states, to be looked at:
 * `TABNIX_CHROMIUM=… node --import tsx test/browser/screenshots.ts [folder]`, by default into
 * test-results/screenshots.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "@playwright/test";
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";
import { FilePanel } from "./support/file-panel.ts";
import type { Script } from "./support/scripted-computer.ts";
import { startScriptedServer } from "./support/scripted-server.ts";

interface Shot {
  name: string;
  script?: Script;
  query?: Record<string, string>;
  options?: BrowserContextOptions;
  /** Shown before the picture is taken. */
  act?(page: Page): Promise<void>;
}

const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};
const PROMPT = "\x1b[32mroot@tabnix\x1b[0m:\x1b[34m~\x1b[0m# ";
const SESSION = [
  `\x1b[2J\x1b[H${PROMPT}ls --color`,
  "\x1b[34mbin\x1b[0m  \x1b[36mdev\x1b[0m  \x1b[34metc\x1b[0m  \x1b[31mold.tar\x1b[0m  \x1b[35mlogo.png\x1b[0m",
  `${PROMPT}uname -sr`,
  "Linux 6.12.0",
  `\x1b[7m reverse \x1b[0m \x1b[1mbold\x1b[0m \x1b[3mitalic\x1b[0m \x1b[4munderlined\x1b[0m \x1b[90mgrey\x1b[0m`,
  PROMPT,
].join("\r\n");

/** Fills the terminal that is shown. */
async function work(page: Page): Promise<void> {
  await page.locator(".panel:not([hidden]) .terminal-host").evaluate(
    (host, text) =>
      new Promise<void>((resolve) => {
        (host as TerminalHost).terminal.write(text, resolve);
      }),
    SESSION,
  );
}

async function twoTabs(page: Page): Promise<void> {
  await page.keyboard.press("Control+Shift+Enter");
  for (const line of ["title vim notes.md", "notice"]) {
    await page.keyboard.insertText(line);
    await page.keyboard.press("Enter");
  }
  await work(page);
}

async function powerOff(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("menuitem", { name: "Power off" }).click();
}

const press = (name: string) => (page: Page) =>
  page.getByRole("button", { name, exact: true }).click();

/** Opens the file panel on some files. */
async function files(page: Page): Promise<void> {
  await work(page);
  const panel = await FilePanel.open(page);
  await panel.upload(
    { name: "notes.md", content: "# Notes\n\n- one\n- two\n" },
    { name: "a rather long name of an archive that is cut off.tar.gz", content: Buffer.alloc(2e6) },
  );
  await panel.tool("New folder").click();
  await page.getByLabel("Name", { exact: true }).fill("projects");
  await page.keyboard.press("Enter");
  await panel.row("projects").waitFor();
}

async function editor(page: Page): Promise<void> {
  await files(page);
  await (await new FilePanel(page).edit("notes.md")).fill("# Notes\n");
}

const SHOTS: readonly Shot[] = [
  { name: "terminal", act: work },
  { name: "two-tabs", act: twoTabs },
  { name: "phone", options: PHONE, act: work },
  { name: "phone-menu", options: PHONE, act: press("Menu") },
  { name: "files", act: files },
  { name: "files-phone", options: PHONE, act: files },
  { name: "editor", act: editor },
  { name: "boot", script: { hold: "download" } },
  { name: "boot-cold", script: { hold: "boot" }, query: { cold: "" } },
  { name: "failure", script: { fail: "corrupt" } },
  { name: "failure-phone", script: { fail: "corrupt" }, options: PHONE },
  { name: "off", act: powerOff },
  { name: "help", act: press("Help") },
  { name: "settings", act: press("Settings") },
];

async function take(browser: Browser, url: string, shot: Shot, folder: string): Promise<void> {
  for (const colorScheme of ["dark", "light"] as const) {
    const context = await browser.newContext({ ...(shot.options ?? DESKTOP), colorScheme });
    const page = await context.newPage();
    const query = new URLSearchParams({ script: JSON.stringify(shot.script ?? {}), ...shot.query });
    await page.goto(`${url}?${query}`);
    await page.locator(".status-bar").waitFor();
    await shot.act?.(page);
    await page.screenshot({ path: join(folder, `${shot.name}-${colorScheme}.png`) });
    await context.close();
  }
}

const folder = process.argv[2] ?? join("test-results", "screenshots");
mkdirSync(folder, { recursive: true });
const server = await startScriptedServer();
const executablePath = process.env["TABNIX_CHROMIUM"];
const browser = await chromium.launch({
  ...(executablePath ? { executablePath } : {}),
  args: ["--no-sandbox"],
});
for (const shot of SHOTS) await take(browser, server.url, shot, folder);
await browser.close();
await server.close();
