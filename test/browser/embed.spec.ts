/** Machines in frames of pages on another host name. */
import { expect, type FrameLocator, type Locator, type Page } from "@playwright/test";
import { type Api, HEAD, NOT_ISOLATED, openFrame, test, WITH_MODULE } from "./support/embedding.ts";
import { withProfile } from "./support/own-profile.ts";
import { textOf } from "./support/scripted-page.ts";
import type { StaticHost } from "./support/static-host.ts";
import type { ThirdParty } from "./support/third-party.ts";

const ISOLATED = {
  page: {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  },
  site: {
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "cross-origin",
  },
};
/** The service worker adds what the host leaves open; the page around has to do nothing for it. */
const BARE = { page: {}, site: {} };
const PLAIN = { page: {}, site: NOT_ISOLATED };

/** What a frame shows before its machine starts. */
const POSTER = "A Linux computerImage tiny$ clearStart";

const frameIn = (element: Locator) => element.locator("iframe").contentFrame();

function demo(name: string): string {
  return `<tab-nix image="tiny" run="clear; cat text.txt" aria-label="${name}">
    <script type="text/plain" data-path="/root/text.txt">
file of ${name}
    </script>
  </tab-nix>`;
}

interface Visit {
  headers: typeof BARE | typeof ISOLATED | typeof PLAIN;
  isIsolated: boolean;
}

/** Opens a page with three demos, and looks at each. */
async function seeThree(
  page: Page,
  { headers, isIsolated }: Visit,
  { host, party }: { host: StaticHost; party: ThirdParty },
): Promise<void> {
  party.headers = headers.page;
  host.headers = headers.site;
  const names = ["first", "second", "third"];
  party.pages.set(
    "/",
    `${HEAD}<script src="${host.url}tab-nix.js"></script>${names.map(demo).join("")}`,
  );
  await page.goto(party.url);
  for (const name of names) {
    const element = page.locator(`tab-nix[aria-label="${name}"]`);
    await element.scrollIntoViewIfNeeded();
    const terminal = frameIn(element).locator(".terminal-host");
    await expect.poll(() => textOf(terminal)).toBe(`file of ${name}\nroot@tabnix:~#`);
    await expect(element.locator("iframe")).toHaveAttribute("title", name);
    expect(await terminal.evaluate(() => crossOriginIsolated)).toBe(isIsolated);
  }
}

// In private windows, which the driver's are, frames of other sites may store nothing.
for (const [how, visit] of Object.entries({
  "isolated by its host": { headers: ISOLATED, isIsolated: true },
  "not isolated": { headers: BARE, isIsolated: false },
})) {
  test(`a page on another host shows three demos at once, that may store nothing, ${how}`, async ({
    page,
    host,
    party,
  }) => {
    await seeThree(page, visit, { host, party });
  });
}

for (const [how, visit] of Object.entries({
  "isolated by the service worker": { headers: BARE, isIsolated: true },
  "not isolated": { headers: PLAIN, isIsolated: false },
})) {
  test(`a page on another host shows three demos at once, that may store, ${how}`, async ({
    playwright,
    launchOptions,
    host,
    party,
  }) => {
    await withProfile(playwright, launchOptions, (page) => seeThree(page, visit, { host, party }));
  });
}

