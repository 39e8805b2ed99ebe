/** Sandboxes under Node, on the real image: a machine and its files in this process. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheFolder } from "../../../images/build/cache.ts";
import { createSandbox, type Sandbox } from "../../../src/api/node.ts";

const base = join(cacheFolder(), "images");
const IMAGE = "tiny";
/** The guest and a test have one thread: it may take as long as a test may. */
const POLL = { timeout: 60_000 };

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox({
    image: IMAGE,
    base,
    env: { KIND: "sandbox", GREETING: "hello" },
    files: { "/root/in/deep/text": "ä\n", "/root/bytes": Uint8Array.of(0, 255, 10) },
  });
});

afterAll(() => sandbox.close());

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of stream) pieces.push(piece as Uint8Array<ArrayBuffer>);
  return new Blob(pieces).text();
}

test("a line runs in the image's shell, with its outputs apart and its status", async () => {
  const line = `echo "$GREETING $KIND"; pwd; cat in/deep/text; echo wrong >&2; exit 3`;
  expect(await sandbox.run(line, { env: { KIND: "run" } })).toEqual({
    stdout: "hello run\n/root\nä\n",
    stderr: "wrong\n",
    status: 3,
  });
});

test("arguments reach a program as they are, and programs are found as a shell finds them", async () => {
  const odd = ["%s\\n", "a b", "$HOME", "*", "", "ä'\"\n"];
  expect(await sandbox.run(["printf", ...odd])).toEqual({
    stdout: "a b\n$HOME\n*\n\nä'\"\n\n",
    stderr: "",
    status: 0,
  });
  const outcomes = [["nothing"], ["/root/bytes"], ["/nowhere/at/all"]].map((c) => sandbox.run(c));
  expect(await Promise.all(outcomes)).toEqual([
    { stdout: "", stderr: "tabnix: cannot run nothing\n", status: 127 },
    { stdout: "", stderr: "tabnix: cannot run /root/bytes\n", status: 126 },
    { stdout: "", stderr: "tabnix: cannot run /nowhere/at/all\n", status: 127 },
  ]);
  expect(await sandbox.run("pwd", { cwd: "/etc" })).toMatchObject({ stdout: "/etc\n", status: 0 });
  expect(await sandbox.run("pwd", { cwd: "/etc/passwd" })).toEqual({
    stdout: "",
    stderr: "tabnix: cannot enter /etc/passwd\n",
    status: 126,
  });
});

test("input of every kind arrives whole, and ends", async () => {
  const text = `${"line of input\n".repeat(20_000)}end`;
  const inputs = [
    text,
    new TextEncoder().encode(text),
    new Blob([text]),
    new Blob([text]).stream(),
    (async function* () {
      yield text.slice(0, 7);
      yield new TextEncoder().encode(text.slice(7));
    })(),
  ];
  for (const stdin of inputs) {
    expect(await sandbox.run(["md5sum"], { stdin })).toEqual({
      stdout: "1e8e9f378e0d0b7fd246c007f63fca55  -\n",
      stderr: "",
      status: 0,
    });
  }
  // Without any, there is none; what is not read is no failure.
  expect(await sandbox.run(["cat"])).toEqual({ stdout: "", stderr: "", status: 0 });
  expect(await sandbox.run(["head", "-c", "4"], { stdin: text })).toMatchObject({ stdout: "line" });
});

test("both outputs are carried whole, however much they are", async () => {
  const texts = ["output\n".repeat(300_000), "errors\n".repeat(200_000)];
  await sandbox.fs.write("/root/output", texts[0]!);
  await sandbox.fs.write("/root/errors", texts[1]!);
  const { stdout, stderr, status } = await sandbox.run("cat output & cat errors >&2; wait");
  expect([stdout === texts[0], stderr === texts[1], status]).toEqual([true, true, 0]);
});

test("a program waits for its reader, and others do not", async () => {
  const line = "cat output; echo done >&2";
  const slow = sandbox.spawn(line);
  expect(await sandbox.run("echo meanwhile")).toMatchObject({ stdout: "meanwhile\n" });
  // More than is carried ahead waits in the guest.
  const running = await sandbox.run(["pidof", "cat"]);
  expect(running.stdout).toMatch(/^\d+\n$/);
  const [stdout, stderr, status] = await Promise.all([
    textOf(slow.stdout),
    textOf(slow.stderr),
    slow.exit,
  ]);
  expect([stdout.length, stderr, status]).toEqual([7 * 300_000, "done\n", 0]);
});

test("a program is talked with", async () => {
  const cat = sandbox.spawn(["cat"]);
  const writer = cat.stdin.getWriter();
  const reader = cat.stdout.getReader();
  const next = async () => new TextDecoder().decode((await reader.read()).value);
  for (const line of ["one\n", "two\n"]) {
    await writer.write(line);
    expect(await next()).toBe(line);
  }
  await writer.close();
  expect([(await reader.read()).done, await cat.exit]).toEqual([true, 0]);
});

