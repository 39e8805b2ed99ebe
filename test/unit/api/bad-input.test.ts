/** What callers give wrongly gets one clear error, before anything is done. */
import { expect, test } from "vitest";
import type { SandboxOptions } from "../../../src/api/contract.ts";
import { createSandbox } from "../../../src/api/create.ts";
import type { SandboxEngine, SandboxPlace } from "../../../src/api/engine.ts";
import { createSandbox as createUnderNode } from "../../../src/api/node.ts";
import { Sandbox } from "../../../src/api/sandbox.ts";

/** An engine that runs, and does nothing: whatever is called on it beside is a failure of the test. */
const engine = {
  state: "running",
  ports: [],
  on: () => {},
  close: async () => {},
} as unknown as SandboxEngine;
const nowhere: SandboxPlace = {
  imagesUrl: () => "https://tabnix.example/images/",
  makeEngine: () => {
    throw new Error("an engine was made");
  },
};

const sandbox = new Sandbox(engine, {});
const { fs, ports } = sandbox;
/** As a page without types would. */
const wrong = <T>(value: unknown) => value as T;

const create = (options: object) => createSandbox(nowhere, options as SandboxOptions);

const CASES: [name: string, call: () => unknown, message: string][] = [
  [
    "no options",
    () => create(wrong(undefined)),
    "The options must be an object, and is undefined.",
  ],
  ["no image", () => create({}), "image must be a text, and is undefined."],
  ["no name", () => create({ image: "../x" }), '"../x" is not the name of an image.'],
  [
    "relative file",
    () => create({ image: "base", files: { "a/b": "" } }),
    'A path in files must be absolute, and is "a/b".',
  ],
  [
    "content of a file",
    () => create({ image: "base", files: { "/a": 1 } }),
    "The content of /a must be a text, bytes or a Blob, and is 1.",
  ],
  ["env", () => create({ image: "base", env: { A: 1 } }), "env.A must be a text, and is 1."],
  [
    "env name",
    () => create({ image: "base", env: { "A=": "" } }),
    '"A=" is no name of a variable.',
  ],
  [
    "snapshot",
    () => create({ image: "base", snapshot: "x" }),
    "snapshot must be a Blob, as snapshot() gives it.",
  ],
  [
    "signal",
    () => create({ image: "base", signal: {} }),
    "signal must be an AbortSignal, and is an object of type Object.",
  ],
  [
    "network",
    () => create({ image: "base", network: "lan" }),
    'network must be an object, and is "lan".',
  ],
  [
    "relay",
    () => create({ image: "base", network: { relay: { url: "http://relay.example" } } }),
    '"http://relay.example" is not the address of a relay.',
  ],
  [
    "no base under Node",
    () => createUnderNode(wrong({ image: "base" })),
    "base is missing: under Node there is no page to look for images beside.",
  ],
  [
    "no command",
    () => sandbox.run(""),
    'A command must be a line for the shell or a list of arguments, and is "".',
  ],
  [
    "empty list",
    () => sandbox.run([]),
    "A command must be a line for the shell or a list of arguments, and is an empty list.",
  ],
  [
    "number in a list",
    () => sandbox.run(wrong(["a", 1])),
    "A command must be a line for the shell or a list of arguments, and is a list.",
  ],
  ["options", () => sandbox.run("a", wrong(5)), "The options must be an object, and is 5."],
  [
    "negative timeout",
    () => sandbox.run("a", { timeoutMs: -1 }),
    "timeoutMs must be a number of milliseconds above 0, and is -1.",
  ],
  [
    "no number",
    () => sandbox.run("a", { timeoutMs: wrong("1") }),
    'timeoutMs must be a number of milliseconds above 0, and is "1".',
  ],
  [
    "too long for a timer",
    () => sandbox.run("a", { timeoutMs: 2 ** 31 }),
    "timeoutMs must be a number of milliseconds above 0, and is 2147483648.",
  ],
  [
    "output",
    () => sandbox.run("a", { maxOutputBytes: 0.5 }),
    "maxOutputBytes must be a whole number of bytes, and is 0.5.",
  ],
  ["cwd", () => sandbox.run("a", { cwd: "tmp" }), 'cwd must be absolute, and is "tmp".'],
  ["spawn", () => sandbox.spawn("a", { env: wrong([null]) }), "env.0 must be a text, and is null."],
  ["path", () => fs.read("a"), 'A path must be absolute, and is "a".'],
  ["new path", () => fs.rename("/a", "b"), 'A path must be absolute, and is "b".'],
  [
    "content",
    () => fs.write("/a", wrong([1])),
    "The content of /a must be a text, bytes or a Blob, and is a list.",
  ],
  ["port", () => ports.waitFor(0), "A port is a whole number from 1 to 65535, not 0."],
  [
    "asked port",
    () => ports.fetch(70_000, "/"),
    "A port is a whole number from 1 to 65535, not 70000.",
  ],
];

test.each(CASES)("%s", async (_, call, message) => {
  const called = async () => call();
  await expect(called()).rejects.toMatchObject({
    name: "TabnixError",
    code: "invalid-input",
    message,
  });
});

test("nothing is kept under Node", async () => {
  const persist = createUnderNode({ image: "base", base: "/images", persist: true });
  await expect(persist).rejects.toMatchObject({ code: "unsupported" });
});

test("a terminal needs a page", async () => {
  await expect(sandbox.terminal(wrong({}))).rejects.toMatchObject({ code: "unsupported" });
});
