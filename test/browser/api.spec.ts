/** The API in a page of its own: what an application on the same site would write. */
import { expect, type Page, test } from "@playwright/test";
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";
import { Shell } from "./support/shell.ts";

type Api = typeof import("../../src/api/index.ts");
type Sandbox = Awaited<ReturnType<Api["createSandbox"]>>;

declare global {
  /** Kept between the steps of a test. */
  var sandbox: Sandbox;
}

const PAGE = "an-application/";
const EMPTY = `<!doctype html><title>An application</title><div id="screen" style="width: 640px; height: 320px"></div>`;

/** Opens a page that has nothing of Tabnix in it, at another path than its site. */
async function openPage(page: Page): Promise<void> {
  const isolation = (await page.request.head("./")).headers();
  await page.route(`**/${PAGE}`, (route) =>
    route.fulfill({
      body: EMPTY,
      headers: {
        "Content-Type": "text/html",
        ...Object.fromEntries(
          ["cross-origin-opener-policy", "cross-origin-embedder-policy"].flatMap((name) =>
            isolation[name] ? [[name, isolation[name]]] : [],
          ),
        ),
      },
    }),
  );
  await page.goto(`./${PAGE}`);
}

test("a page runs commands, talks with programs and servers, and takes what it made along", async ({
  page,
}) => {
  await openPage(page);
  const found = await page.evaluate(async () => {
    const site = new URL("../", location.href);
    const { createSandbox }: Api = await import(new URL("tabnix.js", site).href);
    const base = new URL("images/", site);
    const stages = new Set<string>();
    const first = await createSandbox({
      image: "tiny",
      base: "../images",
      env: { GREETING: "hello" },
      files: { "/root/folder/text": "from the page\n" },
      onProgress: ({ stage }) => stages.add(stage),
    });
    const run = await first.run("cat folder/text; echo $GREETING >&2; exit 4");

    const cat = first.spawn(["tr", "a-z", "A-Z"]);
    const input = new Blob(["streamed "]).stream().pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        flush: (controller) => controller.enqueue(new TextEncoder().encode("through")),
      }),
    );
    const [said] = await Promise.all([new Response(cat.stdout).text(), input.pipeTo(cat.stdin)]);

    await first.fs.mkdir("/root/www");
    await first.fs.write("/root/www/index.html", new Blob(["<p>served</p>"]));
    const server = first.spawn(["httpd", "-f", "-p", "8080", "-h", "/root/www"]);
    await first.ports.waitFor(8080);
    const response = await first.ports.fetch(8080, "/");
    const served = [response.status, response.headers.get("content-type"), await response.text()];
    server.kill("SIGKILL");
    const killed = await server.exit;

    const snapshot = await first.snapshot();
    const running = first.run("sleep 1000").catch((error) => error.code);
    await first.close();
    const second = await createSandbox({ image: "tiny", base, snapshot });
    const kept = await second.run(["ls", "/root/folder", "/root/www"]);
    await second.close();
    const unknown = await createSandbox({ image: "nothing", base }).catch((error) => ({
      name: error.name,
      code: error.code,
      message: error.message,
    }));
    const closed = await running;
    return {
      stages: [...stages],
      run,
      said,
      status: await cat.exit,
      served,
      killed,
      closed,
      kept,
      unknown,
    };
  });
  expect(found).toEqual({
    stages: ["manifest", "download", "restore", "ready"],
    run: { stdout: "from the page\n", stderr: "hello\n", status: 4 },
    said: "STREAMED THROUGH",
    status: 0,
    served: [200, "text/html", "<p>served</p>"],
    killed: 137,
    closed: "closed",
    kept: { stdout: "/root/folder:\ntext\n\n/root/www:\nindex.html\n", stderr: "", status: 0 },
    unknown: {
      name: "TabnixError",
      code: "not-found",
      message: 'There is no image "nothing" here: its manifest is missing.',
    },
  });
});

test("a terminal is shown in an element of the page, and goes with the sandbox", async ({
  page,
}) => {
  await openPage(page);
  await page.evaluate(async () => {
    const { createSandbox }: Api = await import(new URL("../tabnix.js", location.href).href);
    globalThis.sandbox = await createSandbox({ image: "tiny", base: "../images/" });
    const terminal = await sandbox.terminal(document.querySelector("#screen") as HTMLElement);
    terminal.focus();
  });
  const rows = page.locator("#screen .xterm-rows");
  await expect(rows).toContainText("root@tabnix");
  await page.keyboard.type("stty size > /root/size\n");
  const size = await page.locator("#screen .terminal-host").evaluate((host) => {
    const { rows, cols } = (host as TerminalHost).terminal;
    return `${rows} ${cols}\n`;
  });
  expect(size).not.toBe("24 80\n");
  const told = () => page.evaluate(() => sandbox.fs.readText("/root/size").catch(() => ""));
  await expect.poll(told).toBe(size);
  await page.evaluate(() => sandbox.close());
  await expect(page.locator("#screen")).toBeEmpty();
});

test("what is persisted is there again, and in the page of the site too", async ({ page }) => {
  await openPage(page);
  const persist = (line: string) =>
    page.evaluate(async (command) => {
      const { createSandbox }: Api = await import(new URL("../tabnix.js", location.href).href);
      const base = "../images/";
      const one = await createSandbox({ image: "tiny", base, persist: true });
      const { stdout } = await one.run(command);
      await one.close();
      return stdout;
    }, line);
  expect(await persist("echo first > /root/kept")).toBe("");
  expect(await persist("cat /root/kept; echo second >> /root/kept")).toBe("first\n");
  const shell = await Shell.open(page, "tiny");
  expect(await shell.output("cat /root/kept")).toBe("first\nsecond");
});
