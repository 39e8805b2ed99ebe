/**
 * Playwright's `test` and `expect`, for specs that run in WebKit too. Playwright drives a WebKit of its own,
 * which is changed for it; the tests have Debian's, by WebDriver, behind the same fixtures.
 */
import {
  type Browser,
  type BrowserContext,
  test as base,
  expect as playwrightExpect,
} from "@playwright/test";
import { WebKitBrowser } from "./webkit/browser.ts";
import { ElementAssertions } from "./webkit/expect.ts";
import { WebKitLocator } from "./webkit/locator.ts";
import type { WebKitStorage } from "./webkit/session.ts";

/** Why a test that counts requests or loads is left out in WebKit. */
export const NO_EVENTS = "WebDriver does not tell of requests and loads";

type EngineBrowser = Browser | WebKitBrowser;

export interface EngineOptions {
  /** Whether programs of WebAssembly can run: they wait by shared memory, or by JSPI. */
  canRunPrograms: boolean;
  /** What WebKit lets sites keep, where it is not what Safari does. */
  webkitStorage: WebKitStorage;
}

export const test = base.extend<EngineOptions, { engine: EngineBrowser }>({
  canRunPrograms: [true, { option: true }],
  webkitStorage: [{}, { option: true }],
  engine: [
    async ({ browserName, playwright }, use) => {
      const engine =
        browserName === "webkit"
          ? await WebKitBrowser.launch(programs())
          : await playwright[browserName].launch();
      await use(engine);
      await engine.close();
    },
    { scope: "worker" },
  ],
  context: async ({ engine, baseURL, viewport, webkitStorage }, use, info) => {
    if (!(engine instanceof WebKitBrowser)) {
      // With what the configuration says.
      const context = await engine.newContext();
      await use(context);
      await context.close();
      return;
    }
    const context = await engine.newContext({ baseURL, viewport, storage: webkitStorage });
    await use(context as unknown as BrowserContext);
    if (info.status !== info.expectedStatus)
      await context.screenshot(info.outputPath("failed.png"));
    await context.close();
  },
});

export const expect = new Proxy(playwrightExpect, {
  apply: (target, self, [actual, ...rest]) =>
    actual instanceof WebKitLocator
      ? new ElementAssertions(actual)
      : Reflect.apply(target, self, [actual, ...rest]),
});

function programs() {
  return {
    gjs: process.env["TABNIX_WEBKIT_GJS"] ?? "",
    driver: process.env["TABNIX_WEBKIT_DRIVER"] ?? "",
    screen: process.env["TABNIX_WEBKIT_SCREEN"] ?? "",
  };
}
