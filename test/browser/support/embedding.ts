/** Pages of somebody else, with machines of a site in their frames. */
import type { Page } from "@playwright/test";
import { test as hosted } from "./hosted-page.ts";
import { ThirdParty } from "./third-party.ts";

export type Api = typeof import("../../../src/api/index.ts");

/** Playwright's test, with a site and a host of somebody else. */
export const test = hosted.extend<{ party: ThirdParty }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to find what a fixture uses.
  party: async ({}, use) => {
    const party = await ThirdParty.start();
    await use(party);
    await party.stop();
  },
});

export const HEAD = "<!doctype html><title>A page of somebody else</title>";

/** What a site sends that does not want to be isolated. */
export const NOT_ISOLATED = { "cross-origin-embedder-policy": "unsafe-none" };

/** Who drives frames from a module of the site has leave to load it. */
export const WITH_MODULE = { "access-control-allow-origin": "*" };

/** Shows one frame, and nothing else. */
export async function openFrame(page: Page, party: ThirdParty, src: string): Promise<void> {
  party.pages.set("/", `${HEAD}<iframe src="${src}" style="width: 600px; height: 300px"></iframe>`);
  await page.goto(party.url);
}
