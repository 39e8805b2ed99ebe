/** Every state of the page that a visitor may be in, and how it comes about on a scripted computer. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, type Page } from "@playwright/test";
import { packSetup } from "../../../src/setup/link.ts";
import { FilePanel } from "./file-panel.ts";
import type { Script } from "./scripted-computer.ts";
import { terminalText } from "./scripted-page.ts";

/** What a state is reached with. */
export interface Visit {
  page: Page;
  scriptedUrl: string;
  openScripted(script?: Script, query?: Record<string, string>): Promise<void>;
}

type Reach = (visit: Visit) => Promise<void>;

const IMAGES = fileURLToPath(new URL("../../../dist/images/", import.meta.url));

/** Wants what is asked about. */
const SETUP = {
  title: "A lesson",
  description: "It goes on where you were.",
  files: { "/root/note": "text" },
  env: { LESSON: "2" },
  run: ["apt-get update", "./lesson"],
  ports: [8080],
  network: true,
  persist: true,
};

/** Opens a machine and presses a button of the header. */
function withButton(name: string): Reach {
  return async ({ page, openScripted }) => {
    await openScripted();
    await page.getByRole("button", { name, exact: true }).click();
  };
}

/** Opens a machine and chooses from the menu. */
function withMenuItem(name: string): Reach {
  return async (visit) => {
    await withButton("Menu")(visit);
    await visit.page.getByRole("menuitem", { name }).click();
    await visit.page.getByRole("dialog").waitFor();
  };
}

/** Opens a machine and types a line that it understands. */
function withLine(line: string): Reach {
  return async ({ page, openScripted }) => {
    await openScripted();
    await page.keyboard.type(`${line}\r`);
  };
}

function withScript(script: Script, query?: Record<string, string>): Reach {
  return ({ openScripted }) => openScripted(script, query);
}

/** The test's page has no images beside it: those of the built site take their place, but for their parts. */
async function lendImages(page: Page): Promise<void> {
  await page.route("**/support/images/**", async (route) => {
    const [, path = ""] = new URL(route.request().url()).pathname.split("/images/");
    if (!path.startsWith("store/")) await route.fulfill({ body: await readFile(IMAGES + path) });
  });
}

async function withFile({ page, openScripted }: Visit): Promise<FilePanel> {
  await openScripted();
  const panel = await FilePanel.open(page);
  await panel.upload({ name: "note.txt", content: "text\n" });
  await panel.row("note.txt").click();
  return panel;
}

async function consent({ page, scriptedUrl }: Visit): Promise<void> {
  await page.goto(scriptedUrl + (await packSetup(JSON.stringify(SETUP))));
  await page.getByRole("dialog").waitFor();
}

/** The states by name. */
export const STATES: Readonly<Record<string, Reach>> = {
  "a download": withScript({ hold: "download" }),
  "a cold boot": withScript({ hold: "boot" }, { cold: "" }),
  "a terminal": withScript({}),
  "a terminal that ended": async (visit) => {
    await withLine("exit 3")(visit);
    await expect.poll(() => terminalText(visit.page)).toContain("ended with status 3");
  },
  "several terminals": async (visit) => {
    await withButton("New terminal")(visit);
    await visit.page.getByRole("button", { name: "New terminal" }).click();
  },
  "no terminal": async ({ page, openScripted }) => {
    await openScripted();
    await page.locator(".tab-close").click();
    await page.getByText("No terminal is open.").waitFor();
  },
  "the find bar": async (visit) => {
    await withButton("Find")(visit);
    await visit.page.getByRole("searchbox").fill("$");
    await expect(visit.page.locator(".find-count")).toHaveText("1 of 1");
  },
  "the menu": withButton("Menu"),
  settings: withButton("Settings"),
  help: withButton("Help"),
  "the details of the machine": async ({ page, openScripted }) => {
    await openScripted();
    await page.locator(".status-bar").click();
    await page.getByRole("dialog").waitFor();
  },
  "a question": withMenuItem("Restart afresh"),
  "the images": async (visit) => {
    await lendImages(visit.page);
    await withMenuItem("Images…")(visit);
  },
  "an image that is being kept": async (visit) => {
    await lendImages(visit.page);
    await withMenuItem("Images…")(visit);
    await visit.page.getByRole("button", { name: "Keep offline" }).first().click();
    await visit.page.locator(".transfer").waitFor();
  },
  "the imported machines": withMenuItem("Imported machines…"),
  "an empty folder": async ({ page, openScripted }) => {
    await openScripted();
    await FilePanel.open(page);
  },
  "a folder with a file": async (visit) => {
    await withFile(visit);
  },
  "the root folder": async ({ page, openScripted }) => {
    await openScripted();
    const panel = await FilePanel.open(page);
    await panel.crumb("/").click();
    await panel.shows("/");
  },
  "the editor": async (visit) => {
    const panel = await withFile(visit);
    await panel.edit("note.txt");
    await visit.page.getByRole("dialog").waitFor();
  },
  "a question for a name": async (visit) => {
    const panel = await withFile(visit);
    await panel.tool("Rename").click();
    await visit.page.getByRole("dialog").waitFor();
  },
  "a preview without a server": withButton("Preview"),
  "a preview that cannot be shown": async (visit) => {
    await withLine("ports 8080 3000")(visit);
    await visit.page.locator(".notice").getByRole("button", { name: "Open" }).first().click();
    await visit.page.getByText(/^Previews cannot be shown/).waitFor();
  },
  "what a preview shares": async (visit) => {
    await withButton("Preview")(visit);
    await visit.page.getByRole("button", { name: "More" }).click();
    await visit.page.getByRole("dialog").waitFor();
  },
  notices: async (visit) => {
    await withLine("notice")(visit);
    await visit.page.keyboard.type("ports 8080\r");
    await expect(visit.page.locator(".notice")).toHaveCount(2);
  },
  "a machine that did not start": withScript({ fail: "corrupt" }),
  "a machine that stopped": async (visit) => {
    await withLine("panic")(visit);
    await visit.page.locator(".failure summary").click();
  },
  "files that another tab has": async ({ page, scriptedUrl }) => {
    const script: Script = { fail: "busy" };
    await page.goto(`${scriptedUrl}?${new URLSearchParams({ script: JSON.stringify(script) })}`);
    await page.locator(".busy").waitFor();
  },
  "a machine that is off": async (visit) => {
    await withButton("Menu")(visit);
    await visit.page.getByRole("menuitem", { name: "Power off" }).click();
    await visit.page.locator(".off").waitFor();
  },
  "an address that is wrong": withScript({}, { image: "../etc" }),
  "a set-up on its way": async ({ page, scriptedUrl }) => {
    await page.route("https://docs.example/**", () => {});
    await page.goto(`${scriptedUrl}?setup=https://docs.example/tabnix.json`);
    await page.getByText("Fetching the set-up").waitFor();
  },
  "a set-up that asks": consent,
  "a set-up that was not started": async (visit) => {
    await consent(visit);
    await visit.page.getByRole("button", { name: "Not now" }).click();
  },
};
