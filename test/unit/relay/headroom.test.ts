import { expect, test } from "vitest";
import { copyWithHeadroom, takeHeadroom } from "../../../workers/shared/headroom.ts";
import { decodeWispPacket, encodeWispPacket } from "../../../workers/shared/wisp/packet.ts";

const BYTES = Uint8Array.of(1, 2, 3);
const copy = () => copyWithHeadroom(BYTES, (length) => new Uint8Array(length).fill(0xff));

test("the room is in front of the same bytes, and clean", () => {
  const bytes = copy();
  expect([...bytes]).toEqual([1, 2, 3]);
  const message = takeHeadroom(bytes, 5);
  expect([...(message ?? [])]).toEqual([0, 0, 0, 0, 0, 1, 2, 3]);
  expect(message?.buffer).toBe(bytes.buffer);
});

test("it is taken once", () => {
  const bytes = copy();
  expect(takeHeadroom(bytes, 5)).toBeDefined();
  expect(takeHeadroom(bytes, 5)).toBeUndefined();
});

test("only the first part of bytes that were divided has room", () => {
  const bytes = copy();
  expect(takeHeadroom(bytes.subarray(1), 5)).toBeUndefined();
  expect([...(takeHeadroom(bytes.subarray(0, 1), 1) ?? [])]).toEqual([0, 1]);
});

test("there is none in front of other bytes, nor more than there is", () => {
  expect(takeHeadroom(new Uint8Array(20).subarray(8), 5)).toBeUndefined();
  expect(takeHeadroom(copy(), 9)).toBeUndefined();
});

test("a packet of DATA is made in place, and of parts of the same bytes as a copy", () => {
  const bytes = copy();
  const [head, tail] = [bytes.subarray(0, 2), bytes.subarray(2)];
  const first = encodeWispPacket({ type: "data", stream: 7, bytes: head });
  const second = encodeWispPacket({ type: "data", stream: 7, bytes: tail });
  expect(first.buffer).toBe(bytes.buffer);
  expect(second.buffer).not.toBe(bytes.buffer);
  expect([first, second].map(decodeWispPacket)).toEqual([
    { type: "data", stream: 7, bytes: Uint8Array.of(1, 2) },
    { type: "data", stream: 7, bytes: Uint8Array.of(3) },
  ]);
});