test("signals reach a program and what it has started", async () => {
  const trap = "trap 'echo caught; exit 7' TERM; echo ready; while :; do sleep 0.02; done";
  const trapping = sandbox.spawn(trap);
  const reader = trapping.stdout.getReader();
  await reader.read();
  trapping.kill();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("caught\n");
  expect(await trapping.exit).toBe(7);
  const group = sandbox.spawn("sleep 1000 & echo $!; wait");
  const pid = new TextDecoder().decode((await group.stdout.getReader().read()).value).trim();
  group.kill("SIGTERM");
  expect(await group.exit).toBe(143);
  await expect.poll(async () => (await sandbox.run(`kill -0 ${pid}`)).status, POLL).toBe(1);
  // Also at once, before it is a program at all.
  const early = sandbox.spawn("sleep 1000");
  early.kill("SIGKILL");
  expect(await early.exit).toBe(137);
});

test("who stops reading ends what writes", async () => {
  const endless = sandbox.spawn(["yes"]);
  for await (const _ of endless.stdout) break;
  expect(await endless.exit).toBe(128 + 13);
});

test("what takes too long, says too much or is not wanted any more is killed", async () => {
  const sleeps = async () => (await sandbox.run("pidof sleep")).stdout;
  await expect(sandbox.run("sleep 1000", { timeoutMs: 50 })).rejects.toMatchObject({
    code: "timeout",
    message: "The command did not end within 50 ms, and was killed.",
  });
  const reason = new Error("changed my mind");
  const controller = new AbortController();
  const running = sandbox.run("sleep 1000", { signal: controller.signal });
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
  const aborted = sandbox.run("true", { signal: controller.signal });
  await expect(aborted).rejects.toBe(reason);
  await expect(sandbox.run(["yes"], { maxOutputBytes: 10 })).rejects.toMatchObject({
    code: "full",
  });
  await expect.poll(sleeps, POLL).toBe("");
});

test("what a command leaves in the background goes on, and may go on writing", async () => {
  const loop = "i=0; while echo to nobody; do i=$((i+1)); echo $i > count; sleep 0.01; done";
  const { stdout, status } = await sandbox.run(`(${loop}) & echo pid $!`);
  const [, pid = ""] = /pid (\d+)/.exec(stdout) ?? [];
  const count = Number(await sandbox.fs.readText("/root/count").catch(() => "0"));
  const later = `until [ $(cat count) -gt ${count + 20} ] 2> none; do sleep 0.01; done; kill ${pid}`;
  expect([status, await sandbox.run(later)]).toEqual([0, { stdout: "", stderr: "", status: 0 }]);
});

test("as many programs run at once as there are numbers, and no more", async () => {
  const running = Array.from({ length: 32 }, () => sandbox.spawn(["cat"]));
  expect(() => sandbox.spawn(["cat"])).toThrow("32 programs run already");
  for (const cat of running) await cat.stdin.close();
  expect(await Promise.all(running.map((cat) => cat.exit))).toEqual(Array(32).fill(0));
  expect((await sandbox.run(["true"])).status).toBe(0);
});

test("files are read and written beside the guest, which sees them", async () => {
  const { fs } = sandbox;
  await fs.mkdir("/root/new/folder", { recursive: true });
  await fs.mkdir("/root/new/folder", { recursive: true });
  await fs.write("/root/new/folder/a", "from outside\n");
  await fs.write("/root/new/folder/a", "again\n");
  await fs.rename("/root/new/folder/a", "/root/new/b");
  expect((await sandbox.run("cat new/b; echo from inside > new/c; ls new")).stdout).toBe(
    "again\nb\nc\nfolder\n",
  );
  expect(await fs.readText("/root/new/c")).toBe("from inside\n");
  expect(await fs.read("/root/bytes")).toEqual(Uint8Array.of(0, 255, 10));
  const entries = await fs.list("/root/new");
  expect(entries.map(({ name, kind, size }) => [name, kind, size])).toEqual([
    ["b", "file", 6],
    ["c", "file", 12],
    ["folder", "directory", 0],
  ]);
  await fs.remove("/root/new");
  expect([await fs.exists("/root/new"), (await fs.stat("/root")).kind]).toEqual([
    false,
    "directory",
  ]);
  await expect(fs.read("/root/new/c")).rejects.toMatchObject({ code: "not-found" });
  await expect(fs.mkdir("/root/bytes", { recursive: true })).rejects.toMatchObject({
    code: "exists",
  });
});

