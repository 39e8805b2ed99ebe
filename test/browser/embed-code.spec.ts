/** A page drives machines in frames of another host name by code, as one would that has nothing else of Tabnix. */
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";
import { type Api, HEAD, NOT_ISOLATED, openFrame, test, WITH_MODULE } from "./support/embedding.ts";
import { expect } from "./support/engines.ts";

type TabNix = HTMLElement & { open(): Promise<HTMLIFrameElement> };

test("a page drives the machine of a frame on another host as it drives one of its own", async ({
  page,
  host,
  party,
}) => {
  host.headers = { ...NOT_ISOLATED, ...WITH_MODULE };
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
    const server = sandbox.spawn(["httpd", "-f", "-p", "8080", "-h", "/root/folder"]);
    await sandbox.ports.waitFor(8080);
    const ports = [...sandbox.ports.list];
    const response = await sandbox.ports.fetch(8080, "/large");
    const served = [response.status, (await response.arrayBuffer()).byteLength];
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
    const next = await connectSandbox(iframe);
    const isKept = await next.fs.exists("/root/folder");
    await next.close();
    return {
      run,
      sum,
      size: read.length,
      names,
      none,
      first,
      ended,
      ports,
      served,
      terminal,
      closed,
      isKept,
    };
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
    served: [200, 3_000_000],
    terminal: "42",
    closed: "closed",
    isKept: false,
  });
});

test("each element of a page has a machine of its own, with its files", async ({
  page,
  host,
  party,
}) => {
  host.headers = { ...NOT_ISOLATED, ...WITH_MODULE };
  const element = (name: string) =>
    `<tab-nix image="tiny" aria-label="${name}">
      <script type="text/plain" data-path="/root/text.txt">file of ${name}</script>
    </tab-nix>`;
  party.pages.set(
    "/",
    `${HEAD}<script src="${host.url}tab-nix.js"></script>${["one", "two", "three"].map(element).join("")}`,
  );
  await page.goto(party.url);
  const found = await page.evaluate(async (site) => {
    const { connectSandbox }: Api = await import(`${site}tabnix.js`);
    const elements = [...document.querySelectorAll<TabNix>("tab-nix")];
    const sandboxes = await Promise.all(
      elements.map(async (tabNix) => connectSandbox(await tabNix.open())),
    );
    return Promise.all(
      sandboxes.map(async (sandbox, at) => {
        await sandbox.fs.write("/root/own", String(at));
        const { stdout } = await sandbox.run("cat text.txt own; ls | wc -l");
        await sandbox.close();
        return stdout;
      }),
    );
  }, host.url);
  expect(found).toEqual(["file of one02\n", "file of two12\n", "file of three22\n"]);
});
