import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { run, runOrFail } from "../../../scripts/lib/child.mjs";
import { ChildFailure } from "../../../scripts/lib/main.mjs";

const node = process.execPath;

test("the exit status is the command's", async () => {
  expect(await run(node, ["-e", "process.exit(3)"])).toBe(3);
  await expect(runOrFail(node, ["-e", "process.exit(3)"])).rejects.toEqual(new ChildFailure(3));
});

test("a command that does not exist is named", async () => {
  await expect(run("/nowhere/tool", [])).rejects.toMatchObject({
    message: "`/nowhere/tool` cannot be started: spawn /nowhere/tool ENOENT.",
  });
});

test("a signal ends the command and what it started", async () => {
  // A script that runs a shell that runs a program which says that it is there, and stays.
  const script = `
    import { run } from "./scripts/lib/child.mjs";
    const status = await run("sh", ["-c", '"$NODE" -e "$CODE"; exit 7']);
    console.log("status", status);
  `;
  const outer = spawn(node, ["--input-type=module", "-e", script], {
    env: { ...process.env, NODE: node, CODE: "console.log('up'); setInterval(() => {}, 1000)" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  outer.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output === "up\n") outer.kill("SIGTERM");
  });
  // "close" comes when nobody holds the pipe any more, the innermost program included.
  const [status] = await once(outer, "close");
  expect({ output, status }).toEqual({ output: "up\nstatus 143\n", status: 0 });
});
