/** Servers of one tab, for another tab and for the public. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, type Page } from "@playwright/test";
import { Shell } from "../browser/support/shell.ts";
import { test, useRelay } from "./support/outside.ts";

const ADDRESS = (host: number) => `ip addr show eth0 | grep -q 10.86.0.${host}/`;

/** Opens a machine that is on a network of tabs. */
async function openOnNetwork(page: Page): Promise<Shell> {
  await page.addInitScript(() =>
    localStorage.setItem("tabnix.settings", JSON.stringify({ lan: "demo" })),
  );
  await page.goto("./?image=web");
  const shell = new Shell(page);
  return shell;
}

test("ssh from one tab to another", async ({ page, context }) => {
  const server = await openOnNetwork(page);
  await server.prompt();
  await server.output(`until ${ADDRESS(2)}; do sleep 1; done`);
  await server.output("mkdir -p /etc/dropbear && dropbear -R -p 22");

  const other = await context.newPage();
  const client = await openOnNetwork(other);
  await other.getByRole("button", { name: "Open a fresh copy that is not saved" }).click();
  await client.prompt();
  await client.output(`until ${ADDRESS(3)}; do sleep 1; done`);
  await client.output("mkdir -p -m 700 .ssh && ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519");
  const key = await client.output("cat .ssh/id_ed25519.pub");
  await page.bringToFront();
  await server.output(`mkdir -p -m 700 .ssh && echo '${key}' > .ssh/authorized_keys`);
  await other.bringToFront();
  const line = "ssh -o StrictHostKeyChecking=accept-new tabnix-2";
  expect(await client.output(`${line} 'hostname; exit 0' 2> /dev/null`)).toBe("tabnix-2");
  expect((await client.run(`${line} 'exit 3'`)).status).toBe(3);
  await client.output("head -c 300000 /dev/urandom > sent");
  const sum = await client.output("md5sum < sent");
  expect(await client.output(`${line} md5sum < sent`)).toBe(sum);
});

test("wrk against a port that has a public address", async ({ page, startRelay }) => {
  const relay = await startRelay();
  await useRelay(page, relay);
  const shell = await Shell.open(page, "tiny");
  await shell.output("mkdir www && echo small > www/small && httpd -p 8080 -h www");
  await shell.output("(tabnix-share 8080 demo > address &)");
  await shell.output("until grep -q http address; do sleep 1; done");
  // The relay is in this process, which must go on meanwhile.
  const { stdout: output } = await promisify(execFile)("wrk", [
    ...["--threads", "1", "--connections", "16", "--duration", "20s", "--timeout", "10s"],
    "--latency",
    ...["--header", `Host: demo.localhost:${relay.port}`],
    `http://127.0.0.1:${relay.port}/small`,
  ]);
  console.log(output);
  expect(output).not.toContain("Socket errors");
  expect(output).not.toContain("Non-2xx");
  expect(Number(/(\d+) requests in/.exec(output)?.[1])).toBeGreaterThan(0);
  expect(await shell.output("echo still here")).toBe("still here");
});
