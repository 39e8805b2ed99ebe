/** Live docs: every example on the page does what the page says, on a host that sends no headers. */
import { expect, type Locator } from "@playwright/test";
import { collectErrors, openBeside, test } from "./support/hosted-page.ts";
import { textOf } from "./support/scripted-page.ts";

const PROMPT = /\nroot@tabnix:\S+#$/;

/** What the machine of an element or a frame has printed last, in as many lines as are expected. */
async function printed(terminal: Locator, lines: number): Promise<string> {
  const text = await textOf(terminal);
  if (!PROMPT.test(text)) return `no prompt yet: ${text}`;
  return text.replace(PROMPT, "").split("\n").slice(-lines).join("\n");
}

/** Whether the code that is shown makes what is live, but for what elements do to themselves. */
function isWhatRuns(example: Locator): Promise<boolean> {
  return example.evaluate((figure) => {
    const shown = document.createElement("template");
    shown.innerHTML = figure.querySelector("code")?.textContent ?? "";
    const live = figure.querySelector(".live")?.cloneNode(true) as HTMLElement;
    for (const styled of live.querySelectorAll("[style]")) styled.removeAttribute("style");
    return shown.innerHTML.trim() !== "" && shown.innerHTML.trim() === live.innerHTML.trim();
  });
}

/** Starts an example as its reader would, and waits until it has printed what the page says. */
async function tryIt(example: Locator, errors: readonly string[]): Promise<void> {
  const expected = (await example.getAttribute("data-expect")) ?? "";
  expect(expected).not.toBe("");
  await example.scrollIntoViewIfNeeded();
  const output = example.locator("output");
  if ((await output.count()) > 0) {
    await example.locator(".live").getByRole("button").click();
    await expect
      .poll(async () => {
        expect(errors).toEqual([]);
        return output.evaluate((element) => (element as HTMLOutputElement).value.trimEnd());
      })
      .toBe(expected);
    return;
  }
  const element = example.locator("iframe");
  const { searchParams } = new URL(
    await element.evaluate((frame) => (frame as HTMLIFrameElement).src),
  );
  const frame = element.contentFrame();
  if (searchParams.get("start") === "click") {
    await frame.getByRole("button", { name: "Start" }).click();
  }
  const lines = expected.split("\n").length;
  await expect.poll(() => printed(frame.locator(".terminal-host"), lines)).toBe(expected);
  const theme = searchParams.get("theme");
  if (theme !== null) await expect(frame.locator("html")).toHaveAttribute("data-theme", theme);
}

// Its tests share nothing.
test.describe.configure({ mode: "parallel" });

/** Each a test, which run beside each other: which of so many examples is in which. */
const HALVES = {
  first: (index: number, count: number) => index < count / 2,
  second: (index: number, count: number) => index >= count / 2,
};

for (const [half, isTried] of Object.entries(HALVES)) {
  test(`every example prints what the page says, and the code that is shown is what runs: ${half} half`, async ({
    page,
    host,
  }) => {
    const errors = collectErrors(page);
    await openBeside(page, host, "docs");
    const names = await page
      .locator("[data-expect]")
      .evaluateAll((examples) => examples.map(({ id }) => id));
    const tried = names.filter((_name, index) => isTried(index, names.length));
    expect(tried).not.toEqual([]);
    for (const name of names) {
      const example = page.locator(`#${name}`);
      if (tried.includes(name)) {
        expect(await isWhatRuns(example), name).toBe(true);
        await test.step(name, () => tryIt(example, errors));
      }
      // Its machine goes with it.
      await example.evaluate((element) => element.remove());
    }
    // There is no machine on the page that is not an example's.
    await expect(page.locator("tab-nix, main iframe")).toHaveCount(0);
    expect(errors).toEqual([]);
  });
}

test("machines wait for their readers, and code is copied as it is", async ({ page, host }) => {
  await openBeside(page, host, "docs");
  const example = page.locator("#file");
  await example.getByRole("button", { name: "Copy" }).click();
  await expect(example.getByRole("button", { name: "Copied" })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^<tab-nix image="python"[\s\S]*<\/tab-nix>$/);
  // Of all, only the one at the top of the page runs.
  const running = () => page.frames().filter((frame) => frame.url().includes("start=now"));
  await expect.poll(() => running().length).toBe(1);
});
