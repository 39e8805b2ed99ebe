/** The page while its program is not there yet, or does not come. */
import type { Page } from "@playwright/test";
import { expect, test } from "./support/engines.ts";

const PROGRAM = "**/assets/index-*.js";
const MANIFEST = "**/images/tiny/manifest.json";

/** Keeps what has such an address from arriving. @returns lets it */
async function hold(page: Page, address: string): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(address, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

function loading(page: Page): Promise<unknown> {
  return page.goto("./?image=tiny", { waitUntil: "commit" });
}

test("the page is there before its program, in the visitor's colours and where it stays", async ({
  page,
}) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto("./licences.txt");
  await page.evaluate(() => localStorage.setItem("tabnix.settings", '{"theme":"light"}'));
  const releaseProgram = await hold(page, PROGRAM);
  const releaseManifest = await hold(page, MANIFEST);
  await loading(page);
  await expect(page.getByRole("status")).toHaveText("Loading the page");
  // The style sheet may come after the text.
  const isLight = () =>
    expect(page.locator(".screen")).toHaveCSS("background-color", "rgb(253, 252, 249)");
  await isLight();
  const places = () =>
    Promise.all(
      [
        ".wordmark",
        ".boot-image",
        "progress",
        ".boot-stage",
        ".boot-steps",
        ".header",
        ".status-bar",
      ].map(async (part) => [
        part,
        await page
          .locator(part)
          .boundingBox()
          .then((box) => box?.y),
      ]),
    );
  const before = await places();
  releaseProgram();
  await expect(page.getByRole("status")).toHaveText("Looking up the image");
  expect(await places()).toEqual(before);
  await isLight();
  releaseManifest();
});

test("a program that does not come is told of", async ({ page }) => {
  await page.route(PROGRAM, (route) => route.abort());
  await loading(page);
  await expect(page.getByRole("status")).toHaveText(
    "Tabnix could not be loaded. Check the connection, and load the page again.",
  );
  await expect(page.getByRole("progressbar")).toBeHidden();
});

test("a program that the browser does not understand is told of", async ({ page }) => {
  await page.route(PROGRAM, (route) =>
    route.fulfill({ contentType: "text/javascript", body: "a syntax of later years" }),
  );
  await loading(page);
  await expect(page.getByRole("status")).toHaveText(
    /^Tabnix does not run in this browser: .*SyntaxError/,
  );
});
