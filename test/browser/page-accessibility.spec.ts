/** Every state of the page obeys the rules for accessible pages, in both themes, on a desk and as small as a phone. */
import { expect } from "@playwright/test";
import { colorViolations, violations } from "./support/axe.ts";
import { STATES } from "./support/page-states.ts";
import { test } from "./support/scripted-page.ts";

const PHONE = { width: 390, height: 844 };
/** `--chrome` of src/styles/tokens.css. */
const DARK = "rgb(23, 30, 37)";

// Colours on their way from one to another would be neither.
test.use({ contextOptions: { reducedMotion: "reduce" } });

for (const [name, reach] of Object.entries(STATES)) {
  test(`no rule is broken by ${name}`, async ({ page, scriptedUrl, openScripted }) => {
    // A finger would bring it, and larger buttons, which are easier to have.
    await page.addInitScript(() => {
      localStorage.setItem("tabnix.settings", JSON.stringify({ keyBar: "shown" }));
    });
    await page.emulateMedia({ colorScheme: "light" });
    await reach({ page, scriptedUrl, openScripted });
    // axe takes the page, which is fixed to the window, for a dialog, and asks these two of none.
    await expect(page.getByRole("main")).toHaveCount(1);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    await expect(page.locator("body")).toHaveCSS("background-color", DARK);
    expect(await colorViolations(page)).toEqual([]);
    await page.setViewportSize(PHONE);
    expect(await violations(page)).toEqual([]);
  });
}
