import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { verifyToken } from "../../../relay/access/token.ts";
import { makeLog } from "../../../relay/observe/log.ts";
import { readOptions } from "../../../relay/options.ts";
import { makeToken } from "../../../relay/token-command.ts";
import { typescript } from "../../../scripts/lib/child.mjs";
import { WispClient } from "../../../workers/kernel/network/relay/wisp-client.ts";
import { listen, openSocket, readAll, socket, startClient, startRelay, until } from "./support.ts";

/** The relay as a program. */
function run(args: string[]) {
  const child = spawn(process.execPath, typescript("relay/cli.ts", args), { stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { out: "", err: "" };
  child.stdout?.on("data", (piece) => {
    said.out += piece;
  });
  child.stderr?.on("data", (piece) => {
    said.err += piece;
  });
  return { child, said };
}

async function exit(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, "close");
  return code;
}

function secretFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tabnix-relay-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "secret"), text);
  return join(folder, "secret");
}

describe("options", () => {
  test.each<[string[], string]>([
    [["--prot", "1"], "Unknown option '--prot'"],
    [["extra"], "Unexpected argument 'extra'"],
    [["--port", "http"], '"http" is not a port.'],
    [["--port", "65536"], '"65536" is not a port.'],
    [["--host", "0.0.0.0"], "others reach this relay, and nobody would need a token"],
    [["--secret-file", "/nowhere/secret"], "The secret cannot be read"],
    [["--origin", "tabnix.example"], '"tabnix.example" is no origin.'],
    [["--allow", "example.org"], "a name does not open anything"],
    [["--allow", "127.1"], "write the address as 127.0.0.1"],
    [["--deny", "a b"], '"a b" is no destination'],
    [["--forward", "10.0.0.1:80"], "--forward 10.0.0.1:80: it is not two addresses"],
    [["--trust-proxy", "proxy.example"], "--trust-proxy takes an address or a network"],
    [["--public-url", "relay.example"], '"relay.example" is no address of a relay.'],
    [["--public-url", "https://relay.example/path"], "is no address of a relay."],
    [["--public-url", "https://192.0.2.1"], "an address has no subdomains"],
    [["--public-url", "https://[2001:db8::1]/"], "an address has no subdomains"],
    [["--name-server", "dns.example"], '"dns.example" is no name server.'],
    [["--rate", "fast"], '--rate takes a number above 0, not "fast".'],
    [["--connections", "0"], '--connections takes a number above 0, not "0".'],
  ])("%j", (args, message) => {
    expect(() => readOptions(args, () => {})).toThrow(message);
  });

  test("a secret that could be guessed is not taken", () => {
    expect(() => readOptions(["--secret-file", secretFile("hunter2\n")], () => {})).toThrow(
      "The secret has 7 bytes; it needs 32 or more.",
    );
  });
});

describe("tokens", () => {
  const file = () => secretFile(`${"s".repeat(40)}\n`);

  test("that are made are those that are believed", () => {
    const args = ["--secret-file", file(), "--scope", "egress", "--scope", "ingress:demo"];
    const token = makeToken([...args, "--expires", "2h", "--subject", "anna"], 1000);
    const secret = Buffer.from("s".repeat(40));
    expect(verifyToken(token, secret, 7_200_000)).toEqual({
      subject: "anna",
      scope: ["egress", "ingress:demo"],
    });
    expect(() => verifyToken(token, secret, 7_201_001)).toThrow("expired");
  });

  test.each<[string[], string]>([
    [[], "A token needs the relay's secret"],
    [["--secret-file", "FILE"], "A token needs a scope"],
    [["--secret-file", "FILE", "--scope", "all"], '"all" is no scope.'],
    [["--secret-file", "FILE", "--scope", "egress"], "A token needs an end"],
    [["--secret-file", "FILE", "--scope", "egress", "--expires", "soon"], '"soon" is no duration.'],
    [["--secret-file", "FILE", "--scope", "egress", "--expires", "0d"], '"0d" is no duration.'],
    [
      ["--secret-file", "FILE", "--scope", "egress", "--expires", "1d", "--subject", "a b"],
      "--subject",
    ],
  ])("%j", (args, message) => {
    const given = args.map((arg) => (arg === "FILE" ? file() : arg));
    expect(() => makeToken(given, 0)).toThrow(message);
  });
});

