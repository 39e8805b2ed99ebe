/** Both ends of a connection over a real port, with a real machine behind it: in one process in place of two sites. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheFolder } from "../../../images/build/cache.ts";
import { Sandbox } from "../../../src/api/sandbox.ts";
import { Connection } from "../../../src/embed/frame/connection.ts";
import { EmbedMachine } from "../../../src/embed/frame/machine.ts";
import { FrameEngine } from "../../../src/embed/frame-engine.ts";
import { LocalComputer } from "../../../src/local/local-computer.ts";
import { nodeHost } from "../../../src/local/node-host.ts";
import { parseSetup } from "../../../src/setup/parse.ts";
import { EMBED_CALLS, PROGRAM_OUTPUT_BYTES } from "../../../workers/shared/limits.ts";

const imagesUrl = `${pathToFileURL(join(cacheFolder(), "images")).href}/`;
const LOAD = 7;

let machine: EmbedMachine;
let sandbox: Sandbox;
let connections: Connection[];
const opened: MessagePort[] = [];

/** The page's end of another connection to the machine. */
function connect(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const connection = new Connection({
    port: port2,
    machine,
    load: LOAD,
    onBye: () => connection.close(),
  });
  connections.push(connection);
  opened.push(port1);
  return port1;
}

/** What a page that keeps to nothing says, and what it is told, up to the answer to its last call. */
async function exchange(messages: readonly unknown[], last: number): Promise<unknown[]> {
  const port = connect();
  const told: unknown[] = [];
  const done = new Promise<void>((resolve) => {
    port.onmessage = ({ data }) => {
      told.push(data);
      if (data.call === last) resolve();
    };
  });
  for (const message of messages) port.postMessage(message);
  await done;
  return told;
}

beforeAll(async () => {
  const text = JSON.stringify({ image: "tiny", files: { "/root/given": "by the set-up" } });
  const base = new URL("https://site.example/");
  machine = new EmbedMachine({
    loaded: { setup: parseSetup(text), text, base, isFetched: false },
    imagesUrl,
    createComputer: (options) => new LocalComputer(options, nodeHost),
  });
  connections = [];
  machine.on((event) => {
    for (const connection of connections) connection.tell(event);
  });
  const engine = new FrameEngine(connect(), () => {});
  await engine.boot();
  sandbox = new Sandbox(engine, { GREETING: "hello" });
});

afterAll(async () => {
  await sandbox.close();
  for (const port of opened) port.close();
});

test("commands, input, output and signals go through", async () => {
  const line = "echo $GREETING; cat given -; echo wrong >&2; exit 3";
  expect(await sandbox.run(line, { stdin: " and the page" })).toEqual({
    stdout: "hello\nby the set-up and the page",
    stderr: "wrong\n",
    status: 3,
  });
  const input = "a line of many\n".repeat(50_000);
  const { stdout } = await sandbox.run(["cat"], { stdin: input });
  expect(stdout).toBe(input);
  const sleep = sandbox.spawn(["sleep", "1000"]);
  sleep.kill();
  expect(await sleep.exit).toBe(143);
});

test("a program whose output nobody reads waits", async () => {
  const program = sandbox.spawn(["dd", "if=/dev/zero", "bs=64k", "count=64", "of=/dev/stdout"]);
  // It is over when all was read, and not before.
  let isOver = false;
  void program.exit.then(() => {
    isOver = true;
  });
  await sandbox.run("true");
  let bytes = 0;
  for await (const piece of program.stdout) {
    if (bytes === 0) expect(isOver).toBe(false);
    bytes += piece.length;
  }
  expect(bytes).toBe(64 * 64 * 1024);
  expect(bytes).toBeGreaterThan(PROGRAM_OUTPUT_BYTES);
  expect(await program.exit).toBe(0);
});

