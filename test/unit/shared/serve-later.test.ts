import { afterEach, expect, test, vi } from "vitest";
import { serveLater } from "../../../workers/shared/serve-later.ts";

afterEach(() => vi.unstubAllGlobals());

/** A worker's global scope. */
function play() {
  const scope: { onmessage?: (event: { data: string }) => void } = {};
  const reported: unknown[] = [];
  vi.stubGlobal("self", scope);
  vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
  return { say: (data: string) => scope.onmessage?.({ data }), reported };
}

test("messages that come before the service wait for it, in their order", async () => {
  const { say, reported } = play();
  const handled: string[] = [];
  let loaded = (_service: { handle(message: string): Promise<void> }) => {};
  const loading = new Promise<Parameters<typeof loaded>[0]>((resolve) => {
    loaded = resolve;
  });
  serveLater(() => loading);
  say("first");
  say("second");
  await Promise.resolve();
  expect(handled).toEqual([]);
  loaded({ handle: async (message) => void handled.push(message) });
  await loading;
  say("third");
  await expect.poll(() => handled).toEqual(["first", "second", "third"]);
  expect(reported).toEqual([]);
});

test("whoever started the worker is told that it cannot be loaded", async () => {
  const { say, reported } = play();
  const failure = new Error("no such file");
  serveLater(() => Promise.reject(failure));
  say("first");
  await expect.poll(() => reported).toEqual([failure]);
});