describe("the program", () => {
  test("says where it is, relays, and ends with status 0 when what goes on has ended", async () => {
    const port = await listen((peer) => peer.pipe(peer));
    const { child, said } = run(["--port", "0", "--allow", `127.0.0.1:${port}`]);
    await until(() => said.out.includes("Ingress"));
    const url = /WISP +(\S+)/.exec(said.out)?.[1] ?? "";
    const client = new WispClient({ url, socket });
    onTestFinished(() => client.close());
    const stream = await client.connect("127.0.0.1", port);
    child.kill("SIGTERM");
    await until(() => said.err.includes("Stopping"));
    // Nobody new, and no new streams; what is there goes on.
    await expect(openSocket(url)).rejects.toThrow();
    await expect(client.connect("127.0.0.1", port)).rejects.toMatchObject({ code: "ECONNABORTED" });
    await stream.write(Buffer.from("until the end"));
    stream.end();
    const ended = exit(child);
    expect((await readAll(stream)).toString()).toBe("until the end");
    expect(await ended).toBe(0);
  });

  test("stops at once at the second signal", async () => {
    const port = await listen((peer) => peer.resume());
    const { child, said } = run(["--port", "0", "--allow", `127.0.0.1:${port}`]);
    await until(() => said.out.includes("Ingress"));
    const client = new WispClient({ url: /WISP +(\S+)/.exec(said.out)?.[1] ?? "", socket });
    onTestFinished(() => client.close());
    const stream = await client.connect("127.0.0.1", port);
    const reading = stream.read().catch((error) => error.code);
    child.kill("SIGTERM");
    await until(() => said.err.includes("Stopping"));
    child.kill("SIGTERM");
    expect(await exit(child)).toBe(0);
    expect(await reading).toBe("ECONNRESET");
  });

  test("says what is wrong, and what to do", async () => {
    const { child, said } = run(["--host", "0.0.0.0"]);
    expect(await exit(child)).toBe(1);
    expect(said.err).toBe(
      "\nerror: On 0.0.0.0 others reach this relay, and nobody would need a token.\n" +
        "       Add --secret-file <file>, or --open if that is what you want.\n",
    );
  });

  test("says that its port is taken", async () => {
    const port = await listen(() => {});
    const { child, said } = run(["--port", String(port)]);
    expect(await exit(child)).toBe(1);
    expect(said.err).toContain(`The relay cannot listen on 127.0.0.1 port ${port}`);
  });
});

test("a deadline ends what does not end by itself", async () => {
  const port = await listen((peer) => peer.resume());
  const relay = await startRelay({ allow: ["127.0.0.1"] });
  const stream = await startClient(relay).connect("127.0.0.1", port);
  const reading = stream.read().catch((error) => error.code);
  expect(await relay.stop(20)).toBe(false);
  expect(await reading).toBe("ECONNRESET");
});

test("health and metrics; metrics are not for everybody", async () => {
  const get = (port: number, path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const asking = request({ port, path, headers, host: "127.0.0.1", agent: false });
      asking.on("error", reject);
      asking.on("response", async (response) => {
        let text = "";
        for await (const piece of response) text += piece;
        resolve({ status: response.statusCode, text });
      });
      asking.end();
    });
  const relay = await startRelay();
  expect(await get(relay.port, "/healthz")).toEqual({ status: 200, text: "ok\n" });
  await openSocket(relay.wispUrl);
  const { text } = await get(relay.port, "/metrics");
  expect(text).toContain("# TYPE tabnix_relay_connections gauge\ntabnix_relay_connections 1\n");
  expect(text).toContain('tabnix_relay_upgrades_total{result="accepted"} 1\n');
  // Through a proxy on the same computer anybody may ask.
  const proxied = { "X-Forwarded-For": "198.51.100.7" };
  expect((await get(relay.port, "/metrics", proxied)).status).toBe(404);
  const open = await startRelay({ publicMetrics: true });
  expect((await get(open.port, "/metrics", proxied)).status).toBe(200);
});

test("a log line is one line, whatever a client writes", () => {
  const lines: string[] = [];
  const now = () => new Date(0);
  makeLog((line) => lines.push(line), false, now)("info", "stream refused", {
    host: "a\n\u001b[31mb",
  });
  makeLog((line) => lines.push(line), true, now)("warn", "stream refused", { host: "a\nb" });
  expect(lines).toEqual([
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"stream refused","host":"a??[31mb"}\n',
    "00:00:00 ! stream refused host=a?b\n",
  ]);
});
