/** `tabnix-share` in a real guest, a real relay, and visitors who ask it by HTTP. */
import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { signToken } from "../../../relay/access/token.ts";
import type { Relay } from "../../../relay/relay.ts";
import type { NetworkReport } from "../../../workers/kernel/network/contract.ts";
import { NetworkService } from "../../../workers/kernel/network/network-service.ts";
import { MAX_TERMINALS } from "../../../workers/shared/limits.ts";
import { socket, startRelay, until } from "../relay/support.ts";
import { networkedGuest } from "./networked-guest.ts";

const TIMEOUT_MS = 40_000;
const SECRET = Buffer.from("0123456789abcdef0123456789abcdef");
const INTERRUPT = Uint8Array.of(3);

let guest: Guest;
let service: NetworkService;
let frames: MessagePort;
let reports: NetworkReport[] = [];

beforeAll(async () => {
  const channel = new MessageChannel();
  frames = channel.port2;
  service = new NetworkService((report) => reports.push(report), { socket });
  service.attach(channel.port1, "tabnix");
  const receive = (frame: Uint8Array, reply: (frame: Uint8Array) => void) => {
    frames.onmessage = ({ data }: MessageEvent<Uint8Array>) => reply(data);
    frames.postMessage(frame.slice());
  };
  guest = await networkedGuest({ receive }, { hostname: "tabnix" });
  await guest.run(
    "until ip addr show eth0 | grep -q 'inet '; do sleep 0.1; done; " +
      "mkdir -p /tmp/www; echo hello > /tmp/www/index.html; httpd -p 127.0.0.1:8080 -h /tmp/www",
  );
}, TIMEOUT_MS);

afterAll(async () => {
  service.handle({ type: "relay" });
  frames.close();
  await guest.destroy();
});

beforeEach(() => {
  service.handle({ type: "relay" });
  reports = [];
});

function useRelay(relay: Relay, token?: string): void {
  service.handle({
    type: "relay",
    relay: { url: relay.wispUrl, ...(token === undefined ? {} : { token }) },
  });
}

/** What a visitor of a name gets. */
function visit(relay: Relay, name: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${name}.localhost:${relay.port}` };
    const asked = request(
      { host: "127.0.0.1", port: relay.port, agent: false, headers },
      (answer) => {
        let body = "";
        answer.on("data", (piece) => {
          body += piece;
        });
        answer.on("end", () => resolve({ status: answer.statusCode, body }));
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}

/** Runs it at a terminal. */
function start(...words: string[]) {
  let shown = "";
  const argv = ["/usr/bin/tabnix-share", ...words];
  const program = { argv, environment: {}, directory: "/", raw: false };
  const ended = guest.open(program, (text) => {
    shown += text;
  });
  return {
    ended,
    get shown() {
      return shown.replaceAll("\r\n", "\n");
    },
    /** Waits until it has shown something, or has ended. */
    shows: (text: string) => Promise.race([until(() => shown.includes(text)), ended]),
    interrupt: () => guest.machine.input(MAX_TERMINALS - 1, INTERRUPT),
  };
}

const sharing = () => reports.filter(({ type }) => type === "share").map((it) => stateOf(it));
const stateOf = (report: NetworkReport) => ("state" in report ? report.state.state : "");

test("the public reaches a server of the guest until Ctrl-C", { timeout: TIMEOUT_MS }, async () => {
  const relay = await startRelay();
  useRelay(relay);
  const program = start("8080", "demo");
  await program.shows("\n");
  expect(program.shown).toBe(`http://demo.localhost:${relay.port}/ → port 8080; Ctrl-C ends it\n`);
  expect(await visit(relay, "demo")).toEqual({ status: 200, body: "hello\n" });
  expect(sharing()).toEqual(["connecting", "online"]);

  const second = await guest.run("tabnix-share 8080 other");
  expect(second).toEqual({
    status: 1,
    output: `tabnix-share: Port 8080 is shared already, at http://demo.localhost:${relay.port}/.\n`,
  });

  program.interrupt();
  await program.ended;
  await until(() => sharing().at(-1) === "idle");
  await until(() => relay.metrics.value("names") === 0);
  expect(await visit(relay, "demo")).toMatchObject({
    status: 503,
    body: expect.stringContaining("Nobody serves this address now"),
  });
});

test("a port without a server is told apart", { timeout: TIMEOUT_MS }, async () => {
  const relay = await startRelay();
  useRelay(relay);
  const program = start("9999", "empty");
  await program.shows("Ctrl-C");
  expect(await visit(relay, "empty")).toMatchObject({
    status: 502,
    body: expect.stringContaining("Nothing listens there"),
  });
  program.interrupt();
  await program.ended;
});

