import { expect, test } from "vitest";
import { type Manifest, parseManifest } from "../../../images/format/manifest.ts";

const artefact = { sha256: "0".repeat(64), size: 1, compressedSize: 1 };
const MANIFEST: Manifest = {
  version: 1,
  name: "x",
  description: "x",
  suite: "trixie",
  release: "13.7",
  date: "2026-01-01T00:00:00.000Z",
  memoryMegabytes: 64,
  shell: "/bin/sh",
  environment: {},
  index: artefact,
  files: 1,
  bytes: 1,
  bios: artefact,
  kernel: { release: "6", flavour: "tuned", bzImage: artefact, commandLine: "" },
  prefetch: [],
  sbom: artefact,
};
const parsed = (network: unknown) => parseManifest(JSON.stringify({ ...MANIFEST, network }), "x");

test.each([
  undefined,
  { relay: "wss://relay.example/wisp/" },
  { relay: "ws://localhost:8090/wisp/", token: "a.b" },
])("a relay is read: %j", (network) => {
  expect(parsed(network)).toEqual({ ...MANIFEST, ...(network ? { network } : {}) });
});

test.each([
  ["network", "wss://relay.example/", "an object"],
  ["network", null, "an object"],
  ["network.relay", {}, "a string"],
  ["network.relay", { relay: "https://relay.example/" }, "a ws: or wss: address"],
  ["network.relay", { relay: "wss://relay.example/#a" }, "a ws: or wss: address"],
  ["network.relay", { relay: "relay.example" }, "a ws: or wss: address"],
  ["network.token", { relay: "wss://relay.example/", token: 1 }, "a string"],
])("%s cannot be %j", (field, network, expected) => {
  expect(() => parsed(network)).toThrow(`x: "${field}" must be ${expected}.`);
});
