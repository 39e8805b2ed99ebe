/** Messages of frames: honest ones are taken, and nothing that differs in any part. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Call } from "../../../src/embed/contract.ts";
import { ANSWERS, isFromFrame, isHello, isReady, isToFrame } from "../../../src/embed/messages.ts";
import type { Is } from "../../../src/embed/shapes.ts";
import {
  AGENT_STRINGS,
  DEFAULT_OVERLAY_BYTES,
  EMBED_ARGUMENT_CHARACTERS,
  EMBED_MAX_HEIGHT,
  EMBED_PATH_CHARACTERS,
  EMBED_TEXT_CHARACTERS,
  FILE_PIECE_BYTES,
  HTTP_HEAD_BYTES,
  HTTP_HEAD_FIELDS,
  HTTP_PIECE_BYTES,
  MAX_LISTENING_PORTS,
  MAX_PROGRAMS,
  PREVIEW_WINDOW_PIECES,
  PROGRAM_WRITE_BYTES,
} from "../../../workers/shared/limits.ts";
import { MAX_PORT } from "../../../workers/shared/port-number.ts";
import { ANSWERED, FROM_FRAME, STATUS, TO_FRAME } from "./samples.ts";

const RUNS = 2000;
const READY = { type: "tabnix-embed-ready", version: 1, load: 1.5 };
const HELLO = { type: "tabnix-embed-hello", version: 1 };

/** What is no value of any member. */
const NONSENSE = [null, undefined, {}, [], "nonsense", -1, 0.5, Number.NaN, () => {}];
/** Members that take any text, or nothing: some nonsense is sense there. */
const FREE = new Set([
  "answer",
  "code",
  "command",
  "cookies",
  "hint",
  "message",
  "method",
  "reason",
  "target",
]);
const OPTIONAL = new Set(["answer", "cookies", "directory", "leadsTo", "length", "mode", "target"]);
const FRACTIONS = new Set(["load", "mtime"]);
/** Members that may be empty. */
const EMPTY = new Set(["environment", "fields", "ports"]);

type Node = Record<string, unknown>;

const isNode = (value: unknown): value is Node =>
  typeof value === "object" &&
  value !== null &&
  !(value instanceof Uint8Array) &&
  !(value instanceof Blob);

/** The message with each of its members in turn replaced, and with one more beside it. */
function* corrupted(message: unknown): Generator<unknown> {
  if (!isNode(message) || Array.isArray(message)) return;
  for (const [name, value] of Object.entries(message)) {
    for (const nonsense of NONSENSE) {
      if (FREE.has(name) && (typeof nonsense === "string" || name === "answer")) continue;
      if (OPTIONAL.has(name) && nonsense === undefined) continue;
      if (FRACTIONS.has(name) && typeof nonsense === "number" && !Number.isNaN(nonsense)) continue;
      const isEmpty = isNode(nonsense) && Array.isArray(nonsense) === (name !== "environment");
      if (EMPTY.has(name) && isEmpty) continue;
      yield { ...message, [name]: nonsense };
    }
    if (name === "environment" || name === "answer") continue;
    for (const other of corrupted(value)) yield { ...message, [name]: other };
    if (OPTIONAL.has(name)) continue;
    const { [name]: _left, ...rest } = message;
    yield rest;
  }
  yield { ...message, more: 1 };
}

describe.each<[string, Is<unknown>, readonly unknown[]]>([
  ["ready", isReady, [READY]],
  ["hello", isHello, [HELLO]],
  ["to the frame", isToFrame, TO_FRAME],
  ["from the frame", isFromFrame, FROM_FRAME],
])("a message: %s", (_name, is, honest) => {
  test("is taken when it is honest, also as it comes out of a port", () => {
    expect(honest.filter((message) => !is(message))).toEqual([]);
    expect(honest.filter((message) => !is(structuredClone(message)))).toEqual([]);
  });

  test("is refused when a member is missing, too many or something else", () => {
    const wrong = honest.flatMap((message) => [...corrupted(message)]);
    expect(wrong.length).toBeGreaterThan(honest.length * NONSENSE.length);
    expect(wrong.filter(is)).toEqual([]);
  });

  test("is never anything, whatever comes", () => {
    fc.assert(
      fc.property(fc.anything({ withTypedArray: true, withMap: true }), (value) => !is(value)),
      { numRuns: RUNS },
    );
    const types = honest.map((message) => (message as { type: string }).type);
    const almost = fc.record({
      id: fc.oneof(fc.nat(), fc.anything()),
      type: fc.constantFrom(...types),
      about: fc.anything(),
      answer: fc.anything(),
      path: fc.anything(),
    });
    // No message has all of these.
    fc.assert(
      fc.property(almost, (value) => !is(value)),
      { numRuns: RUNS },
    );
  });
});

