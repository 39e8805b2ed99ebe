/** What `npm pack` makes, in three projects that know nothing else of Tabnix: test/library. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test as base, expect, type Page } from "@playwright/test";
import { build } from "vite";
import { StaticHost } from "./support/static-host.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const IMAGES = join(ROOT, "dist/images");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const run = promisify(execFile);

interface Fixtures {
  /** A copy of one of test/library's projects with the package installed. */
  project(name: string): Promise<string>;
  /** Serves a folder, with the images of the build beside it. */
  serve(folder: string): Promise<string>;
}

const test = base.extend<Fixtures, { installed: string }>({
  installed: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to find what a fixture uses.
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), "tabnix-library-"));
      const npm = (...args: string[]) => run("npm", [...args, "--silent"], { cwd: folder });
      await npm("pack", ROOT);
      const [archive = ""] = await readdir(folder);
      await writeFile(join(folder, "package.json"), '{ "type": "module" }');
      await npm("install", "--no-audit", "--no-fund", join(folder, archive));
      await use(folder);
      await rm(folder, { recursive: true });
    },
    { scope: "worker", timeout: 240_000 },
  ],
  project: async ({ installed }, use) => {
    await use(async (name) => {
      const folder = join(installed, name);
      await cp(join(ROOT, "test/library", name), folder, { recursive: true });
      return folder;
    });
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  serve: async ({}, use) => {
    const host = await StaticHost.start();
    await use(async (folder) => {
      host.folder = folder;
      return host.url;
    });
    await host.stop();
  },
});

const shown = (page: Page) => page.locator("pre");

test("a project of Vite builds it, and has a sandbox with a terminal", async ({
  page,
  project,
  serve,
}) => {
  const root = await project("bundled");
  await build({ root, base: "./", configFile: false, logLevel: "warn" });
  await page.goto(await serve(join(root, "dist")));
  await expect(shown(page)).toHaveText("42");
  await expect(page.locator("#terminal .xterm-screen")).toBeVisible();
});

test("a page imports it as it is", async ({ page, project, serve, installed }) => {
  const root = await project("plain");
  await cp(join(installed, "node_modules"), join(root, "node_modules"), { recursive: true });
  await page.goto(await serve(root));
  await expect(shown(page)).toHaveText("Linux");
});

test("a script of Node runs it, and TypeScript knows its types", async ({ project }) => {
  const root = await project("node");
  const { stdout } = await run(process.execPath, [join(root, "main.mjs"), IMAGES]);
  expect(stdout).toBe("HELLO\n");
  const tools = await run(process.execPath, [join(root, "tools.mjs"), IMAGES]);
  expect(tools.stdout).toBe("WASI\n");
  const options = ["--noEmit", "--strict", "--target", "es2022", "--types", ""];
  for (const kind of [["nodenext"], ["esnext", "--moduleResolution", "bundler"]]) {
    await run(process.execPath, [TSC, ...options, "--module", ...kind, "types.ts"], { cwd: root });
  }
});
