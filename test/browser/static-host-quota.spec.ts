/** A browser that has no room for the app. */
import type { LaunchOptions, Page } from "@playwright/test";
import { expect } from "./support/engines.ts";
import { fact, test as hosted, openBeside, visit } from "./support/hosted-page.ts";
import { withProfile } from "./support/own-profile.ts";
import type { StaticHost } from "./support/static-host.ts";

/** What the browser keeps for the site at most: Firefox gives no less. The app and a small machine have room. */
const LIMIT_MIB = 10;
const LIMIT_BYTES = LIMIT_MIB * 1024 * 1024;
/** What something else of the site takes of it. */
const TAKEN_MIB = 6;

const test = hosted.extend<object, { launchOptions: LaunchOptions }>({
  launchOptions: [
    async ({ launchOptions }, use) => {
      const limit = { "dom.quotaManager.temporaryStorage.fixedLimit": LIMIT_MIB * 1024 };
      await use({ ...launchOptions, firefoxUserPrefs: limit });
    },
    { scope: "worker" },
  ],
  webkitStorage: { room: LIMIT_BYTES },
});

async function limitChromium(page: Page, url: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(url);
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: LIMIT_BYTES });
}

/** A visitor comes while there is no room, and again when there is. */
async function visitTwice(page: Page, host: StaticHost): Promise<void> {
  await openBeside(page, host, "gallery");
  await page.evaluate(async (mebibytes) => {
    const taken = await caches.open("taken");
    // Of what cannot be made smaller.
    const piece = new Uint8Array(64 * 1024);
    for (let number = 0; number < mebibytes * 16; number++) {
      await taken.put(`/taken/${number}`, new Response(crypto.getRandomValues(piece)));
    }
  }, TAKEN_MIB);
  const shell = await visit(page, host);
  await expect.poll(() => fact(page, "Offline")).toBe("not ready");
  expect(await shell.output("echo $((6 * 7))")).toBe("42");
  const write = `dd if=/dev/urandom of=/root/large bs=1M count=${LIMIT_MIB} conv=fsync`;
  expect(await shell.output(`${write} 2>&1 | grep -o 'No space.*'; rm /root/large; sync`)).toBe(
    "No space left on device",
  );
  await page.evaluate(() => caches.delete("taken"));
  await page.reload();
  await shell.prompt();
  await expect.poll(() => fact(page, "Offline")).toBe("ready");
  await shell.output("echo kept > /root/file; sync");
  // Firefox had kept empty files when it was full.
  await host.stop();
  await page.reload();
  await shell.prompt();
  expect(await shell.output("cat /root/file")).toBe("kept");
}

test("a browser without room for the app says so, the machine runs, and is kept when there is room", async ({
  page,
  host,
  browserName,
  playwright,
  launchOptions,
}) => {
  if (browserName !== "chromium") {
    await visitTwice(page, host);
    return;
  }
  // In private windows, which the driver's are, no file is too large.
  await withProfile(playwright, launchOptions, async (own) => {
    await limitChromium(own, host.url);
    await visitTwice(own, host);
  });
});
