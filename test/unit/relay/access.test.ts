import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Accounts } from "../../../relay/access/accounts.ts";
import { Bucket } from "../../../relay/access/bucket.ts";
import { isAllowedOrigin, readOrigin } from "../../../relay/access/origin.ts";
import { mayUseName, signToken, verifyToken } from "../../../relay/access/token.ts";
import { DEFAULT_LIMITS } from "../../../relay/limits.ts";
import { openSocket, startRelay } from "./support.ts";

const secret = Buffer.from("a secret that has thirty-two bytes or more");
const now = 1_800_000_000_000;
const later = now / 1000 + 3600;
const good = signToken({ exp: later, scope: ["egress"], sub: "anna" }, secret);

/** Signs any payload rightly, as the relay's own code would not. */
function sign(payload: unknown): string {
  const text = Buffer.from(JSON.stringify(payload)).toString("base64url");
  const mac = createHmac("sha256", secret).update(`tabnix-relay-token-1.${text}`);
  return `${text}.${mac.digest("base64url")}`;
}

describe("tokens", () => {
  test("what is signed is believed until it ends", () => {
    expect(verifyToken(good, secret, now)).toEqual({ subject: "anna", scope: ["egress"] });
    expect(() => verifyToken(good, secret, later * 1000)).toThrow("has expired");
    expect(verifyToken(good, secret, later * 1000 - 1).subject).toBe("anna");
  });

  test("another secret's, a changed and a shortened token are not", () => {
    const [payload = "", signature = ""] = good.split(".");
    const forged = Buffer.from(JSON.stringify({ exp: later, scope: ["ingress:*"], sub: "anna" }));
    const tokens = [
      signToken(
        { exp: later, scope: ["egress"] },
        Buffer.from("another secret of enough bytes, this one"),
      ),
      `${forged.toString("base64url")}.${signature}`,
      good.slice(0, -1),
      good.slice(0, -20),
      `${payload}.`,
      `.${signature}`,
      payload,
      "",
      `${good}.x`,
      ` ${good}`,
      `${payload}.${"A".repeat(43)}`,
      `${"A".repeat(2000)}.${signature}`,
    ];
    for (const token of tokens) expect(() => verifyToken(token, secret, now)).toThrow("The token");
  });

  test("every single changed character is noticed", () => {
    const property = fc.property(
      fc.nat({ max: good.length - 1 }),
      fc.base64String(),
      (at, letters) => {
        const letter = letters[0] ?? "A";
        const changed = good.slice(0, at) + letter + good.slice(at + 1);
        // The last character of base64url has bits that mean nothing.
        if (changed === good || at === good.length - 1) return;
        expect(() => verifyToken(changed, secret, now)).toThrow();
      },
    );
    fc.assert(property);
  });

  test.each([
    [{ scope: ["egress"] }],
    [{ exp: "2030", scope: ["egress"] }],
    [{ exp: later }],
    [{ exp: later, scope: "egress" }],
    [{ exp: later, scope: ["everything"] }],
    [{ exp: later, scope: ["ingress:a.b"] }],
    [{ exp: later, scope: ["egress"], sub: "" }],
    [{ exp: later, scope: ["egress"], sub: 7 }],
    [null],
    ["egress"],
    [[later]],
  ])("%j, signed or not, says nothing", (claims) => {
    expect(() => verifyToken(sign(claims), secret, now)).toThrow("does not say what it must");
  });

  test("no message has a token in it", () => {
    for (const token of [good.slice(0, -1), `${good}x`]) {
      try {
        verifyToken(token, secret, now);
      } catch (error) {
        expect(String(error)).not.toContain(token.slice(0, 10));
      }
    }
  });

  test("names need their scope", () => {
    const access = (scope: string[]) => ({ subject: "anna", scope });
    expect(mayUseName(access(["ingress:demo"]), "demo")).toBe(true);
    expect(mayUseName(access(["ingress:demo"]), "demo2")).toBe(false);
    expect(mayUseName(access(["ingress:*"]), "demo2")).toBe(true);
    expect(mayUseName(access(["egress"]), "demo")).toBe(false);
  });
});

test("origins", () => {
  expect(isAllowedOrigin("http://localhost:8080", [])).toBe(true);
  expect(isAllowedOrigin("http://127.0.0.1", [])).toBe(true);
  expect(isAllowedOrigin("https://evil.example", [])).toBe(false);
  expect(isAllowedOrigin("http://localhost.evil.example", [])).toBe(false);
  expect(isAllowedOrigin("http://site.localhost:8090", [])).toBe(false);
  expect(isAllowedOrigin("null", [])).toBe(false);
  expect(isAllowedOrigin(undefined, [])).toBe(true);
  expect(isAllowedOrigin("https://tabnix.example", ["https://tabnix.example"])).toBe(true);
  expect(isAllowedOrigin("https://tabnix.example:444", ["https://tabnix.example"])).toBe(false);
  expect(isAllowedOrigin("http://localhost", ["https://tabnix.example"])).toBe(false);
  expect(isAllowedOrigin("https://evil.example", ["*"])).toBe(true);
  expect(readOrigin("https://tabnix.example/")).toBe("https://tabnix.example");
  for (const entry of ["tabnix.example", "https://tabnix.example/path", "null", "file:///x"]) {
    expect(() => readOrigin(entry)).toThrow("is no origin");
  }
});

