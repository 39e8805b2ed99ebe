/** A browser in which frames of other sites may store something: no private window, and told so. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LaunchOptions, Page, PlaywrightWorkerArgs } from "@playwright/test";

/** Chromium's, of which Debian's has another opinion than others: 0 blocks nothing. */
const PREFERENCES = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } };

/** Opens a page of a profile of its own, and throws both away. */
export async function withProfile(
  playwright: PlaywrightWorkerArgs["playwright"],
  launchOptions: LaunchOptions,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tabnix-profile-"));
  await mkdir(join(folder, "Default"));
  await writeFile(join(folder, "Default", "Preferences"), JSON.stringify(PREFERENCES));
  const context = await playwright.chromium.launchPersistentContext(folder, launchOptions);
  try {
    await use(await context.newPage());
  } finally {
    await context.close();
    await rm(folder, { recursive: true });
  }
}
