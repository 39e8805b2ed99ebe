/** Pages and frames that keep to nothing: what they say changes nothing. */
import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import { type Api, HEAD, NOT_ISOLATED, openFrame, test, WITH_MODULE } from "./support/embedding.ts";
import { textOf } from "./support/scripted-page.ts";

test("forged, oversized, out-of-order and replayed messages of a hostile page change nothing", async ({
  page,
  host,
  party,
}) => {
  host.headers = { ...NOT_ISOLATED, ...WITH_MODULE };
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