test("a relay that goes away is told of, and the address comes back with it", {
  timeout: TIMEOUT_MS,
}, async () => {
  const relay = await startRelay();
  useRelay(relay);
  const program = start("8080", "again");
  await program.shows("Ctrl-C");
  relay.terminate();
  await program.shows("It is tried again");
  await until(() => program.shown.split("→").length === 3);
  expect(program.shown).toMatch(
    /^http.* → port 8080; Ctrl-C ends it\ntabnix-share: The connection .* lost.*\. It is tried again; Ctrl-C ends it\.\nhttp.* → port 8080; Ctrl-C ends it\n$/,
  );
  expect(await visit(relay, "again")).toMatchObject({ status: 200 });
  program.interrupt();
  await program.ended;
});

test("the page ends it too, and a shell that ends takes it along", {
  timeout: TIMEOUT_MS,
}, async () => {
  const relay = await startRelay();
  useRelay(relay);
  const program = start("8080", "ended");
  await program.shows("Ctrl-C");
  service.handle({ type: "unshare", port: 8080 });
  expect(await program.ended).toBe(0);
  expect(program.shown).toContain("tabnix-share: The page has ended it.\n");

  const other = start("8080", "closed");
  await other.shows("Ctrl-C");
  guest.machine.closeTerminal(MAX_TERMINALS - 1);
  await until(() => sharing().at(-1) === "idle");
  await other.ended;
});

test("what the page shares is in the same table", { timeout: TIMEOUT_MS }, async () => {
  const relay = await startRelay();
  useRelay(relay);
  service.handle({ type: "share", port: 8080, name: "page" });
  await until(() => sharing().at(-1) === "online");
  // Told again, as after a reboot: it stays.
  useRelay(relay);
  service.handle({ type: "share", port: 8080 });
  expect(sharing()).toEqual(["connecting", "online", "online"]);
  expect(await visit(relay, "page")).toMatchObject({ status: 200 });
  expect((await guest.run("tabnix-share 8080")).output).toContain(
    "is shared already, at http://page.",
  );
  service.handle({ type: "unshare", port: 8080 });
  expect(sharing().at(-1)).toBe("idle");
});

test("says why it cannot, with status 1", { timeout: TIMEOUT_MS }, async () => {
  expect(await guest.run("tabnix-share 8080")).toEqual({
    status: 1,
    output: expect.stringMatching(/^tabnix-share: No relay is set.*Settings.*\n$/),
  });
  const relay = await startRelay({ secret: SECRET });
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const token = (sub: string, ...scope: string[]) => signToken({ exp, sub, scope }, SECRET);

  useRelay(relay, token("one", "egress", "ingress:mine"));
  await until(() => reports.some((it) => it.type === "relay" && stateOf(it) === "online"));
  expect(await guest.run("tabnix-share 8080 yours")).toEqual({
    status: 1,
    output:
      'tabnix-share: The relay does not give the name "yours" to this token: it needs the scope ingress:yours.\n',
  });
  expect(sharing()).toEqual(["connecting", "offline", "idle"]);

  service.handle({ type: "share", port: 1, name: "mine" });
  await until(() => sharing().at(-1) === "online");
  const other = new NetworkService(() => {}, { socket });
  other.handle({
    type: "relay",
    relay: { url: relay.wispUrl, token: token("two", "egress", "ingress:*") },
  });
  service.handle({ type: "unshare", port: 1 });
  await until(() => relay.metrics.value("names") === 0);
  other.handle({ type: "share", port: 1, name: "mine" });
  await until(() => relay.metrics.value("names") === 1);
  expect(await guest.run("tabnix-share 8080 mine")).toEqual({
    status: 1,
    output: "tabnix-share: The name is taken: another tab has it. Choose another name.\n",
  });
  other.handle({ type: "relay" });
});

test("is used as its help says", { timeout: TIMEOUT_MS }, async () => {
  const help = await guest.run("tabnix-share --help");
  expect(help).toEqual({ status: 0, output: expect.stringMatching(/^Usage: tabnix-share PORT/) });
  expect(await guest.run("tabnix-share")).toEqual({ status: 2, output: help.output });
  for (const wrong of [
    "http",
    "0",
    "080",
    "65536",
    "99999999999",
    "''",
    "80 a.b",
    "80 -a",
    "80 ''",
  ]) {
    expect(await guest.run(`tabnix-share ${wrong}`)).toEqual({
      status: 2,
      output: expect.stringMatching(/tabnix-share: the (port|name) must be .*\n$/),
    });
  }
});
