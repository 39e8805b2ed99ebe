/** Whole images that are kept for when there is no network: on a plain host, which goes away. */
import { expect, type Locator, type Page } from "@playwright/test";
import { fact, test, visit } from "./support/hosted-page.ts";

async function openImages(page: Page): Promise<Locator> {
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("menuitem", { name: "Images…" }).click();
  return page.getByRole("dialog", { name: "Images" });
}

const rowOf = (dialog: Locator, image: string) => dialog.getByRole("group", { name: image });

test("an image that was never opened is kept, repaired, used without a network, and removed", async ({
  page,
  host,
}) => {
  const shell = await visit(page, host);
  await expect.poll(() => fact(page, "Offline")).toBe("ready");
  const dialog = await openImages(page);
  await expect(rowOf(dialog, "tiny")).toContainText("tiny (open)");
  await expect(rowOf(dialog, "base").locator("small").last()).toHaveText(/^\d+(\.\d)? MB$/);
  await rowOf(dialog, "base").getByRole("button", { name: "Keep offline" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.locator(".transfer-title")).toHaveText("Keeping all of base");
  await expect(page.locator(".notice")).toHaveText(
    /All of base is kept in this browser\. It starts without a network\./,
  );
  const again = await openImages(page);
  await expect(rowOf(again, "base")).toContainText("All of it is kept: ");
  await expect(rowOf(again, "base").getByRole("button")).toHaveText(["Remove"]);
  await page.keyboard.press("Escape");

  // What the browser throws away is fetched again, by the next page that has a network.
  await page.evaluate(async () => {
    const cache = await caches.open("tabnix-store");
    for (const request of (await cache.keys()).slice(0, 20)) await cache.delete(request);
  });
  await page.reload();
  await shell.prompt();
  await expect(page.locator(".notice")).toHaveText(/All of base is kept again\./);

  await host.stop();
  await page.goto(`${host.url}?image=base`);
  await shell.prompt();
  expect(await shell.output("find /usr/bin -type f -exec md5sum {} + | grep -c ^")).toMatch(
    /^\d+$/,
  );
  expect(await shell.output("git --version")).toMatch(/^git version /);

  await page.goto(`${host.url}?image=tiny`);
  await shell.prompt();
  const last = await openImages(page);
  await rowOf(last, "base").getByRole("button", { name: "Remove" }).click();
  await page
    .getByRole("dialog", { name: "Remove base?" })
    .getByRole("button", { name: "Remove" })
    .click();
  await expect(rowOf(last, "base").getByRole("button")).toHaveText(["Keep offline"]);
});
