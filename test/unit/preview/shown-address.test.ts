import { expect, it } from "vitest";
import { parseReported, parseTyped, shown } from "../../../src/app/preview/shown-address.ts";
import { addressOnSite, parsePreviewPath } from "../../../workers/service/addresses.ts";

it.each([
  ["localhost:8080", "localhost:8080/"],
  ["http://localhost:8080/a?b#c", "localhost:8080/a?b#c"],
  ["127.0.0.1:3000/x", "localhost:3000/x"],
  [":3000", "localhost:3000/"],
  ["3000", "localhost:3000/"],
  ["3000?q", "localhost:3000/?q"],
  [" /only/path ", "localhost:80/only/path"],
  ["localhost/", undefined],
  ["99999", undefined],
  ["https://example.com/", undefined],
  ["example.com", undefined],
  ["javascript:alert(1)", undefined],
])("reads %j as %s", (typed, expected) => {
  const address = parseTyped(typed, 80);
  expect(address && shown(address)).toBe(expected);
});

it("believes no page that it is somewhere else", () => {
  const site = new URL("https://site.example/app/");
  const of = (address: string) => parseReported(site, address);
  expect(of("/app/preview/base/8080/x?y#z")).toEqual({ port: 8080, path: "/x?y#z" });
  expect(of("/app/preview/base/8080")).toEqual({ port: 8080, path: "/" });
  expect(of("/app/")).toBeUndefined();
  expect(of("https://[")).toBeUndefined();
});

it("tells previews from everything else, and leaves other addresses alone", () => {
  const parse = (path: string) => parsePreviewPath("/", path);
  expect(parse("/preview/base/80/x")).toEqual({ machine: "base", port: 80, path: "/x" });
  for (const path of [
    "/preview/.shim/80/x",
    "/preview/base/0/",
    "/preview/base/080/",
    "/preview/base/65536/",
    "/previews/base/80/",
  ]) {
    expect(parse(path)).toBeUndefined();
  }
  const server = { machine: "base", port: 80 };
  const to = (url: string) => addressOnSite(new URL(url), "https://s.example", "/", server);
  expect(to("https://s.example/preview/base/80/")).toBeUndefined();
  expect(to("https://s.example/x?y#z")).toBe("/preview/base/80/x?y#z");
  expect(to("http://localhost/x")).toBe("/preview/base/80/x");
  expect(to("https://localhost:8443/x")).toBeUndefined();
  expect(to("https://elsewhere.example/")).toBeUndefined();
  expect(to("mailto:a@b")).toBeUndefined();
});
