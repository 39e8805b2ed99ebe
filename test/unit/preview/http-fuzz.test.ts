import fc from "fast-check";
import { expect, it } from "vitest";
import { framingOf, readBody } from "../../../workers/kernel/network/http/body.ts";
import { ByteReader } from "../../../workers/kernel/network/http/byte-reader.ts";
import { HttpError } from "../../../workers/kernel/network/http/http-error.ts";
import { readResponseHead } from "../../../workers/kernel/network/http/response-head.ts";
import {
  readFrame,
  WebSocketError,
} from "../../../workers/kernel/network/http/websocket-frames.ts";
import type { ByteStream } from "../../../workers/shared/byte-stream.ts";

/** A stream of these pieces. */
function streamOf(pieces: readonly Uint8Array[]): ByteStream {
  const left = pieces.filter((piece) => piece.length > 0).map((piece) => piece.slice());
  return {
    read: async () => left.shift(),
    write: async () => {},
    end: () => {},
    abort: () => {},
  };
}

async function parse(pieces: readonly Uint8Array[]): Promise<unknown> {
  const reader = new ByteReader(streamOf(pieces));
  try {
    const head = await readResponseHead(reader);
    if (!head) return "nothing";
    const parts: Uint8Array[] = [];
    for await (const piece of readBody(reader, framingOf("GET", head))) parts.push(piece.slice());
    return { head, body: Buffer.concat(parts).toString("latin1") };
  } catch (error) {
    expect(error).toBeInstanceOf(HttpError);
    return (error as HttpError).code;
  }
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const cuts = [0, ...at.map((it) => it % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end));
}

const line = fc.constantFrom(
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.0 404\n",
  "HTTP/1.1 100 C\r\n\r\n",
  "Content-Length: 5\r\n",
  "Content-Length: 7\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Connection: close\r\n",
  " folded\r\n",
  "X-A: b\r\n",
  "\r\n",
  "\n",
  "5\r\nhello\r\n",
  "0\r\n",
  "a;x\r\n0123456789\r\n",
  "\0",
  "\r",
  "hello",
);
const looksLikeHttp = fc.array(line, { maxLength: 14 }).map((parts) => Buffer.from(parts.join("")));
const bytes = fc.oneof(looksLikeHttp, fc.uint8Array({ maxLength: 200 }));
const cuts = fc.array(fc.nat(), { maxLength: 10 });

it("reads the same response whatever pieces it comes in, and fails with its own error only", () =>
  fc.assert(
    fc.asyncProperty(bytes, cuts, async (all, at) => {
      const whole = Uint8Array.from(all);
      const expected = await parse([whole]);
      expect(await parse(cut(whole, at))).toEqual(expected);
      expect(await parse(Array.from(whole, (byte) => Uint8Array.of(byte)))).toEqual(expected);
    }),
    { numRuns: 1500 },
  ));

it("reads frames of any bytes without anything but its own error", () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), cuts, async (all, at) => {
      const read = async (pieces: readonly Uint8Array[]) => {
        const reader = new ByteReader(streamOf(pieces));
        const frames: unknown[] = [];
        try {
          for (;;) {
            const frame = await readFrame(reader, 1000);
            if (!frame) return frames;
            expect(frame.payload.length).toBeLessThanOrEqual(1000);
            frames.push(frame);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(WebSocketError);
          return [...frames, (error as WebSocketError).status];
        }
      };
      expect(await read(cut(all, at))).toEqual(await read([all]));
    }),
    { numRuns: 1500 },
  ));
