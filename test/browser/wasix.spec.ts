/** WASIX programs in the shell of a real page, in the Wasmer SDK. Where it cannot run: wasm.spec.ts. */
import { expect, type Page } from "@playwright/test";
import { WASIX_PROGRAMS } from "../unit/process/wasix-programs.ts";
import { installPrograms } from "./support/programs.ts";
import { terminalText, test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

async function opened(page: Page, ...names: string[]): Promise<Shell> {
  const shell = await Shell.open(page, "tiny");
  await installPrograms(shell, WASIX_PROGRAMS, ...names);
  return shell;
}

test("programs have arguments, an environment, pipes, files and exit statuses", async ({
  page,
}) => {
  const requests: string[] = [];
  page.context().on("request", (request) => requests.push(new URL(request.url()).pathname));
  const shell = await opened(page, "about", "xcat", "xtrap");
  expect(requests.filter((path) => path.includes("wasmer"))).toEqual([]);
  await shell.output("mkdir run; cd run");
  const about = "A=b ../about one 'two three' 2> env";
  expect(await shell.output(`${about} | tr '\\0' ' '`)).toBe("/workspace\nmain one two three");
  expect(await shell.run(`${about} > /dev/null`)).toEqual({ output: "", status: 3 });
  expect(await shell.output("tr '\\0' '\\n' < env | grep -e ^A= -e ^PWD=")).toContain("A=b");
  expect(await shell.output("echo text | ../xcat | tr a-z A-Z")).toBe("TEXT");
  expect(await shell.output("echo 1 > f; echo 2 | ../xcat >> f; ../xcat < f")).toBe("1\n2");
  await shell.output("dd if=/dev/zero of=g bs=1000 count=300 2> /dev/null");
  expect(await shell.output("../xcat < g | wc -c; ../xcat < g > h; wc -c < h")).toBe(
    "300000\n300000",
  );
  const broken = await shell.run("printf '\\0webc003' > p; chmod +x p; /usr/lib/tabnix/exec ./p p");
  expect(broken.output).toMatch(/^wasm: cannot start: /);
  expect(broken.status).toBe(126);
  const trap = await shell.run("../xtrap");
  expect(trap.output).toMatch(/unreachable/);
  expect(trap.status).toBe(134);
  expect(requests.filter((path) => /wisp|wasmer.*(node\.js|service-worker)/.test(path))).toEqual(
    [],
  );
});

test("a program works on a copy of its folder, and what it changes is written back", async ({
  page,
}) => {
  const shell = await opened(page, "change");
  await shell.output("mkdir -p run/deep; cd run; echo new > in; echo x > old; echo y > deep/kept");
  await shell.output("ln -s in link; chmod 640 in");
  expect(await shell.run("../change")).toEqual({ output: "", status: 0 });
  expect(await shell.output("find . | sort; cat out deep/kept; stat -c %a in")).toBe(
    ". ./deep ./deep/kept ./in ./link ./out new y 640".replaceAll(" ", "\n"),
  );
  await shell.output("mkdir ../big; cd ../big; dd if=/dev/zero of=f bs=1M count=65 2>/dev/null");
  const { output, status } = await shell.run("../change");
  expect(output).toMatch(/^wasm: cannot start: .*copy of the folder.* 64 MB/);
  expect(status).toBe(126);
});

test("threads run, and Ctrl+C ends one that never ends", async ({ page }) => {
  const shell = await opened(page, "xthread", "xspin");
  await shell.output("mkdir run; cd run");
  expect(await shell.run("../xthread")).toEqual({ output: "thread\ndone", status: 0 });
  await shell.type("clear; ../xspin");
  await expect.poll(() => terminalText(page)).toBe("spinning");
  await page.keyboard.press("Control+c");
  await shell.prompt();
  expect(await shell.lastStatus()).toBe(130);
});