test("an element is loaded when it is seen, as high as what it shows, and starts when it is told to", async ({
  page,
  host,
  party,
}) => {
  host.headers = NOT_ISOLATED;
  party.pages.set(
    "/",
    `${HEAD}<script src="${host.url}tab-nix.js"></script><div style="height: 300vh"></div>
    <tab-nix image="tiny" run="seq 100" start="click" theme="light"></tab-nix>`,
  );
  await page.goto(party.url);
  const element = page.locator("tab-nix");
  await expect(element).toHaveCSS("height", "320px");
  expect(host.requests.filter((path) => path !== "tab-nix.js")).toEqual([]);
  await element.scrollIntoViewIfNeeded();
  const frame = frameIn(element);
  await frame.getByRole("button", { name: "Start" }).click();
  await expect.poll(() => textOf(frame.locator(".terminal-host"))).toMatch(/\n100\n\S+#$/);
  await expect(element).toHaveCSS("height", "640px");
  await expect(frame.locator("html")).toHaveAttribute("data-theme", "light");
  await page.keyboard.type("echo typed $((6 * 7))\n");
  await expect.poll(() => textOf(frame.locator(".terminal-host"))).toMatch(/\ntyped 42\n\S+#$/);
});

test("a frame waits for its visitor, or until it is seen, as its address says", async ({
  page,
  host,
  party,
}) => {
  host.headers = NOT_ISOLATED;
  const frame = (start: string) =>
    `<p><iframe src="${host.url}embed.html?image=tiny&run=clear${start}"></iframe></p>`;
  party.pages.set(
    "/",
    `${HEAD}${frame("")}${frame("&start=visible")}<div style="height: 300vh"></div>${frame("&start=visible")}`,
  );
  await page.goto(party.url);
  const frames = [0, 1, 2].map((n) => page.locator("iframe").nth(n).contentFrame());
  const [unasked, seen, below] = frames as [FrameLocator, FrameLocator, FrameLocator];
  const screen = async (of: FrameLocator) => (await textOf(of.locator(".terminal-host"))).trim();
  await expect.poll(() => screen(seen)).toBe("root@tabnix:~#");
  for (const waiting of [unasked, below]) {
    await expect(waiting.locator("#app")).toHaveText(POSTER);
  }
  await page.locator("iframe").nth(2).scrollIntoViewIfNeeded();
  await expect.poll(() => screen(below)).toBe("root@tabnix:~#");
  await expect(unasked.locator("#app")).toHaveText(POSTER);
});

test("a set-up that wants more than a frame has is offered in a tab, and no machine is made", async ({
  page,
  host,
  party,
}) => {
  host.headers = { ...NOT_ISOLATED, ...WITH_MODULE, "access-control-allow-headers": "*" };
  party.headers = WITH_MODULE;
  party.pages.set("/network.json", JSON.stringify({ image: "tiny", network: true }));
  const setup = encodeURIComponent(`${party.url}network.json`);
  await openFrame(page, party, `${host.url}embed.html?start=now&setup=${setup}`);
  const frame = page.locator("iframe").contentFrame();
  const link = frame.getByRole("link", { name: "Open in a tab" });
  await expect(link).toHaveAttribute("href", new RegExp(`^${host.url}#setup=`));
  const refused = await page.evaluate(async (site) => {
    const { connectSandbox }: Api = await import(`${site}tabnix.js`);
    const iframe = document.querySelector("iframe") as HTMLIFrameElement;
    return connectSandbox(iframe).catch((error) => error.message);
  }, host.url);
  expect(refused).toBe("The frame cannot run what its address asks for.");
  expect(host.requests.filter((path) => path.startsWith("images/"))).toEqual([]);
});

test("a sandboxed frame runs with an origin, and says what it lacks without", async ({
  page,
  host,
  party,
}) => {
  host.headers = NOT_ISOLATED;
  const src = `${host.url}embed.html?image=tiny&start=now&run=clear`;
  party.pages.set(
    "/",
    `${HEAD}<iframe sandbox="allow-scripts allow-same-origin" src="${src}"></iframe>
    <iframe sandbox="allow-scripts" src="${src}"></iframe>`,
  );
  await page.goto(party.url);
  const [first, second] = [0, 1].map((n) => page.locator("iframe").nth(n).contentFrame());
  await expect(second!.locator("#app")).toHaveText(
    "Tabnix could not be loaded in this frame. If the frame has a sandbox, it must have allow-scripts and allow-same-origin.",
  );
  // What has scrolled out of so small a frame is empty lines.
  const terminal = first!.locator(".terminal-host");
  await expect.poll(async () => (await textOf(terminal)).trim()).toBe("root@tabnix:~#");
});

test("nothing that is typed into a read-only frame reaches its machine", async ({
  page,
  host,
  party,
}) => {
  host.headers = { ...NOT_ISOLATED, ...WITH_MODULE };
  const run = encodeURIComponent("clear; until [ -e /go ]; do sleep 1; done; echo over");
  await openFrame(page, party, `${host.url}embed.html?image=tiny&start=now&readonly&run=${run}`);
  const terminal = page.locator("iframe").contentFrame().locator(".terminal-host");
  await expect.poll(() => textOf(terminal)).toBe("");
  await terminal.click();
  await page.keyboard.type("echo typed\n");
  await page.evaluate(async (site) => {
    const { connectSandbox }: Api = await import(`${site}tabnix.js`);
    const sandbox = await connectSandbox(document.querySelector("iframe") as HTMLIFrameElement);
    await sandbox.fs.write("/go", "");
  }, host.url);
  // The terminal would have shown what was typed before.
  await expect.poll(() => textOf(terminal)).toMatch(/over\n\S+#$/);
  expect(await textOf(terminal)).toBe("over\nroot@tabnix:~#");
});
