/** Machines in frames of pages on another host name. */
import { readFile } from "node:fs/promises";
import { expect, type Locator, type Page } from "@playwright/test";
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";
import { test as hosted } from "./support/hosted-page.ts";
import { withProfile } from "./support/own-profile.ts";
import { textOf } from "./support/scripted-page.ts";
import type { StaticHost } from "./support/static-host.ts";
import { ThirdParty } from "./support/third-party.ts";

type Api = typeof import("../../src/api/index.ts");

const test = hosted.extend<{ party: ThirdParty }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to find what a fixture uses.
  party: async ({}, use) => {
    const party = await ThirdParty.start();
    await use(party);
    await party.stop();
  },
});

const HEAD = "<!doctype html><title>A page of somebody else</title>";
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
const PLAIN = { page: {}, site: { "cross-origin-embedder-policy": "unsafe-none" } };

/** Who drives frames from a module of the site has leave to load it. */
const WITH_MODULE = { "access-control-allow-origin": "*" };

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
  host.headers = PLAIN.site;
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

/** Shows one frame, and nothing else. */
async function openFrame(page: Page, party: ThirdParty, src: string): Promise<void> {
  party.pages.set("/", `${HEAD}<iframe src="${src}" style="width: 600px; height: 300px"></iframe>`);
  await page.goto(party.url);
}

test("a page drives the machine of a frame on another host as it drives one of its own", async ({
  page,
  host,
  party,
}) => {
  host.headers = { ...PLAIN.site, ...WITH_MODULE };
  await openFrame(page, party, `${host.url}embed.html?image=tiny`);
  const found = await page.evaluate(async (site) => {
    const { connectSandbox }: Api = await import(`${site}tabnix.js`);
    const iframe = document.querySelector("iframe") as HTMLIFrameElement;
    const sandbox = await connectSandbox(iframe, { env: { GREETING: "hello" } });
    await sandbox.fs.mkdir("/root/folder");
    await sandbox.fs.write("/root/folder/large", new Blob(["0123456789".repeat(300_000)]));
    const run = await sandbox.run("echo $GREETING; cat >&2; exit 3", { stdin: "from the page" });
    const sum = await sandbox.run("md5sum < folder/large");
    const read = await sandbox.fs.read("/root/folder/large");
    const names = (await sandbox.fs.list("/root/folder")).map(({ name, size }) => [name, size]);
    const none = await sandbox.fs.readText("/none").catch((error) => error.code);
    const long = sandbox.spawn("yes");
    const reader = long.stdout.getReader();
    const first = new TextDecoder().decode((await reader.read()).value).slice(0, 4);
    await reader.cancel();
    const ended = await long.exit;
    const server = sandbox.spawn(["httpd", "-f", "-p", "8080"]);
    await sandbox.ports.waitFor(8080);
    const ports = [...sandbox.ports.list];
    server.kill("SIGKILL");
    await server.exit;
    const place = document.body.appendChild(document.createElement("div"));
    place.style.cssText = "width: 640px; height: 160px";
    const view = await sandbox.terminal(place);
    view.paste("exec echo $((6 * 7))\n");
    const text = () => {
      const host = place.querySelector(".terminal-host") as TerminalHost;
      host.terminal.selectAll();
      return host.terminal.getSelection();
    };
    while (!text().includes("status 0")) await new Promise(requestAnimationFrame);
    const terminal = /^\d+$/m.exec(text())?.[0];
    view.dispose();
    await sandbox.close();
    const closed = await sandbox.run("true").catch((error) => error.code);
    return { run, sum, size: read.length, names, none, first, ended, ports, terminal, closed };
  }, host.url);
  expect(found).toEqual({
    run: { stdout: "hello\n", stderr: "from the page", status: 3 },
    sum: { stdout: "55a95d24c5e52ee25a245028a1768961  -\n", stderr: "", status: 0 },
    size: 3_000_000,
    names: [["large", 3_000_000]],
    none: "not-found",
    first: "y\ny\n",
    ended: 141,
    ports: [8080],
    terminal: "42",
    closed: "closed",
  });
  const frame = page.locator("iframe").contentFrame();
  await expect(frame.getByRole("button", { name: "Start" })).toBeVisible();
});

