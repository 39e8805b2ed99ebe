import fc from "fast-check";
import { expect, it } from "vitest";
import { policyForPreview } from "../../../workers/service/content-security.ts";
import { injectTag } from "../../../workers/service/html-injection.ts";

const TAG = "<script></script>";

async function inject(pieces: Uint8Array<ArrayBuffer>[], charset = ""): Promise<Buffer> {
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const parts: Uint8Array[] = [];
  for await (const part of stream.pipeThrough(injectTag(TAG, charset))) parts.push(part);
  return Buffer.concat(parts);
}
const bytes = (text: string, encoding: BufferEncoding = "utf8") =>
  Uint8Array.from(Buffer.from(text, encoding));

it.each([
  ["<!doctype html><p>", `<!doctype html>${TAG}<p>`],
  [" <!-- <p> --><!DOCTYPE html>\n<html>", ` <!-- <p> --><!DOCTYPE html>\n${TAG}<html>`],
  ["\ufeff<html>", `\ufeff${TAG}<html>`],
  ["text", `${TAG}text`],
  ["", TAG],
  ["<", `${TAG}<`],
  ["<!-- never ends", "<!-- never ends"],
])("puts the tag into %j, in any pieces", async (html, expected) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 5 }), async (at) => {
      const all = bytes(html);
      const ends = [...at.filter((it) => it < all.length).sort((a, b) => a - b), all.length];
      const pieces = ends.map((end, i) => all.slice(ends[i - 1] ?? 0, end));
      expect((await inject(pieces)).toString()).toBe(expected);
    }),
    { numRuns: 60 },
  );
});

it("writes UTF-16 where the page does, and breaks no other bytes", async () => {
  const wide = `\ufeff<!doctype html>`;
  expect((await inject([bytes(`${wide}<p>é`, "utf16le")])).toString("utf16le")).toBe(
    `${wide}${TAG}<p>é`,
  );
  const shiftJis = Uint8Array.of(...bytes("<p>"), 0x83, 0x5c, 0x5c);
  expect([...(await inject([shiftJis]))]).toEqual([...bytes(TAG), ...shiftJis]);
});

it("lets the page's policy allow the script, and no more", () => {
  expect(policyForPreview("default-src 'self'; frame-ancestors 'none'", "N")).toBe(
    "default-src 'self'",
  );
  expect(policyForPreview("script-src 'none'", "N")).toBe("script-src 'nonce-N'");
  expect(policyForPreview("script-src 'nonce-a' 'strict-dynamic'", "N")).toBe(
    "script-src 'nonce-a' 'strict-dynamic' 'nonce-N'",
  );
  expect(policyForPreview("script-src 'unsafe-inline'", "N")).toBe(
    "script-src 'unsafe-inline' 'self'",
  );
  expect(policyForPreview("img-src x", "N")).toBe("img-src x");
});
