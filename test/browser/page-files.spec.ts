/** What the file panel does by itself: keys, questions, the editor. Its files are real, and in memory. */
import { expect, type Page } from "@playwright/test";
import { FilePanel } from "./support/file-panel.ts";
import { test } from "./support/scripted-page.ts";

const button = (page: Page) => page.getByRole("button", { name: "Files", exact: true });

/** Makes a folder by its name. */
async function makeFolder(page: Page, panel: FilePanel, name: string): Promise<void> {
  await panel.tool("New folder").click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.keyboard.press("Enter");
  await expect(panel.row(name)).toBeVisible();
}

test("the panel opens by keyboard, and Escape gives the focus back to the terminal", async ({
  page,
  openScripted,
}) => {
  await openScripted();
  await expect(button(page)).toHaveAttribute("aria-expanded", "false");
  await button(page).press("Enter");
  const panel = new FilePanel(page);
  await panel.shows("/root");
  await expect(button(page)).toHaveAttribute("aria-expanded", "true");
  await expect(panel.element.getByRole("grid")).toBeFocused();
  await expect(panel.element.getByRole("status")).toHaveText("This folder is empty.");
  await page.keyboard.press("Escape");
  await expect(panel.element).toBeHidden();
  await expect(page.locator(".terminal-host textarea").first()).toBeFocused();
});

test("arrows, Enter and Backspace go through folders", async ({ page, openScripted }) => {
  await openScripted();
  const panel = await FilePanel.open(page);
  await panel.upload(
    { name: "file10", content: "" },
    { name: "file9", content: "" },
    { name: ".hidden", content: "" },
  );
  await makeFolder(page, panel, "folder");
  await expect(panel.names).toHaveText(["folder", ".hidden", "file9", "file10"]);
  await expect(panel.row("folder")).toBeFocused();
  await page.keyboard.press("End");
  await expect(panel.row("file10")).toBeFocused();
  await expect(panel.row("file10")).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowUp");
  await expect(panel.row("file9")).toBeFocused();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await panel.shows("/root/folder");
  await page.keyboard.press("Backspace");
  await panel.shows("/root");
  await expect(panel.row("folder")).toBeFocused();
  await page.keyboard.press("Backspace");
  await panel.shows("/");
  await expect(panel.row("root")).toBeFocused();
  await panel.row("root").dblclick();
  await panel.shows("/root");
  await panel.crumb("/").click();
  await panel.shows("/");
});

test("a name that is taken is told, or asked about", async ({ page, openScripted }) => {
  await openScripted();
  const panel = await FilePanel.open(page);
  await makeFolder(page, panel, "folder");
  await panel.tool("New folder").click();
  await page.getByLabel("Name", { exact: true }).fill("folder");
  await page.keyboard.press("Enter");
  await expect(page.locator(".notice")).toContainText("/root/folder exists already.");
  await panel.upload({ name: "a", content: "a" }, { name: "b", content: "bb" });
  await panel.row("a").click();
  for (const action of ["Cancel", "Replace"]) {
    await panel.tool("Rename").click();
    await page.getByLabel("Name", { exact: true }).fill("b");
    await page.keyboard.press("Enter");
    await panel.answer("Replace the file?", action);
  }
  await expect(panel.names).toHaveText(["folder", "b"]);
  await expect(panel.row("b")).toContainText("1 B");
  await panel.upload({ name: "b", content: "bbb" }, { name: "c", content: "c" });
  await expect(page.getByRole("dialog", { name: "Replace the file?" })).toContainText(
    "b is there already.",
  );
  await panel.answer("Replace the file?", "Replace");
  await expect(panel.row("b")).toContainText("3 B");
  await expect(panel.row("c")).toBeVisible();
});

test("the editor keeps what is not saved until the visitor gives it up", async ({
  page,
  openScripted,
}) => {
  await openScripted();
  const panel = await FilePanel.open(page);
  await panel.upload({ name: "dos.txt", content: "one\r\ntwo\r\n" });
  const field = await panel.edit("dos.txt");
  await expect(field).toHaveValue("one\ntwo\n");
  await field.fill("three\n");
  for (let i = 0; i < 2; i++) {
    await page.keyboard.press("Escape");
    await panel.answer("Close without saving?", "Cancel");
    await expect(field).toHaveValue("three\n");
  }
  await page.keyboard.press("Control+s");
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(field).toHaveCount(0);
  expect((await panel.download("dos.txt")).bytes.toString()).toBe("three\r\n");
  await panel.edit("dos.txt");
  await field.fill("lost");
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await panel.answer("Close without saving?", "Close without saving");
  await expect(field).toHaveCount(0);
});