test("what is larger than it may be is refused, and what is as large is not", () => {
  const texts = (length: number) => "x".repeat(length);
  const about = (more: object) => ({ id: 1, type: "program", about: { program: 0, ...more } });
  const start = (request: object) =>
    about({ type: "start", request: { command: "ls", environment: {}, ...request } });
  const server = (more: object) => ({ id: 1, type: "server", about: { id: 1, ...more } });
  const request = (more: object) =>
    server({ type: "request", port: 80, method: "GET", target: "/", fields: [], ...more });
  const head = (more: object) =>
    server({ type: "head", status: 200, reason: "", fields: [], ...more });
  const notice = (message: string) => ({
    id: 1,
    type: "notice",
    error: { code: "full", message, hint: "" },
  });
  const blobOf = (size: number) =>
    Object.defineProperty(new Blob(), "size", { value: size }) as Blob;
  const cases: [Is<unknown>, (over: number) => unknown][] = [
    [isToFrame, (n) => ({ id: 1, type: "list", path: `/${texts(EMBED_PATH_CHARACTERS - 1 + n)}` })],
    [
      isToFrame,
      (n) => ({
        id: 1,
        type: "write",
        path: "/a",
        content: blobOf(DEFAULT_OVERLAY_BYTES + n),
        replaces: "nothing",
      }),
    ],
    [isToFrame, (n) => about({ type: "write", bytes: new Uint8Array(PROGRAM_WRITE_BYTES + n) })],
    [isToFrame, (n) => server({ type: "piece", bytes: new Uint8Array(HTTP_PIECE_BYTES + n) })],
    [isToFrame, (n) => server({ type: "more", pieces: PREVIEW_WINDOW_PIECES + n })],
    [isToFrame, (n) => request({ target: texts(HTTP_HEAD_BYTES + n) })],
    [isToFrame, (n) => request({ port: MAX_PORT + n })],
    [isToFrame, (n) => request({ fields: new Array(HTTP_HEAD_FIELDS + n).fill(["a", "b"]) })],
    [
      isFromFrame,
      (n) =>
        head({
          fields: [
            ["a", texts(HTTP_HEAD_BYTES - 3 + n)],
            ["b", "c"],
          ],
        }),
    ],
    [isFromFrame, (n) => server({ type: "piece", bytes: new Uint8Array(HTTP_PIECE_BYTES + n) })],
    [isFromFrame, (n) => head({ status: 999 + n })],
    [isToFrame, (n) => about({ type: "end-input", program: MAX_PROGRAMS - 1 + n })],
    [isToFrame, (n) => start({ command: texts(EMBED_ARGUMENT_CHARACTERS + n) })],
    [isToFrame, (n) => start({ command: new Array(AGENT_STRINGS + n).fill("a") })],
    [
      isToFrame,
      (n) =>
        start({
          environment: Object.fromEntries(
            Array.from({ length: AGENT_STRINGS + n }, (_, i) => [`A${i}`, ""]),
          ),
        }),
    ],
    [isFromFrame, (n) => ({ id: 1, type: "size", height: EMBED_MAX_HEIGHT + n })],
    [isFromFrame, (n) => notice(texts(EMBED_TEXT_CHARACTERS + n))],
    [
      isFromFrame,
      (n) => ({ id: 1, type: "ports", ports: new Array(MAX_LISTENING_PORTS + n).fill(80) }),
    ],
    [ANSWERS.more, (n) => new Uint8Array(FILE_PIECE_BYTES + n)],
    [isToFrame, (n) => ({ id: Number.MAX_SAFE_INTEGER + n, type: "start" })],
  ];
  expect(cases.map(([is, make]) => [is(make(0)), is(make(1))])).toEqual(
    cases.map(() => [true, false]),
  );
});

test("shared memory is no content: it could change after it was looked at", () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(4));
  const about = { program: 0, type: "write", bytes };
  expect(isToFrame({ id: 1, type: "program", about })).toBe(false);
  expect(ANSWERS.more(bytes)).toBe(false);
});

test("an answer is one to its call only", () => {
  const types = Object.keys(ANSWERED) as Call["type"][];
  const taken = types.map((call) => types.filter((other) => ANSWERS[call](ANSWERED[other])));
  const nothing = ["start", "close", "make-directory", "rename"];
  expect(Object.fromEntries(types.map((type, index) => [type, taken[index]]))).toEqual({
    start: nothing,
    close: nothing,
    list: ["list"],
    status: ["status", "write"],
    read: ["read", "remove"],
    more: ["start", "close", "more", "make-directory", "rename"],
    write: ["status", "write"],
    "make-directory": nothing,
    rename: nothing,
    remove: ["read", "remove"],
    export: ["export"],
  });
  const entries = [...corrupted({ ...STATUS, name: "file" })];
  expect(entries.filter((entry) => ANSWERS.list([entry]))).toEqual([
    // A name is any text.
    { ...STATUS, name: "nonsense" },
  ]);
});