test("files of any size are written, read, listed, renamed and removed", async () => {
  const content = Uint8Array.from({ length: 2_500_000 }, (_, i) => i % 251);
  await sandbox.fs.mkdir("/data/deep", { recursive: true });
  await sandbox.fs.write("/data/deep/large", content);
  expect(Buffer.compare(await sandbox.fs.read("/data/deep/large"), content)).toBe(0);
  await sandbox.fs.rename("/data/deep/large", "/data/large");
  const names = (await sandbox.fs.list("/data")).map(({ name, kind, size }) => [name, kind, size]);
  expect(names).toEqual([
    ["deep", "directory", 0],
    ["large", "file", content.length],
  ]);
  await sandbox.fs.remove("/data");
  expect(await sandbox.fs.exists("/data")).toBe(false);
  const none = sandbox.fs.readText("/data/large");
  await expect(none).rejects.toMatchObject({ name: "TabnixError", code: "not-found" });
});

test("a snapshot is given out", async () => {
  expect((await sandbox.snapshot()).size).toBeGreaterThan(0);
});

test("its servers are asked, and answer at length", async () => {
  const content = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 249);
  await sandbox.fs.mkdir("/www/cgi-bin", { recursive: true });
  await sandbox.fs.write("/www/large", content);
  const script = `#!/bin/sh
echo "Content-Type: text/plain"
echo "X-Method: $REQUEST_METHOD"
echo
cat
`;
  await sandbox.fs.write("/www/cgi-bin/echo", script);
  await sandbox.run("chmod +x /www/cgi-bin/echo");
  const server = sandbox.spawn(["httpd", "-f", "-p", "8080", "-h", "/www"]);
  await sandbox.ports.waitFor(8080);

  const given = await sandbox.ports.fetch(8080, "/large");
  expect([given.status, given.headers.get("content-length")]).toEqual([200, "3000000"]);
  // Nobody reads on: it waits, and others do not wait for it.
  const missing = await sandbox.ports.fetch(8080, "/missing");
  expect([missing.status, missing.statusText]).toEqual([404, "Not Found"]);
  expect(Buffer.compare(new Uint8Array(await given.arrayBuffer()), content)).toBe(0);

  const body = "a line of many\n".repeat(100_000);
  const echoed = await sandbox.ports.fetch(8080, "/cgi-bin/echo", { method: "POST", body });
  expect([echoed.headers.get("x-method"), await echoed.text()]).toEqual(["POST", body]);

  const stop = new AbortController();
  const cut = await sandbox.ports.fetch(8080, "/large", { signal: stop.signal });
  const rest = cut.arrayBuffer();
  stop.abort(new Error("not wanted any more"));
  await expect(rest).rejects.toThrow("not wanted any more");

  server.kill();
  expect(await server.exit).toBe(143);
  const refused = sandbox.ports.fetch(8080, "/large");
  await expect(refused).rejects.toMatchObject({ name: "TabnixError", code: "unreachable" });
  await sandbox.fs.remove("/www");
});

test("requests that fit to nothing change nothing", async () => {
  await sandbox.fs.mkdir("/www");
  await sandbox.fs.write("/www/page", "as it was");
  const server = sandbox.spawn(["httpd", "-f", "-p", "8081", "-h", "/www"]);
  await sandbox.ports.waitFor(8081);
  const port = connect();
  const told: { type: string; about?: { type: string; bytes?: Uint8Array } }[] = [];
  const ended = new Promise<void>((resolve) => {
    port.onmessage = ({ data }) => {
      told.push(data);
      if (data.about?.type === "end") resolve();
    };
  });
  const request = {
    type: "request",
    id: 1,
    port: 8081,
    method: "GET",
    target: "/page",
    fields: [],
  };
  const abouts = [
    { type: "more", id: 1, pieces: 16 },
    { type: "piece", id: 1, bytes: Uint8Array.of(1) },
    { type: "cancel", id: 1 },
    request,
    { ...request, target: "/other" },
    { type: "more", id: 1, pieces: 16 },
    { type: "more", id: 1, pieces: 1 },
    { type: "cancel", id: 2 },
  ];
  for (const [index, about] of abouts.entries()) {
    port.postMessage({ id: index + 1, type: "server", about });
  }
  await ended;
  expect(told.map(({ type, about }) => about?.type ?? type)).toEqual([
    "welcome",
    "accepted",
    "head",
    "piece",
    "end",
  ]);
  expect(new TextDecoder().decode(told[3]?.about?.bytes)).toBe("as it was");
  server.kill();
  await server.exit;
  await expect.poll(() => sandbox.ports.list).toEqual([]);
  await sandbox.fs.remove("/www");
});

