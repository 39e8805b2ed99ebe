import { beforeEach, expect, test } from "vitest";
import { type NetworkChoice, NetworkPresence } from "../../../src/app/network-presence.ts";
import type { NoticeAction } from "../../../src/app/notices.ts";
import { SettingsStore } from "../../../src/app/settings.ts";
import type { Computer, ComputerEvents } from "../../../src/computer.ts";
import type { NetworkReport, RelaySettings } from "../../../workers/kernel/network/contract.ts";

const ADDRESS = "https://demo.relay.example/";

/** What is on the screen: the hint and the actions by message. */
let shown: Map<string, { hint: string; actions: NoticeAction[] }>;
let settings: SettingsStore;
let asked: unknown[];
let presence: NetworkPresence;
let report: (report: NetworkReport) => void;

/** The part of a computer that is for the network. */
function computer(imageRelay?: RelaySettings): Computer {
  const part = {
    imageRelay,
    on: (_event: string, listener: (value: ComputerEvents["network"]) => void) => {
      report = listener;
    },
    useRelay: (relay: RelaySettings | undefined) => asked.push(["relay", relay?.url]),
    share: (port: number) => asked.push(["share", port]),
    unshare: (port: number) => asked.push(["unshare", port]),
    joinNetwork: (name: string | undefined) => asked.push(["lan", name]),
  };
  return part as unknown as Computer;
}

let noted: string[];

function presenceWith(only?: NetworkChoice): NetworkPresence {
  return new NetworkPresence({
    settings,
    only,
    note: (text) => noted.push(text),
    notices: {
      show: ({ message, hint }, ...actions) => void shown.set(message, { hint, actions }),
      dismiss: (message) => void shown.delete(message),
    },
    copy: (text) => asked.push(["copy", text]),
    onChange: () => {},
  });
}

beforeEach(() => {
  shown = new Map();
  asked = [];
  noted = [];
  settings = new SettingsStore(undefined);
  presence = presenceWith();
});

const online = { state: "online", server: { name: "demo", address: ADDRESS } } as const;

test("a port that became public is shown with its address, until it is not", () => {
  settings.update({ relay: "wss://relay.example/wisp/" });
  presence.follow(computer());
  asked = [];
  presence.share(8080);
  expect(asked).toEqual([["share", 8080]]);
  report({ type: "share", port: 8080, state: { state: "connecting" } });
  expect(shown.size).toBe(0);
  report({ type: "share", port: 8080, state: online });
  const [[message, { actions }] = ["", { actions: [] }]] = shown;
  expect(message).toBe(`Port 8080 is public at ${ADDRESS}`);
  expect(actions.map(({ label }) => label)).toEqual(["Copy", "Stop sharing"]);
  for (const { onChoose } of actions) onChoose();
  expect(asked.slice(1)).toEqual([
    ["copy", ADDRESS],
    ["unshare", 8080],
  ]);
  // The visitor had dismissed it.
  shown.clear();
  presence.share(8080);
  expect([...shown.keys()]).toEqual([message]);
  expect(presence.status.publicPorts).toEqual([{ port: 8080, address: ADDRESS }]);
  report({ type: "share", port: 8080, state: { state: "idle" } });
  expect([presence.status.publicPorts, shown.size]).toEqual([[], 0]);
});

test("why a port is not public is said once it is for good", () => {
  presence.follow(computer());
  const offline = { state: "offline", reason: "It is gone." } as const;
  report({ type: "share", port: 80, state: online });
  report({ type: "share", port: 80, state: { ...offline, retryMs: 1000 } });
  expect(shown.size).toBe(1);
  expect(presence.status.publicPorts).toHaveLength(1);
  report({ type: "share", port: 80, state: { ...offline, retryMs: undefined } });
  report({ type: "share", port: 80, state: { state: "idle" } });
  expect([...shown]).toEqual([
    ["Port 80 has no public address.", { hint: "It is gone.", actions: [] }],
  ]);
});

test("without a relay there is a hint instead", () => {
  presence.follow(computer());
  asked = [];
  presence.share(8080);
  expect(asked).toEqual([]);
  expect([...shown.keys()]).toEqual(["There is no relay to share a port at."]);
});

test("the image's relay is used where the settings have none, and named as such", () => {
  presence.follow(computer({ url: "wss://image.example/wisp/" }));
  expect(asked).toEqual([["relay", undefined]]);
  expect(presence.status).toMatchObject({ host: "image.example", isOfImage: true });
  presence.share(8080);
  expect(asked.at(-1)).toEqual(["share", 8080]);
  settings.update({ relay: "wss://own.example/wisp/" });
  expect(presence.status).toMatchObject({ host: "own.example", isOfImage: false });
});

test("another machine has no public ports", () => {
  presence.follow(computer());
  report({ type: "share", port: 80, state: online });
  presence.follow(computer());
  expect([presence.status.publicPorts, shown.size]).toEqual([[], 0]);
});

test("a set-up without a network uses nothing of the settings, also when they change", () => {
  settings.update({ relay: "wss://own.example/wisp/", relayToken: "secret", lan: "home" });
  presence = presenceWith({});
  presence.follow(computer());
  settings.update({ relay: "wss://other.example/wisp/", lan: "office" });
  expect(asked).toEqual([["relay", undefined]]);
  expect(presence.status).toEqual({ state: { state: "idle" }, publicPorts: [], isFixed: true });
  presence.share(8080);
  expect([...shown.values()].map(({ hint }) => hint)).toEqual([
    "The set-up that runs here names none.",
  ]);
  report({ type: "no-relay" });
  expect(noted).toEqual([
    "tabnix: this set-up has no relay, so the machine reaches nothing outside of this page.",
  ]);
});

test("a set-up's own network takes the place of the visitor's, whose token stays here", () => {
  settings.update({ relay: "wss://own.example/wisp/", relayToken: "secret", lan: "home" });
  const used: unknown[] = [];
  presence = presenceWith({ relay: { url: "wss://class.example/wisp/" }, lan: "class" });
  presence.follow(Object.assign(computer(), { useRelay: (relay: unknown) => used.push(relay) }));
  expect(used).toEqual([{ url: "wss://class.example/wisp/" }]);
  expect(asked).toEqual([["lan", "class"]]);
  expect(presence.status).toMatchObject({ host: "class.example", isOfImage: false, isFixed: true });
});