test("a set-up that wants more than a frame has is offered in a tab, and no machine is made", async ({
  page,
  host,
  party,
}) => {
  host.headers = { ...PLAIN.site, ...WITH_MODULE, "access-control-allow-headers": "*" };
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
  host.headers = PLAIN.site;
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
  host.headers = { ...PLAIN.site, ...WITH_MODULE };
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

test("forged, oversized, out-of-order and replayed messages of a hostile page change nothing", async ({
  page,
  host,
  party,
}) => {
  host.headers = { ...PLAIN.site, ...WITH_MODULE };
  // A window that is not the frame's parent, of the same page.
  party.pages.set(
    "/sibling",
    `${HEAD}<script>
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { parent.postMessage("sibling was answered", "*"); };
      parent.frames[0].postMessage({ type: "tabnix-embed-hello", version: 1 }, "*", [port2]);
    </script>`,
  );
  await openFrame(page, party, `${host.url}embed.html?image=tiny&start=now&run=clear`);
  // The page adds another.
  const terminal = page.locator("iframe").first().contentFrame().locator(".terminal-host");
  await expect.poll(() => textOf(terminal)).toBe("root@tabnix:~#");
  const told = await page.evaluate(async () => {
    const answers: unknown[] = [];
    const [target] = [frames[0] as Window];
    addEventListener("message", ({ data }) => answers.push(data));
    const sibling = document.createElement("iframe");
    sibling.src = "/sibling";
    const loaded = new Promise((resolve) => sibling.addEventListener("load", resolve));
    document.body.append(sibling);
    await loaded;
    const say = (hello: unknown, ports = 1) => {
      const channels = Array.from({ length: ports }, () => new MessageChannel());
      for (const { port1 } of channels) port1.onmessage = ({ data }) => answers.push(data);
      const ends = channels.map(({ port2 }) => port2);
      target.postMessage(hello, "*", ends);
      return channels[0]?.port1 as MessagePort;
    };
    const hello = { type: "tabnix-embed-hello", version: 1 };
    say({ ...hello, more: true });
    say({ ...hello, version: "1" });
    say(hello, 2);
    say(hello, 0);
    const other = say({ ...hello, version: 2 });
    await new Promise((resolve) => other.addEventListener("message", resolve));
    const port = say(hello);
    const remove = { type: "remove", path: "/etc/passwd" };
    const start = { type: "start", request: { command: "poweroff", environment: {} } };
    const forged: unknown[] = [
      null,
      "remove",
      remove,
      { id: 2, ...remove },
      { id: 0, ...remove },
      { id: "1", ...remove },
      { id: 1, ...remove, more: 1 },
      { id: 1, type: "remove", path: `/${"x".repeat(5000)}` },
      { id: 1, type: "write", path: "/etc/passwd", content: "text", replaces: "anything" },
      { id: 1, type: "program", about: { program: 99, ...start } },
      { id: 1, type: "program", about: { program: 0, type: "write", bytes: new Uint8Array(1e6) } },
      { id: 1, type: "answer", call: 1, answer: null },
      { id: 1, type: "constructor" },
    ];
    for (const message of forged) port.postMessage(message);
    const answered = new Promise((resolve) => {
      port.onmessage = ({ data }) => {
        answers.push(data);
        if (data.call === 3) resolve(undefined);
      };
    });
    port.postMessage({ id: 1, type: "make-directory", path: "/made" });
    // Played again, and ahead of its turn.
    port.postMessage({ id: 1, type: "make-directory", path: "/made/again" });
    port.postMessage({ id: 3, type: "make-directory", path: "/made/ahead" });
    port.postMessage({ id: 2, type: "list", path: "/made" });
    port.postMessage({ id: 3, type: "status", path: "/etc/passwd", follow: true });
    await answered;
    return JSON.parse(JSON.stringify(answers, (key, value) => (key === "load" ? 0 : value)));
  });
  const status = {
    inode: expect.any(Number),
    version: expect.any(Number),
    kind: "file",
    size: expect.any(Number),
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: expect.any(Number),
  };
  expect(told).toEqual([
    { id: 1, type: "wrong-version", version: 1 },
    { id: 1, type: "welcome", load: 0, state: "running", ports: [] },
    { id: 2, type: "size", height: 160 },
    { id: 3, type: "answer", call: 1, answer: null },
    { id: 4, type: "answer", call: 2, answer: [] },
    { id: 5, type: "answer", call: 3, answer: status },
  ]);
  expect(await textOf(terminal)).toBe("root@tabnix:~#");
});

/** Plays a frame: what it says on its port is in the page's hands. */
const HOSTILE_FRAME = `${HEAD}<script>
  let port, id = 0;
  const ready = { type: "tabnix-embed-ready", version: 1, load: 1 };
  const good = (message) => port.postMessage({ id: ++id, ...message });
  addEventListener("message", ({ ports }) => {
    port = ports[0];
    id = 0;
    for (const bad of [
      null, "welcome", { type: "welcome" }, { id: 2, type: "state", state: "running" },
      { id: 1, type: "welcome", load: 1, state: "owned", ports: [] },
      { id: 1, type: "welcome", load: 1, state: "running", ports: [99999] },
      { id: 1, type: "size", height: 1e9 }, { id: 1, type: "size", height: -1 },
      { id: 1, type: "size", height: 500, more: 1 }, { id: 1, type: "answer", call: 1, answer: null },
      { id: 1, type: "notice", error: { code: "full", message: "x".repeat(1e5), hint: "" } },
    ]) port.postMessage(bad);
    good({ type: "welcome", load: 1, state: "running", ports: [80] });
    good({ type: "size", height: 400 });
    port.postMessage({ id: 2, type: "size", height: 600 });
    port.postMessage({ id: 9, type: "size", height: 600 });
    port.onmessage = ({ data }) => {
      if (data.type === "start") return good({ type: "answer", call: data.id, answer: null });
      if (data.type !== "list") return;
      const entry = { name: "real", kind: "file", inode: 1, version: 1, size: 1, mode: 420, uid: 0, gid: 0, mtime: 0 };
      const answer = (call, entries) => ({ type: "answer", call, answer: entries });
      // Of another call, of a wrong shape, ahead, and played again.
      port.postMessage({ id: id + 1, ...answer(data.id + 1, [{ ...entry, name: "forged" }]) });
      port.postMessage({ id: id + 1, ...answer(data.id, [{ ...entry, name: "forged", size: "1" }]) });
      port.postMessage({ id: id + 1, ...answer(data.id, [{ ...entry, name: "x".repeat(256) }]) });
      port.postMessage({ id: id + 2, ...answer(data.id, [{ ...entry, name: "ahead" }]) });
      port.postMessage({ id, ...answer(data.id, [{ ...entry, name: "again" }]) });
      good(answer(data.id, [entry]));
    };
  });
  parent.postMessage({ ...ready, more: 1 }, "*");
  parent.postMessage(ready, "*");
</script>`;

test("forged, oversized, out-of-order and replayed messages of a hostile frame change nothing", async ({
  page,
  host,
  party,
}) => {
  host.headers = WITH_MODULE;
  party.pages.set("/embed.html", HOSTILE_FRAME);
  const script = await readFile(new URL("../../dist/tab-nix.js", import.meta.url), "utf8");
  party.pages.set("/tab-nix.js", script);
  // Not the frame that was asked for: says it is ready, and is given nothing.
  party.pages.set(
    "/other.html",
    `${HEAD}<script>
      addEventListener("message", () => { parent.postMessage("other was greeted", "*"); });
      parent.postMessage({ type: "tabnix-embed-ready", version: 1, load: 2 }, "*");
    </script>`,
  );
  party.pages.set(
    "/victim.html",
    `${HEAD}<script>
      globalThis.heard = [];
      addEventListener("message", ({ data }) => { if (typeof data === "string") heard.push(data); });
    </script><script src="${party.url}tab-nix.js"></script>
    <tab-nix image="tiny"></tab-nix><iframe src="about:blank"></iframe>`,
  );
  await page.goto(`${party.otherUrl}victim.html`);
  const element = page.locator("tab-nix");
  await expect(element).toHaveCSS("height", "400px");
  const found = await page.evaluate(
    async ({ site, otherFrame }) => {
      const { connectSandbox }: Api = await import(`${site}tabnix.js`);
      const tabNix = document.querySelector("tab-nix") as HTMLElement & {
        open(): Promise<HTMLIFrameElement>;
      };
      const notices: unknown[] = [];
      const sandbox = await connectSandbox(await tabNix.open(), {
        onNotice: (notice) => notices.push(notice),
      });
      const other = document.querySelector("iframe") as HTMLIFrameElement;
      const loaded = new Promise((resolve) => other.addEventListener("load", resolve));
      other.src = otherFrame;
      await loaded;
      const names = (await sandbox.fs.list("/root")).map(({ name }) => name);
      return { names, notices, ports: sandbox.ports.list };
    },
    { site: host.url, otherFrame: `${party.url}other.html` },
  );
  expect(found).toEqual({ names: ["real"], notices: [], ports: [80] });
  await expect(element).toHaveCSS("height", "400px");
  expect(await page.evaluate("heard")).toEqual([]);
});
