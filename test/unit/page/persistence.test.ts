/** What the page learns when it asks the browser to keep what is saved. */
import { afterEach, expect, test, vi } from "vitest";
import { keepStorage } from "../../../src/local/persistence.ts";

afterEach(() => vi.unstubAllGlobals());

test.each([
  [true, false, 0, true],
  [false, true, 1, true],
  [false, false, 1, false],
])("kept already: %s, granted: %s", async (already, granted, asked, kept) => {
  const persist = vi.fn(async () => granted);
  vi.stubGlobal("navigator", { storage: { persisted: async () => already, persist } });
  expect(await keepStorage()).toBe(kept);
  expect(persist).toHaveBeenCalledTimes(asked);
});

test("a browser that does not tell", async () => {
  vi.stubGlobal("navigator", {});
  expect(await keepStorage()).toBeUndefined();
});
