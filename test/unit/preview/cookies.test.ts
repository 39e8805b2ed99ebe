import { expect, it } from "vitest";
import { parseCookieDate } from "../../../workers/kernel/network/preview/cookie-date.ts";
import { CookieJar } from "../../../workers/kernel/network/preview/cookie-jar.ts";

const NOW = Date.UTC(2030, 0, 1);

function jarOf(...cookies: [text: string, path?: string][]) {
  let now = NOW;
  const jar = new CookieJar(() => now);
  for (const [text, path = "/"] of cookies) jar.set(text, path);
  return { jar, pass: (ms: number) => (now += ms) };
}

it("gives cookies by path, longer ones first", () => {
  const { jar } = jarOf(
    ["a=1"],
    ["b=2; Path=/x"],
    ["c=3", "/x/y/z"],
    ["d=4; path=nonsense", "/q/"],
  );
  expect(jar.header("/")).toBe("a=1");
  expect(jar.header("/x")).toBe("b=2; a=1");
  expect(jar.header("/x/y/other")).toBe("c=3; b=2; a=1");
  expect(jar.header("/xy")).toBe("a=1");
  expect(jar.header("/q/r")).toBe("d=4; a=1");
});

it("replaces, expires and deletes", () => {
  const { jar, pass } = jarOf(
    ["a=1; Max-Age=10"],
    ["b=2; Expires=Tue, 01 Jan 2030 00:00:20 GMT"],
    ["c=3"],
  );
  jar.set("c=4", "/");
  expect(jar.header("/")).toBe("a=1; b=2; c=4");
  pass(10_000);
  expect(jar.header("/")).toBe("b=2; c=4");
  jar.set("c=; Max-Age=0", "/");
  expect(jar.header("/")).toBe("b=2");
  pass(10_000);
  expect(jar.header("/")).toBe("");
});

it("keeps scripts away from cookies that are not theirs", () => {
  const { jar } = jarOf(["s=1; HttpOnly; Secure; SameSite=Strict"], ["v=2"]);
  expect(jar.visible("/")).toBe("v=2");
  jar.set("s=stolen", "/", true);
  jar.set("h=1; HttpOnly", "/", true);
  jar.set("v=3", "/", true);
  expect(jar.header("/")).toBe("s=1; v=3");
});

it("ignores what is for others, breaks its prefix or is too large", () => {
  const { jar } = jarOf(
    ["a=1; Domain=example.com"],
    ["__Secure-a=1"],
    ["__Host-a=1; Secure; Path=/x"],
    [`big=${"x".repeat(5000)}`],
    ["ctl=a\u0001b"],
    [""],
    ["ok=1; Domain=localhost"],
    ["__Host-ok=1; Secure; Path=/"],
  );
  expect(jar.header("/")).toBe("ok=1; __Host-ok=1");
  for (let i = 0; i < 1000; i += 1) jar.set(`n${i}=1`, "/");
  expect(jar.header("/").split("; ")).toHaveLength(180);
});

it.each([
  ["Sun, 06 Nov 1994 08:49:37 GMT", Date.UTC(1994, 10, 6, 8, 49, 37)],
  ["Sunday, 06-Nov-94 08:49:37 GMT", Date.UTC(1994, 10, 6, 8, 49, 37)],
  ["Sun Nov  6 08:49:37 1994", Date.UTC(1994, 10, 6, 8, 49, 37)],
  ["Thu, 31 Feb 2030 00:00:00 GMT", undefined],
  ["soon", undefined],
])("reads the date %s", (text, time) => {
  expect(parseCookieDate(text)).toBe(time);
});
