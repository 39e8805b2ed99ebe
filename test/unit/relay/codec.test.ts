import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TabnixError } from "../../../workers/shared/errors.ts";
import {
  decodeIngressFrame,
  encodeIngressFrame,
  INGRESS_MESSAGE_BYTES,
  type IngressFrame,
} from "../../../workers/shared/ingress/frame.ts";
import {
  clientExtensions,
  readClientExtensions,
  readServerExtensions,
  serverExtensions,
} from "../../../workers/shared/wisp/extensions.ts";
import {
  decodeWispPacket,
  encodeWispPacket,
  type WispPacket,
} from "../../../workers/shared/wisp/packet.ts";

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const positive = fc.integer({ min: 1, max: 0xffff_ffff });
const byte = fc.integer({ min: 0, max: 255 });
const bytes = fc.uint8Array({ maxLength: 200 });
const host = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });

const packet: fc.Arbitrary<WispPacket> = fc.oneof(
  fc.record({
    type: fc.constant("connect" as const),
    stream: word,
    transport: fc.constantFrom("tcp" as const, "udp" as const),
    port: fc.integer({ min: 0, max: 65_535 }),
    host,
  }),
  fc.record({ type: fc.constant("data" as const), stream: word, bytes }),
  fc.record({ type: fc.constant("continue" as const), stream: word, packets: word }),
  fc.record({ type: fc.constant("close" as const), stream: word, reason: byte }),
  fc.record({
    type: fc.constant("info" as const),
    major: byte,
    minor: byte,
    extensions: fc.array(fc.record({ id: byte, payload: bytes }), { maxLength: 5 }),
  }),
  fc.record({ type: fc.constant("end" as const), stream: word }),
  fc.record({ type: fc.constant("window" as const), stream: word, bytes: word }),
);

const frame: fc.Arbitrary<IngressFrame> = fc.oneof(
  fc.record({
    type: fc.constant("hello" as const),
    version: byte,
    window: word,
    name: fc.string({ maxLength: 63, unit: "grapheme-ascii" }),
    address: fc.webUrl(),
  }),
  fc.record({ type: fc.constant("open" as const), stream: positive, peer: fc.ipV6() }),
  fc.record({
    type: fc.constant("data" as const),
    stream: positive,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
  }),
  fc.record({ type: fc.constant("window" as const), stream: positive, bytes: word }),
  fc.record({ type: fc.constant("end" as const), stream: positive }),
  fc.record({ type: fc.constant("reset" as const), stream: positive, reason: byte }),
);

describe.each([
  ["WISP", packet, decodeWispPacket, encodeWispPacket] as const,
  ["the ingress", frame, decodeIngressFrame, encodeIngressFrame] as const,
])("%s", (_name, messages, decode, encode) => {
  test("what is written is read", () => {
    const property = fc.property(messages as fc.Arbitrary<never>, (message) => {
      expect(decode(encode(message))).toEqual(message);
    });
    fc.assert(property);
  });

  test("any bytes are a message or malformed, and what is read is no larger than they are", () => {
    const tampered = fc
      .tuple(messages as fc.Arbitrary<never>, fc.nat(), byte, fc.nat({ max: 20 }))
      .map(([message, at, value, cut]) => {
        const written = encode(message);
        written[at % written.length] = value;
        return written.subarray(0, written.length - Math.min(cut, written.length));
      });
    const property = fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 300 }), tampered),
      (message) => {
        let read: ReturnType<typeof decode>;
        try {
          read = decode(message);
        } catch (error) {
          expect(error).toBeInstanceOf(TabnixError);
          expect(error).toMatchObject({ code: "malformed" });
          return;
        }
        // Views of the message itself: nothing was made that could be larger.
        if ("bytes" in read && read.bytes instanceof Uint8Array) {
          expect(read.bytes.buffer).toBe(message.buffer);
        }
        if (read.type === "info") {
          for (const { payload } of read.extensions) expect(payload.buffer).toBe(message.buffer);
        }
      },
    );
    fc.assert(property, { numRuns: 2000 });
  });
});

test("packets are those of the specification", () => {
  const hex = (message: WispPacket) => Buffer.from(encodeWispPacket(message)).toString("hex");
  const connect = { type: "connect", stream: 0x01020304, port: 443, host: "a.b" } as const;
  expect(hex({ ...connect, transport: "tcp" })).toBe("010403020101bb01612e62");
  expect(hex({ ...connect, transport: "udp" })).toBe("010403020102bb01612e62");
  expect(hex({ type: "data", stream: 1, bytes: Buffer.from("hi") })).toBe("02010000006869");
  expect(hex({ type: "continue", stream: 0, packets: 128 })).toBe("030000000080000000");
  expect(hex({ type: "close", stream: 2, reason: 0x44 })).toBe("040200000044");
  const extensions = [{ id: 2, payload: Buffer.from([1]) }];
  expect(hex({ type: "info", major: 2, minor: 1, extensions })).toBe("05000000000201020100000001");
});

test("extensions of servers and clients", () => {
  const offer = { udp: true, openConfirmation: true, streamControl: true, motd: "hello" };
  const server = readServerExtensions(serverExtensions(offer));
  expect(server).toEqual({ ...offer, authentication: "none" });
  expect(readClientExtensions(clientExtensions(server, 1234))).toEqual({
    udp: true,
    openConfirmation: true,
    window: 1234,
  });
  const none = readServerExtensions([{ id: 2, payload: new Uint8Array([1]) }]);
  expect(none).toMatchObject({ udp: false, streamControl: false, authentication: "password" });
  expect(clientExtensions(none, 1234)).toEqual([]);
});

test("passwords and signatures of clients are read", () => {
  const password = Buffer.concat([Buffer.from([4, 6, 0]), Buffer.from("annasecret")]);
  const key = Buffer.concat([Buffer.from([1]), Buffer.alloc(64, 7), Buffer.alloc(64, 8)]);
  const read = readClientExtensions([
    { id: 2, payload: password },
    { id: 3, payload: key },
  ]);
  expect(read.password).toEqual({ user: "anna", password: "secret" });
  expect(read.key).toEqual({
    algorithm: 1,
    keyHash: Buffer.alloc(64, 7),
    signature: Buffer.alloc(64, 8),
  });
});

test("any extension is read or malformed", () => {
  const extensions = fc.array(
    fc.record({ id: fc.constantFrom(1, 2, 3, 4, 5, 0x54, 9), payload: bytes }),
    { maxLength: 4 },
  );
  const property = fc.property(extensions, (entries) => {
    readServerExtensions(entries);
    try {
      readClientExtensions(entries);
    } catch (error) {
      expect(error).toMatchObject({ name: "TabnixError", code: "malformed" });
    }
  });
  fc.assert(property);
});

test("a message that is too long is not read", () => {
  expect(() => decodeIngressFrame(new Uint8Array(INGRESS_MESSAGE_BYTES + 1))).toThrow("too many");
  expect(() => decodeWispPacket(new Uint8Array(300 * 1024))).toThrow("too many");
});