test("a server is waited for and asked", async () => {
  const waiting = sandbox.ports.waitFor(8080);
  await sandbox.fs.mkdir("/root/www");
  await sandbox.fs.write("/root/www/page", "served\n");
  const server = sandbox.spawn(["httpd", "-f", "-p", "8080", "-h", "/root/www"]);
  await waiting;
  await sandbox.ports.waitFor(8080, { timeoutMs: 1 });
  const response = await sandbox.ports.fetch(8080, "/page");
  expect([response.status, await response.text(), sandbox.ports.list]).toEqual([
    200,
    "served\n",
    [8080],
  ]);
  const missing = await sandbox.ports.fetch(8080, "/missing", { method: "HEAD" });
  expect([missing.status, await missing.text()]).toEqual([404, ""]);
  await sandbox.fs.write("/root/www/large", "0123456789".repeat(300_000));
  const stop = new AbortController();
  const cut = await sandbox.ports.fetch(8080, "/large", { signal: stop.signal });
  const rest = cut.text();
  stop.abort(new Error("not wanted any more"));
  await expect(rest).rejects.toThrow("not wanted any more");
  server.kill();
  expect(await server.exit).toBe(143);
  await expect(sandbox.ports.fetch(8080, "/page")).rejects.toMatchObject({ code: "unreachable" });
  await expect(sandbox.ports.waitFor(9, { timeoutMs: 1 })).rejects.toMatchObject({
    code: "timeout",
    message: "Nothing listened on port 9 within 1 ms.",
  });
});

test("ports that open are told of, each once, until nobody listens", async () => {
  const controller = new AbortController();
  const opened = sandbox.ports.opened({ signal: controller.signal });
  const first = opened.next();
  const servers = [8001, 8002].map((port) => sandbox.spawn(["httpd", "-f", "-p", `${port}`]));
  const ports = [(await first).value, (await opened.next()).value];
  expect(ports.sort()).toEqual([8001, 8002]);
  const third = opened.next();
  controller.abort();
  await expect(third).rejects.toBe(controller.signal.reason);
  for (const server of servers) await server[Symbol.asyncDispose]();
});

test("a snapshot has what was changed, and another sandbox begins with it", async () => {
  await sandbox.run("echo kept > /root/kept; echo setting > /etc/setting; rm /root/bytes");
  const snapshot = await sandbox.snapshot();
  const other = await createSandbox({ image: IMAGE, base, snapshot });
  expect(await other.run("cat kept /etc/setting in/deep/text; ls bytes")).toEqual({
    stdout: "kept\nsetting\nä\n",
    stderr: "ls: bytes: No such file or directory\n",
    status: 1,
  });
  await other.run("echo changed > /root/kept");
  expect(await sandbox.fs.readText("/root/kept")).toBe("kept\n");
  await other.close();
});

test("closed, everything that waits fails, and everything that is asked", async () => {
  const other = await createSandbox({ image: IMAGE, base });
  const process = other.spawn("sleep 1000");
  const waiting = [
    process.exit,
    textOf(process.stdout),
    other.run("sleep 1000"),
    other.ports.waitFor(80),
    other.ports.opened().next(),
  ];
  const outcomes = Promise.allSettled(waiting);
  await Promise.all([other.close(), other.close()]);
  const asked = [other.run("true"), other.fs.read("/etc/passwd"), other.snapshot()];
  for (const outcome of [...(await outcomes), ...(await Promise.allSettled(asked))]) {
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { code: "closed", message: "The sandbox is closed." },
    });
  }
  expect(() => other.spawn("true")).toThrow("The sandbox is closed.");
  await other.close();
});

test("a machine that starts again goes on with its files, and its ports are waited for", async () => {
  const other = await createSandbox({ image: IMAGE, base });
  const server = other.ports.waitFor(8080);
  const before = other.run("echo kept > /root/kept; sync; reboot; sleep 1000");
  await expect(before).rejects.toMatchObject({ code: "guest-failed" });
  const again = async () =>
    (await other.run("cat /root/kept; httpd -p 8080").catch((error) => error)).stdout;
  await expect.poll(again, POLL).toBe("kept\n");
  await server;
  await other.close();
});

test("a machine that is switched off says so", async () => {
  const other = await createSandbox({ image: IMAGE, base });
  const waiting = [other.run("poweroff; sleep 1000"), other.ports.waitFor(80)];
  for (const outcome of await Promise.allSettled(waiting)) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "guest-failed" } });
  }
  await expect(other.run("true")).rejects.toMatchObject({
    code: "guest-failed",
    message: "The sandbox's machine does not run: it was switched off, or has failed.",
  });
  await other.close();
});

test("a start that is not wanted any more ends", async () => {
  const controller = new AbortController();
  const reason = new Error("not today");
  const stages = new Set<string>();
  const starting = createSandbox({
    image: IMAGE,
    base,
    signal: controller.signal,
    onProgress: ({ stage }) => {
      stages.add(stage);
      if (stage === "restore") controller.abort(reason);
    },
  });
  await expect(starting).rejects.toBe(reason);
  expect([...stages]).toEqual(["manifest", "download", "restore"]);
});