test("what does not fit to what was before changes nothing", async () => {
  await sandbox.fs.mkdir("/made");
  const remove = { type: "remove", path: "/made" };
  const about = { program: 0, type: "start", request: { command: "rm -r /made", environment: {} } };
  const told = await exchange(
    [
      remove,
      { id: 2, ...remove },
      { id: 1, ...remove, more: 1 },
      { id: 2, type: "program", about },
      { id: 1, type: "cancel", call: 99 },
      { id: 1, ...remove },
      { id: 2, type: "more", reader: 1 },
      { id: 3, type: "program", about: { program: 3, type: "write", bytes: Uint8Array.of(1) } },
      { id: 4, type: "program", about: { program: 3, type: "read", descriptor: 1, bytes: 9 } },
      { id: 5, type: "list", path: "/made" },
    ],
    5,
  );
  expect(told).toEqual([
    { id: 1, type: "welcome", load: LOAD, state: "running", ports: [] },
    {
      id: 2,
      type: "failed",
      call: 2,
      error: { code: "closed", message: "That file is not open any more.", hint: "" },
    },
    { id: 3, type: "answer", call: 5, answer: [] },
  ]);
});

test("a page cannot have more calls and files under way than there may be", async () => {
  const reads = Array.from({ length: EMBED_CALLS + 1 }, (_, i) => ({
    id: i + 1,
    type: "read",
    path: "/root/given",
  }));
  const told = await exchange(reads, EMBED_CALLS + 1);
  const kinds = told.map((message) => (message as { type: string }).type);
  expect(kinds).toEqual(["welcome", ...new Array(EMBED_CALLS).fill("answer"), "failed"]);
  expect(told.at(-1)).toMatchObject({ call: EMBED_CALLS + 1, error: { code: "busy" } });
});

test("the programs of a page that has said goodbye end, and those of others go on", async () => {
  const other = sandbox.spawn(["sleep", "1001"]);
  const start = { type: "start", request: { command: "exec sleep 1002", environment: {} } };
  const ended = connect();
  ended.postMessage({ id: 1, type: "program", about: { program: 0, ...start } });
  const running = async (seconds: number) => {
    const { stdout } = await sandbox.run(`ps | grep -c "[s]leep ${seconds}"`);
    return stdout;
  };
  await expect.poll(() => running(1002), { timeout: 30_000 }).toBe("1\n");
  ended.postMessage({ id: 2, type: "bye" });
  await expect.poll(() => running(1002), { timeout: 30_000 }).toBe("0\n");
  expect(await running(1001)).toBe("1\n");
  other.kill();
  expect(await other.exit).toBe(143);
});

test("a machine that was closed starts again afresh, and only then", async () => {
  await sandbox.fs.write("/root/mine", "kept for this machine");
  const engine = new FrameEngine(connect(), () => {});
  await sandbox.close();
  await expect(sandbox.run("true")).rejects.toMatchObject({ code: "closed" });
  expect(machine.state).toBe("stopped");
  await engine.boot();
  const another = new Sandbox(engine, {});
  expect(machine.starts).toBe(2);
  expect(await another.run("ls /root")).toEqual({ stdout: "given\n", stderr: "", status: 0 });
  await another.close();
  expect(machine.state).toBe("stopped");
});