test("the editor asks before it replaces what somebody else has written", async ({
  page,

  openScripted,
}) => {
  await openScripted();
  const panel = await FilePanel.open(page);
  await panel.upload({ name: "file", content: "mine" });
  const field = await panel.edit("file");
  await field.fill("edited");
  // The dialog covers the panel: somebody else is a drop that it still takes.
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["theirs"], "file"));
    const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector(".file-panel")?.dispatchEvent(drop);
  });
  await panel.answer("Replace the file?", "Replace");
  await expect(panel.row("file")).toContainText("6 B");
  await page.keyboard.press("Control+s");
  await panel.answer("Changed meanwhile", "Cancel");
  await expect(page.getByText("Not saved yet")).toBeVisible();
  await page.keyboard.press("Control+s");
  await panel.answer("Changed meanwhile", "Save all the same");
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  expect((await panel.download("file")).bytes.toString()).toBe("edited");
});

test("what is no text, or too much of it, is not opened", async ({ page, openScripted }) => {
  await openScripted();
  const panel = await FilePanel.open(page);
  await panel.upload(
    { name: "binary", content: Buffer.from([1, 0, 2]) },
    { name: "large", content: Buffer.alloc(1_048_577, "a") },
  );
  await panel.row("binary").dblclick();
  await expect(page.locator(".notice")).toContainText("/root/binary is not a text file.");
  await panel.row("large").dblclick();
  await expect(page.locator(".notice").last()).toContainText("/root/large is larger than 1.0 MB");
});

test("a file that is dragged away takes its content along", async ({ page, openScripted }) => {
  await openScripted();
  const panel = await FilePanel.open(page);
  await panel.upload({ name: "a:b.txt", content: "dragged" });
  await panel.row("a:b.txt").hover();
  await page.mouse.down();
  const dragged = () =>
    panel.row("a:b.txt").evaluate(async (row) => {
      const dataTransfer = new DataTransfer();
      row.dispatchEvent(new DragEvent("dragstart", { dataTransfer, cancelable: true }));
      const [type, name, ...address] = dataTransfer.getData("DownloadURL").split(":");
      const content = address.length > 0 ? await (await fetch(address.join(":"))).text() : "";
      return [type, name, content];
    });
  await expect.poll(dragged).toEqual(["application/octet-stream", "a_b.txt", "dragged"]);
  await page.mouse.up();
});

test("on a narrow screen the panel takes the place of the terminal, and two taps open", async ({
  browser,
  scriptedUrl,
}) => {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const page = await context.newPage();
  await page.goto(scriptedUrl);
  await page.locator('[data-showing="terminals"] .terminal-host').first().waitFor();
  const panel = await FilePanel.open(page);
  expect(await panel.element.boundingBox()).toMatchObject({ x: 0, width: 390 });
  await makeFolder(page, panel, "folder");
  await panel.crumb("/").tap();
  await panel.shows("/");
  await panel.row("root").tap();
  await panel.row("root").tap();
  await panel.shows("/root");
  await context.close();
});

test("a machine that is switched off closes the panel", async ({ page, openScripted }) => {
  await openScripted();
  const panel = await FilePanel.open(page);
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("menuitem", { name: "Power off" }).click();
  await expect(panel.element).toBeHidden();
  await expect(button(page)).toBeHidden();
});

test("a file that misses the panel does not replace the page", async ({ page, openScripted }) => {
  await openScripted();
  await FilePanel.open(page);
  const dropped = (target: string) =>
    page.locator(target).evaluate((element) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["x"], "missed"));
      const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
      return !element.dispatchEvent(drop);
    });
  expect(await dropped(".stage")).toBe(true);
  const panel = new FilePanel(page);
  expect(await dropped(".file-panel")).toBe(true);
  await expect(panel.names).toHaveText(["missed"]);
});
