import { expect } from "@playwright/test";
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";
import { print, terminalText, test } from "./support/scripted-page.ts";

test("two terminals on one machine, by keyboard", async ({ page, openScripted }) => {
  await openScripted();
  await page.keyboard.type("1");
  await page.keyboard.press("Control+Shift+Enter");
  await page.keyboard.type("2");
  const tabs = page.getByRole("tab");
  await expect(tabs).toHaveText(["Shell 1", "Shell 2"]);
  await expect.poll(() => terminalText(page)).toBe('$ "2"');
  await page.keyboard.press("Control+Shift+ArrowLeft");
  await expect.poll(() => terminalText(page)).toBe('$ "1"');
  await page.keyboard.press("Control+Shift+Digit2");
  await expect(tabs.nth(1)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Control+Shift+X");
  await expect(tabs.nth(1)).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(tabs.nth(0)).toBeFocused();
  await page.keyboard.press("Delete");
  await expect(tabs).toHaveText(["Shell 2"]);
  await page.keyboard.press("Enter");
  await page.keyboard.type("3");
  await expect.poll(() => terminalText(page)).toBe('$ "2" "3"');
});

test("the last terminal closed leaves a way to open another", async ({ page, openScripted }) => {
  await openScripted();
  await page.locator(".tab-close").click();
  await expect(page.getByText("No terminal is open.")).toBeVisible();
  await page.locator(".no-terminal").getByRole("button", { name: "New terminal" }).click();
  await expect.poll(() => terminalText(page)).toBe("$");
});

test("a machine that gives no more terminals says so", async ({ page, openScripted }) => {
  await openScripted({ terminals: 1 });
  await page.getByRole("button", { name: "New terminal" }).click();
  const notices = page.getByRole("region", { name: "Notices" });
  await expect(notices.locator("p")).toHaveText([
    "The machine gives no more terminals.",
    "Close one.",
  ]);
  await expect(page.getByRole("tab")).toHaveText(["Shell 1"]);
  await notices.getByRole("button", { name: "Dismiss" }).click();
  await expect(notices).toBeEmpty();
});

test("a shell that ends tells its status, and Enter opens a new one", async ({
  page,
  openScripted,
}) => {
  await openScripted();
  await page.keyboard.insertText("exit 3");
  await page.keyboard.press("Enter");
  const ended = [
    String.raw`$ "exit 3" "\r"`,
    "$",
    "[process ended with status 3 — press Enter to open a new one]",
  ];
  await expect.poll(() => terminalText(page)).toBe(ended.join("\n"));
  await page.keyboard.press("Enter");
  await expect.poll(() => terminalText(page)).toBe([...ended, "$"].join("\n"));
});

test("the title that a program sets names the tab and the page", async ({ page, openScripted }) => {
  await openScripted();
  await print(page, "\x1b]2;vim notes\x07");
  await expect(page.getByRole("tab")).toHaveText(["vim notes"]);
  await expect(page).toHaveTitle("vim notes — Tabnix");
});

for (const [card, canvases] of [
  ["ANGLE (Vulkan, SwiftShader driver)", 0],
  ["ANGLE (A maker, a graphics card)", 1],
] as const) {
  test(`draws by WebGL only with a graphics card: ${card}`, async ({ page, openScripted }) => {
    // Test machines have no card: the name is all that a page can see of one.
    await page.addInitScript((name) => {
      const { prototype } = WebGL2RenderingContext;
      const { getParameter } = prototype;
      prototype.getParameter = function (parameter) {
        const UNMASKED_RENDERER_WEBGL = 0x9246;
        return parameter === UNMASKED_RENDERER_WEBGL ? name : getParameter.call(this, parameter);
      };
    }, card);
    await openScripted();
    await print(page, "drawn");
    await expect.poll(() => terminalText(page)).toBe("$ drawn");
    await expect(page.locator(".xterm-screen > canvas:not(.xterm-link-layer)")).toHaveCount(
      canvases,
    );
  });
}

test("find shows its hits and closes back into the terminal", async ({ page, openScripted }) => {
  await openScripted();
  await print(page, "one two\r\ntwo three\r\nTWO\r\n");
  await page.keyboard.press("Control+Shift+F");
  const count = page.locator(".find-count");
  await page.keyboard.type("two");
  await expect(count).toHaveText("1 of 3");
  await page.keyboard.press("Enter");
  await expect(count).toHaveText("2 of 3");
  await page.getByRole("button", { name: "Match case" }).click();
  await expect(count).toHaveText(/of 2$/);
  await page.getByRole("searchbox").fill("nothing");
  await expect(count).toHaveText("No match");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("search")).toBeHidden();
  await expect(page.locator(".xterm-helper-textarea")).toBeFocused();
});

test("copy and paste, bracketed when the program asks", async ({ page, openScripted }) => {
  await openScripted();
  await print(page, "\x1b[2J\x1b[Hcopied\x1b[?2004h");
  await page.locator(".xterm-screen").dblclick({ position: { x: 20, y: 10 } });
  await page.keyboard.press("Control+Shift+C");
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("copied");
  await page.keyboard.press("Control+Shift+V");
  await expect
    .poll(() => terminalText(page))
    .toBe(String.raw`copied"\u001b[200~copied\u001b[201~"`);
});

test("a program may set the clipboard but not read it", async ({ page, openScripted }) => {
  await openScripted();
  await page.evaluate(() => navigator.clipboard.writeText("secret"));
  await print(page, `\x1b]52;c;?\x07\x1b]52;c;${btoa("from the guest")}\x07`);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(clipboard).toBe("from the guest");
  await expect.poll(() => terminalText(page)).toBe(String.raw`$ "\u001b]52;c;\u0007"`);
});

test("resizing the window resizes the terminal", async ({ page, openScripted }) => {
  await openScripted();
  await page.setViewportSize({ width: 800, height: 500 });
  await expect.poll(() => terminalText(page)).toMatch(/^\$ (<\d+ rows, \d+ columns> ?)+$/);
  const fits = await page.locator(".terminal-host").evaluate((host) => {
    const { rows, cols } = (host as TerminalHost).terminal;
    return { rows, cols };
  });
  await expect
    .poll(() => terminalText(page))
    .toMatch(new RegExp(`<${fits.rows} rows, ${fits.cols} columns>$`));
});
