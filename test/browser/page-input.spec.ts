import { type CDPSession, devices, expect, type Page } from "@playwright/test";
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";
import { terminalText, test } from "./support/scripted-page.ts";

/** An input method of the browser itself, so that events come as they do on a device. */
async function inputMethod(page: Page): Promise<{
  compose(text: string): Promise<void>;
  commit(text: string): Promise<void>;
}> {
  const client: CDPSession = await page.context().newCDPSession(page);
  return {
    compose: async (text) => {
      const { length } = text;
      const range = { selectionStart: length, selectionEnd: length };
      await client.send("Input.imeSetComposition", { text, ...range });
    },
    commit: async (text) => {
      await client.send("Input.insertText", { text });
    },
  };
}

/** Replaces the last `count` characters that were typed, as autocorrection does. */
async function replaceLast(page: Page, count: number, text: string): Promise<void> {
  await page.locator(".xterm-helper-textarea").evaluate(
    (field, { count, text }) => {
      const textarea = field as HTMLTextAreaElement;
      const { length } = textarea.value;
      const init = { inputType: "insertReplacementText", data: text, bubbles: true };
      textarea.dispatchEvent(new InputEvent("beforeinput", { ...init, cancelable: true }));
      textarea.setRangeText(text, length - count, length, "end");
      textarea.dispatchEvent(new InputEvent("input", init));
    },
    { count, text },
  );
}

/** Deletes backwards through the browser's editor, as a phone's backspace does. */
async function deleteBackward(page: Page): Promise<void> {
  await page.evaluate(() => document.execCommand("delete"));
}

test.describe("with a keyboard on a desk", () => {
  test("keys reach the shell as they are, Ctrl+C, Tab and Escape too", async ({
    page,
    openScripted,
  }) => {
    await openScripted();
    await page.keyboard.type("a");
    for (const key of [
      "Control+c",
      "Control+d",
      "Tab",
      "Escape",
      "ArrowUp",
      "Alt+b",
      "Backspace",
    ]) {
      await page.keyboard.press(key);
    }
    await expect
      .poll(() => terminalText(page))
      .toBe(String.raw`$ "a" "\u0003" "\u0004" "\t" "\u001b" "\u001b[A" "\u001bb" "\u007f"`);
  });

  test("a composition is shown at the cursor and sent when it ends", async ({
    page,
    openScripted,
  }) => {
    await openScripted();
    const { compose, commit } = await inputMethod(page);
    await compose("n");
    await compose("に");
    await expect(page.locator(".composition")).toHaveText("に");
    await expect.poll(() => terminalText(page)).toBe("$");
    await commit("日本");
    await expect.poll(() => terminalText(page)).toBe('$ "日本"');
    await expect(page.locator(".composition")).toBeHidden();
    await commit("🦊");
    await expect.poll(() => terminalText(page)).toBe('$ "日本" "🦊"');
  });

  test("a composition that is given up sends nothing", async ({ page, openScripted }) => {
    await openScripted();
    const { compose } = await inputMethod(page);
    await compose("にほ");
    await compose("");
    await page.keyboard.type("x");
    await expect.poll(() => terminalText(page)).toBe('$ "x"');
  });

  test("in screen-reader mode each key is sent once", async ({ page, openScripted }) => {
    await page.addInitScript(() => {
      localStorage.setItem("tabnix.settings", JSON.stringify({ screenReader: true }));
    });
    await openScripted();
    const { commit } = await inputMethod(page);
    await page.keyboard.type("ab");
    await commit("🦊");
    await page.keyboard.type("c");
    await expect.poll(() => terminalText(page)).toBe('$ "a" "b" "🦊" "c"');
  });
});

