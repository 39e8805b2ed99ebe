/** The terminal as a screen reader finds it, and the ways of the keyboard in and out of it. */
import { expect, type Page } from "@playwright/test";
import { violations } from "./support/axe.ts";
import { print, terminalText, test } from "./support/scripted-page.ts";

/** What xterm announces of one burst of output, in lines; then it says that there is more. */
const ANNOUNCED_LINES = 20;

const terminalList = (page: Page) => page.locator(".panel:not([hidden])").getByRole("list");
const announced = (page: Page) => page.locator(".panel:not([hidden]) [aria-live='assertive']");

test.describe("with the screen reader's mode", () => {
  test.beforeEach(async ({ page }) => {
    await page.addInitScript(() => {
      localStorage.setItem("tabnix.settings", JSON.stringify({ screenReader: true }));
    });
  });

  test("output is a list of rows in their order, and every row knows its place", async ({
    page,
    openScripted,
  }) => {
    await openScripted();
    await print(page, "\r\nplain\r\n\x1b[1;31mred\x1b[0m and \x1b[7mreverse\x1b[0m\r\nlast");
    const list = terminalList(page);
    await expect(list).toMatchAriaSnapshot(`
      - list:
        - listitem: $
        - listitem: plain
        - listitem: red and reverse
        - listitem: last
    `);
    const rows = await list.getByRole("listitem").count();
    await print(page, Array.from({ length: 2 * rows }, (_, i) => `\r\nline ${i}`).join(""));
    const items = list.getByRole("listitem");
    await expect(items.last()).toHaveText(`line ${2 * rows - 1}`);
    // Four lines were there before; the list has the part of them that is shown.
    const all = 4 + 2 * rows;
    const places = await items.evaluateAll((elements) =>
      elements.map(({ textContent, ariaPosInSet, ariaSetSize }) => [
        textContent,
        Number(ariaPosInSet),
        Number(ariaSetSize),
      ]),
    );
    expect(places).toEqual(
      Array.from({ length: rows }, (_, i) => [`line ${rows + i}`, all - rows + i + 1, all]),
    );
  });

  test("new output is announced, the next key ends that, and a flood is cut short", async ({
    page,
    openScripted,
  }) => {
    await openScripted();
    await print(page, "\r\nfirst\r\n\x1b[32msecond\x1b[0m\r\n");
    await expect(announced(page)).toHaveText(/first\s+second\s*$/);
    await page.keyboard.press("a");
    await expect(announced(page)).not.toContainText("first");
    await expect(announced(page)).toContainText('"a"');
    await page.keyboard.press("b");
    await expect(announced(page)).not.toContainText('"a"');
    const flood = Array.from({ length: 2 * ANNOUNCED_LINES }, (_, i) => `\r\nline ${i} of many`);
    await print(page, flood.join(""));
    await expect(announced(page)).toContainText(`line ${ANNOUNCED_LINES - 1} of many`);
    await expect(announced(page)).toContainText("Too much output to announce");
    await expect(announced(page)).not.toContainText(`line ${ANNOUNCED_LINES + 1} of many`);
  });

  test("nothing of it breaks a rule", async ({ page, openScripted }) => {
    await openScripted();
    await print(page, "\r\n\x1b[33myellow\x1b[0m");
    await expect(announced(page)).toContainText("yellow");
    expect(await violations(page)).toEqual([]);
  });
});

test("what is drawn is not read a second time", async ({ page, openScripted }) => {
  await openScripted();
  await print(page, "drawn");
  await expect.poll(() => terminalText(page)).toBe("$ drawn");
  await expect(page.getByRole("tabpanel")).toMatchAriaSnapshot(`
    - tabpanel "Shell 1":
      - /children: equal
      - textbox "Terminal input"
  `);
});

test.describe("with less motion", () => {
  test.use({ contextOptions: { reducedMotion: "reduce" } });

  test("the terminal has the focus as soon as it is shown", async ({ page, openScripted }) => {
    await openScripted();
    await page.keyboard.type("a");
    await expect.poll(() => terminalText(page)).toBe('$ "a"');
  });
});

test("Tab is the shell's; the way out is told, and leads to everything", async ({
  page,
  openScripted,
}) => {
  await openScripted();
  const terminal = page.getByRole("textbox", { name: "Terminal input" });
  await expect(terminal).toBeFocused();
  await expect(terminal).toHaveAccessibleDescription(/Ctrl\+Shift\+X leaves the terminal/);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Shift+Tab");
  await expect.poll(() => terminalText(page)).toBe(String.raw`$ "\t" "\u001b[Z"`);
  await expect(terminal).toBeFocused();
  await page.keyboard.press("Control+Shift+X");
  const tab = page.getByRole("tab", { name: "Shell 1" });
  await expect(tab).toBeFocused();
  for (const name of ["New terminal", "Preview", "Files", "Find", "Settings", "Help", "Menu"]) {
    await page.keyboard.press("Tab");
    await expect(page.getByRole("button", { name, exact: true })).toBeFocused();
  }
  await page.keyboard.press("Tab");
  await expect(terminal).toBeFocused();
  await page.keyboard.press("Control+Shift+X");
  // Past the browser's own controls.
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await expect(page.locator(".status-bar")).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await expect(terminal).toBeFocused();
});
