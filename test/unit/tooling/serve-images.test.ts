import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serveImages } from "../../../scripts/vite-images.ts";

const HASH = "ab".repeat(32);
const STORED = `store/ab/${HASH}.zst`;

let folder: string;
let server: Server;
let address: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tabnix-serve-"));
  mkdirSync(join(folder, "store/ab"), { recursive: true });
  writeFileSync(join(folder, STORED), "bytes");
  mkdirSync(join(folder, "base"));
  writeFileSync(join(folder, "base/manifest.json"), "{}");
  const middleware = serveImages(folder, { "Cross-Origin-Resource-Policy": "same-origin" });
  server = createServer((request, response) => {
    middleware(request, response, () => response.writeHead(418).end("next"));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("not a TCP server");
  address = `http://127.0.0.1:${bound.port}`;
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** All of an answer that a page can tell. */
async function ask(path: string, init?: RequestInit) {
  const response = await fetch(address + path, init);
  const { headers } = response;
  return {
    status: response.status,
    type: headers.get("content-type"),
    length: headers.get("content-length"),
    cache: headers.get("cache-control"),
    encoding: headers.get("content-encoding"),
    policy: headers.get("cross-origin-resource-policy"),
    body: await response.text(),
  };
}

const PASSED_ON = {
  status: 418,
  type: null,
  length: null,
  cache: null,
  encoding: null,
  policy: null,
  body: "next",
};

test("a stored file is bytes that never change", async () => {
  expect(await ask(`/images/${STORED}`)).toEqual({
    status: 200,
    type: "application/octet-stream",
    length: "5",
    cache: "public, max-age=31536000, immutable",
    encoding: null,
    policy: "same-origin",
    body: "bytes",
  });
});

test("a manifest is JSON that is asked for again each time", async () => {
  expect(await ask("/images/base/manifest.json?x=1")).toEqual({
    status: 200,
    type: "application/json",
    length: "2",
    cache: "no-cache",
    encoding: null,
    policy: "same-origin",
    body: "{}",
  });
});

test("HEAD answers without the body", async () => {
  const { body, length, status } = await ask(`/images/${STORED}`, { method: "HEAD" });
  expect({ body, length, status }).toEqual({ body: "", length: "5", status: 200 });
});

test("what is missing is 404 and is not remembered", async () => {
  for (const path of [`/images/store/cd/${"cd".repeat(32)}.zst`, "/images/none/manifest.json"]) {
    expect(await ask(path)).toEqual({
      status: 404,
      type: "text/plain",
      length: null,
      cache: "no-store",
      encoding: null,
      policy: "same-origin",
      body: "Not found.\n",
    });
  }
});

test("everything else, and every way out of the folder, is passed on", async () => {
  for (const path of [
    "/",
    "/images/format/manifest.ts",
    "/images/base.json",
    "/images/base/other.json",
    "/images/store/ab/short.zst",
    `/images/..%2f${STORED}`,
    "/images/%2e%2e/manifest.json",
  ]) {
    expect(await ask(path)).toEqual(PASSED_ON);
  }
  expect(await ask(`/images/${STORED}`, { method: "POST" })).toEqual(PASSED_ON);
});
