/** The file panel as a visitor uses it. */
import { readFile } from "node:fs/promises";
import { expect, type Locator, type Page } from "@playwright/test";

/** Content of a file that is chosen in a test. */
export interface ChosenFile {
  name: string;
  content: string | Buffer;
}

export class FilePanel {
  readonly element: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.element = page.getByRole("complementary", { name: "Files" });
  }

  /** Opens the panel, and with names the folders on the way from the root. */
  static async open(page: Page, ...folders: string[]): Promise<FilePanel> {
    const panel = new FilePanel(page);
    await page.getByRole("button", { name: "Files", exact: true }).click();
    await panel.shows("/root");
    if (folders.length > 0) await panel.crumb("/").click();
    let path = "";
    for (const folder of folders) {
      await panel.row(folder).dblclick();
      path += `/${folder}`;
      await panel.shows(path);
    }
    return panel;
  }

  /** Gives the focus to the terminal, so that a shell can be typed to. */
  async leave(): Promise<void> {
    await this.page.locator(".panel:not([hidden]) .terminal-host").click();
  }

  /** Waits until it shows a folder. */
  async shows(folder: string): Promise<void> {
    await expect(this.element.getByRole("grid", { name: `Files in ${folder}` })).toBeVisible();
  }

  crumb(name: string): Locator {
    return this.element.getByRole("navigation").getByRole("button", { name, exact: true });
  }

  tool(name: string): Locator {
    return this.element.getByRole("button", { name, exact: true });
  }

  /** The row of a file. */
  row(name: string): Locator {
    return this.element
      .getByRole("row")
      .filter({ has: this.page.getByTitle(name, { exact: true }) });
  }

  /** Names in the order shown. */
  get names(): Locator {
    return this.element.locator(".file-rows .file-label");
  }

  /** Chooses files to be uploaded. */
  async upload(...files: ChosenFile[]): Promise<void> {
    const chooser = this.page.waitForEvent("filechooser");
    await this.tool("Upload files").click();
    const chosen = files.map(({ name, content }) => ({
      name,
      mimeType: "application/octet-stream",
      buffer: Buffer.from(content),
    }));
    await (await chooser).setFiles(chosen);
  }

  /** Chooses a file or folder of this computer. */
  async uploadPath(tool: "Upload files" | "Upload a folder", path: string): Promise<void> {
    const chooser = this.page.waitForEvent("filechooser");
    await this.tool(tool).click();
    await (await chooser).setFiles(path);
  }

  /** Downloads what is selected by pressing on its row. */
  async download(name: string): Promise<{ name: string; bytes: Buffer }> {
    await this.row(name).click();
    const download = this.page.waitForEvent("download");
    await this.tool("Download").click();
    const done = await download;
    return { name: done.suggestedFilename(), bytes: await readFile(await done.path()) };
  }

  /** Answers a question. */
  async answer(title: string, action: string): Promise<void> {
    const dialog = this.page.getByRole("dialog", { name: title });
    await dialog.getByRole("button", { name: action, exact: true }).click();
    await expect(dialog).toHaveCount(0);
  }

  /** Opens the editor on a file of the folder that is shown. */
  async edit(name: string): Promise<Locator> {
    await this.row(name).dblclick();
    return this.page.getByRole("textbox", { name: /^Content of / });
  }

  /** Drops files and folders of this computer onto the panel. */
  async drop(...paths: string[]): Promise<void> {
    const box = await this.element.boundingBox();
    if (!box) throw new Error("the panel is not shown");
    const session = await this.page.context().newCDPSession(this.page);
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      await session.send("Input.dispatchDragEvent", { type, ...at, data });
    }
    await session.detach();
  }
}