test.describe("with a keyboard on the screen", () => {
  const { defaultBrowserType: _, ...phone } = devices["Pixel 7"];
  test.use(phone);

  test("each letter of a composed word is typed at once", async ({ page, openScripted }) => {
    await openScripted();
    const { compose, commit } = await inputMethod(page);
    await compose("l");
    await expect.poll(() => terminalText(page)).toBe('$ "l"');
    await compose("ls");
    await commit("ls");
    await commit(" ");
    await expect.poll(() => terminalText(page)).toBe('$ "l" "s" " "');
  });

  test("a prediction replaces what was composed", async ({ page, openScripted }) => {
    await openScripted();
    const { compose, commit } = await inputMethod(page);
    await compose("gti");
    await commit("git ");
    await expect.poll(() => terminalText(page)).toBe(String.raw`$ "gti" "\u007f\u007f" "it "`);
  });

  test("autocorrection replaces a word that was typed before", async ({ page, openScripted }) => {
    await openScripted();
    const { commit } = await inputMethod(page);
    await commit("teh");
    await replaceLast(page, 3, "the");
    await expect.poll(() => terminalText(page)).toBe(String.raw`$ "teh" "\u007f\u007f" "he"`);
  });

  test("backspace deletes, also what was typed before the field was emptied", async ({
    page,
    openScripted,
  }) => {
    await openScripted();
    const { commit } = await inputMethod(page);
    await commit("a");
    for (let i = 0; i < 3; i += 1) await deleteBackward(page);
    await expect.poll(() => terminalText(page)).toBe(String.raw`$ "a" "\u007f" "\u007f" "\u007f"`);
  });

  test("several lines arrive as one paste", async ({ page, openScripted }) => {
    await openScripted();
    const { commit } = await inputMethod(page);
    await commit("echo 1\necho 2");
    await expect.poll(() => terminalText(page)).toBe(String.raw`$ "echo 1\recho 2"`);
  });

  test("the Enter of a keyboard that only edits text ends the line", async ({
    page,
    openScripted,
  }) => {
    await openScripted();
    const { compose, commit } = await inputMethod(page);
    await compose("notice");
    await commit("notice");
    await page.evaluate(() => document.execCommand("insertLineBreak"));
    await expect(page.getByText("/usr/bin/less is damaged.")).toBeVisible();
    await expect.poll(() => terminalText(page)).toBe('$ "notice" "\\r"\n$');
  });

  test("a drag scrolls the terminal", async ({ page, openScripted }) => {
    await openScripted();
    const host = page.locator(".terminal-host");
    const top = () =>
      host.evaluate((element) => (element as TerminalHost).terminal.buffer.active.viewportY);
    await host.evaluate(
      (element) =>
        new Promise<void>((resolve) => {
          (element as TerminalHost).terminal.write("line\r\n".repeat(200), resolve);
        }),
    );
    const bottom = await top();
    const client = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", y?: number) =>
      client.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: y === undefined ? [] : [{ x: 100, y }],
      });
    const drag = async (): Promise<void> => {
      await touch("touchStart", 200);
      for (let y = 220; y <= 400; y += 20) await touch("touchMove", y);
      await touch("touchEnd");
    };
    await drag();
    await expect.poll(top).toBeLessThan(bottom);
    // A full-screen program gets cursor keys instead.
    await host.evaluate((element) => (element as TerminalHost).terminal.write("\x1b[?1049h\x1b[H"));
    await drag();
    await expect.poll(() => terminalText(page)).toMatch(/^("\\u001b\[A" )*"\\u001b\[A"$/);
  });

  test("a finger that rests selects a word, and more as it is dragged on", async ({
    page,
    openScripted,
  }) => {
    await openScripted();
    const host = page.locator(".terminal-host");
    // The second line is longer than the screen is wide.
    const long = `/a/path/${"longer/".repeat(12)}end`;
    const text = `one two-three four\r\n${long} five\r\nsix`;
    await host.evaluate(
      (element, written) =>
        new Promise<void>((resolve) => {
          const { terminal } = element as TerminalHost;
          terminal.reset();
          terminal.write(written, resolve);
        }),
      text,
    );
    const selection = () =>
      host.evaluate((element) => (element as TerminalHost).terminal.getSelection());
    const client = await page.context().newCDPSession(page);
    /** At the middle of a cell; without one the finger is lifted. */
    const touch = async (
      type: "touchStart" | "touchMove" | "touchEnd",
      cell?: [row: number, column: number],
    ) => {
      const at = await host.evaluate(
        (element, [row, column]) => {
          const { cols, rows } = (element as TerminalHost).terminal;
          const box = element.querySelector(".xterm-screen")?.getBoundingClientRect() as DOMRect;
          const x = box.left + ((column + 0.5) * box.width) / cols;
          return { x, y: box.top + ((row + 0.5) * box.height) / rows };
        },
        cell ?? ([0, 0] as const),
      );
      await client.send("Input.dispatchTouchEvent", { type, touchPoints: cell ? [at] : [] });
    };
    const menu = page.getByRole("toolbar", { name: "Selection" });
    await touch("touchStart", [0, 6]);
    await expect.poll(selection).toBe("two-three");
    await expect(menu).toBeHidden();
    await touch("touchMove", [0, 16]);
    await expect.poll(selection).toBe("two-three fou");
    await touch("touchMove", [0, 1]);
    await expect.poll(selection).toBe("ne two-three");
    await touch("touchEnd");
    await menu.getByRole("button", { name: "Copy" }).tap();
    await expect(menu).toBeHidden();
    expect(await selection()).toBe("");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("ne two-three");
    // A word goes on in the next row.
    await touch("touchStart", [1, 3]);
    await expect.poll(selection).toBe(long);
    await touch("touchEnd");
    await menu.getByRole("button", { name: "Select all" }).tap();
    expect(await selection()).toContain(`one two-three four\n${long} five\nsix`);
    await expect(menu).toBeVisible();
    // A tap elsewhere is for the terminal.
    await touch("touchStart", [6, 3]);
    await touch("touchEnd");
    await expect.poll(selection).toBe("");
    await expect(menu).toBeHidden();
  });

  test("Ctrl and Alt of the key bar hold for one letter of the soft keyboard", async ({
    page,
    openScripted,
  }) => {
    await openScripted();
    const { compose, commit } = await inputMethod(page);
    const control = page.getByRole("button", { name: "Ctrl" });
    await control.tap();
    await expect(control).toHaveAttribute("aria-pressed", "true");
    await compose("c");
    await expect(control).toHaveAttribute("aria-pressed", "false");
    await commit("c");
    await page.getByRole("button", { name: "Alt" }).tap();
    await commit("b");
    await expect.poll(() => terminalText(page)).toBe(String.raw`$ "\u0003" "\u001bb"`);
  });

  test("keys of the key bar, with and without modifiers, keep the focus in the terminal", async ({
    page,
    openScripted,
  }) => {
    await openScripted();
    const bar = page.getByRole("toolbar", { name: "Keys" });
    const tap = (name: string) => bar.getByRole("button", { name, exact: true }).tap();
    for (const name of ["Esc", "Tab", "Up", "Left", "/", "|"]) await tap(name);
    await tap("Ctrl");
    await tap("Right");
    await expect
      .poll(() => terminalText(page))
      .toBe(String.raw`$ "\u001b" "\t" "\u001b[A" "\u001b[D" "/" "|" "\u001b[1;5C"`);
    await expect(page.locator(".xterm-helper-textarea")).toBeFocused();
    await page.evaluate(() => navigator.clipboard.writeText("two\nlines"));
    await tap("Paste");
    await expect.poll(() => terminalText(page)).toContain(String.raw`"two\rlines"`);
  });

  test("the page fits a phone, also while its keyboard is open", async ({ page, openScripted }) => {
    await openScripted();
    const { width } = page.viewportSize() ?? { width: 0 };
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBe(width);
    await page.setViewportSize({ width, height: 420 });
    await expect(page.locator(".status-bar")).toBeInViewport({ ratio: 1 });
    await expect.poll(() => terminalText(page)).toMatch(/^\$ <\d+ rows, \d+ columns>$/);
  });
});
