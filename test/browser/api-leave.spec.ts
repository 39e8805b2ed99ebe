/** What becomes of a sandbox when its page is left. */
import { expect } from "./support/engines.ts";
import { openBeside, test } from "./support/hosted-page.ts";

type Api = typeof import("../../src/api/index.ts");

test("a page that is left gives the files of its sandbox free", async ({ page, host }) => {
  /** Adds to a file that is kept. @returns all of it */
  const add = (text: string) =>
    page.evaluate(
      async ({ site, added }) => {
        const { createSandbox }: Api = await import(`${site}tabnix.js`);
        const sandbox = await createSandbox({
          image: "tiny",
          base: `${site}images/`,
          persist: true,
        });
        const { stdout } = await sandbox.run(`echo ${added} >> kept; sync; cat kept`);
        return stdout;
      },
      { site: host.url, added: text },
    );
  await openBeside(page, host, "gallery");
  expect(await add("one")).toBe("one\n");
  await page.goto(`${host.url}gallery.html?next`);
  expect(await add("two")).toBe("one\ntwo\n");
});