describe("the door", () => {
  const inAYear = Math.floor(Date.now() / 1000) + 31_536_000;
  const token = (scope: string[], exp = inAYear) =>
    `tabnix.token.${signToken({ exp, scope }, secret)}`;

  test.each<[string, string, string[], Record<string, string>, number]>([
    ["no token", "/wisp/", ["wisp-v2"], {}, 401],
    ["a wrong one", "/wisp/", ["wisp-v2", "tabnix.token.x.y"], {}, 401],
    ["an expired one", "/wisp/", ["wisp-v2", token(["egress"], 1000)], {}, 401],
    ["two", "/wisp/", ["wisp-v2", token(["egress"]), token(["ingress:a"])], {}, 401],
    ["one for something else", "/wisp/", ["wisp-v2", token(["ingress:*"])], {}, 403],
    ["nothing beside it", "/wisp/", [token(["egress"])], {}, 400],
    [
      "another page",
      "/wisp/",
      ["wisp-v2", token(["egress"])],
      { origin: "https://evil.example" },
      403,
    ],
    ["another path", "/", ["wisp-v2", token(["egress"])], {}, 404],
    ["another's name", "/ingress?name=b", ["tabnix-ingress-1", token(["ingress:a"])], {}, 403],
    ["an odd name", "/ingress?name=A.b", ["tabnix-ingress-1", token(["ingress:*"])], {}, 403],
    ["no ingress in it", "/ingress", ["tabnix-ingress-1", token(["egress"])], {}, 403],
    ["no protocol", "/ingress?name=a", [token(["ingress:a"])], {}, 400],
  ])("%s is refused", async (_what, path, protocols, headers, status) => {
    const relay = await startRelay({ secret, origins: ["https://tabnix.example"] });
    const opening = openSocket(`ws://127.0.0.1:${relay.port}${path}`, protocols, headers);
    await expect(opening).rejects.toMatchObject({ status });
  });

  test("a good token opens, and is not said back", async () => {
    const lines: unknown[] = [];
    const relay = await startRelay({
      secret,
      origins: ["https://tabnix.example"],
      log: (...line) => lines.push(line),
    });
    const mine = token(["egress"]);
    const headers = { origin: "https://tabnix.example" };
    const socket = await openSocket(relay.wispUrl, ["wisp-v2", mine], headers);
    expect(socket.protocol).toBe("wisp-v2");
    expect(JSON.stringify(lines)).not.toContain(mine.slice("tabnix.token.".length));
    expect(lines).not.toEqual([]);
  });

  test("connections of a token are counted", async () => {
    const relay = await startRelay({ secret, limits: { connectionsPerToken: 2 } });
    const mine = ["wisp-v2", token(["egress"])];
    const first = await openSocket(relay.wispUrl, mine);
    await openSocket(relay.wispUrl, mine);
    await expect(openSocket(relay.wispUrl, mine)).rejects.toMatchObject({ status: 429 });
    await openSocket(relay.wispUrl, ["wisp-v2", token(["egress", "ingress:a"])]);
    const gone = new Promise((resolve) => first.once("close", resolve));
    first.close();
    await gone;
    await openSocket(relay.wispUrl, mine);
  });
});

test("a bucket gives its burst at once, and then its rate", () => {
  let time = 0;
  const bucket = new Bucket(1000, 5000, () => time);
  expect(bucket.spend(5000)).toBe(0);
  expect(bucket.spend(1000)).toBe(1000);
  time += 1000;
  expect(bucket.spend(500)).toBe(500);
  time += 100_000;
  expect(bucket.full).toBe(true);
  expect(bucket.spend(5001)).toBe(1);
});

test("an IPv6 network is one address, and closing gives room once", () => {
  const accounts = new Accounts({ ...DEFAULT_LIMITS, connectionsPerAddress: 1 });
  const first = accounts.open("a", "2001:db8:1:2::1");
  expect(typeof accounts.open("b", "2001:db8:1:2:ffff::2")).toBe("string");
  expect(typeof accounts.open("b", "2001:db8:1:3::1")).toBe("object");
  if (typeof first === "string") throw new Error(first);
  first.close();
  first.close();
  expect(accounts.connections).toBe(1);
});
