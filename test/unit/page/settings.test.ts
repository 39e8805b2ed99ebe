import { expect, test } from "vitest";
import { SettingsStore } from "../../../src/app/settings.ts";

const INITIAL = {
  theme: "system",
  fontSize: 14,
  screenReader: false,
  keyBar: "auto",
  relay: "",
  relayToken: "",
  lan: "",
};

function storage(content?: string) {
  let stored = content ?? null;
  return {
    getItem: () => stored,
    setItem: (_key: string, value: string) => {
      stored = value;
    },
  };
}

test("what is chosen is remembered", () => {
  const kept = storage();
  const store = new SettingsStore(kept);
  const seen: unknown[] = [];
  store.addEventListener("change", () => seen.push(store.value));
  store.update({ theme: "dark", fontSize: 400 });
  store.update({ keyBar: "shown", screenReader: true });
  const chosen = { theme: "dark", fontSize: 32, screenReader: true, keyBar: "shown" };
  const expected = { ...INITIAL, ...chosen };
  expect(seen).toEqual([{ ...INITIAL, theme: "dark", fontSize: 32 }, expected]);
  expect(new SettingsStore(kept).value).toEqual(expected);
});

test.each([undefined, "", "{", "null", "7", '{"theme":"pink","fontSize":"big","keyBar":1}'])(
  "stored %j gives the first settings",
  (content) => {
    expect(new SettingsStore(storage(content)).value).toEqual(INITIAL);
  },
);

test.each([
  ["demo", "demo"],
  ["my-net-2", "my-net-2"],
  ["Demo", ""],
  ["../x", ""],
  ["-", ""],
  ["a".repeat(33), ""],
])("a local network named %j is %j", (lan, kept) => {
  const store = new SettingsStore(storage());
  store.update({ lan });
  expect(store.value.lan).toBe(kept);
});

test("storage that throws costs only the memory", () => {
  const fail = (): never => {
    throw new DOMException("blocked", "SecurityError");
  };
  const store = new SettingsStore({ getItem: fail, setItem: fail });
  store.update({ theme: "light" });
  expect(store.value).toEqual({ ...INITIAL, theme: "light" });
  expect(new SettingsStore(undefined).value).toEqual(INITIAL);
});
