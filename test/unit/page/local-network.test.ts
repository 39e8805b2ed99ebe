/** Which relay a computer goes out by. */
import { expect, test } from "vitest";
import type { Manifest } from "../../../images/format/manifest.ts";
import { LocalNetwork } from "../../../src/local/local-network.ts";
import type { NetworkRequest } from "../../../workers/kernel/network/contract.ts";

const OWN = { url: "wss://own.example/wisp/" };
const OF_IMAGE = { url: "wss://image.example/wisp/", token: "t" };

function network(image: string, usesImageRelay: boolean) {
  const told: NetworkRequest[] = [];
  const manifest = { network: { relay: OF_IMAGE.url, token: OF_IMAGE.token } };
  const made = new LocalNetwork({
    image,
    usesImageRelay,
    manifest: () => manifest as Manifest,
    ask: () => {},
    tell: (request) => told.push(request),
  });
  return { made, told };
}

test("the image's, until there is another", () => {
  const { made, told } = network("base", true);
  made.restore();
  made.useRelay(OWN);
  made.useRelay(undefined);
  expect(told).toEqual([
    { type: "relay", relay: OF_IMAGE },
    { type: "relay", relay: OWN },
    { type: "relay", relay: OF_IMAGE },
  ]);
});

test.each([
  ["base", false],
  ["imported:base-01234567", true],
])("of the image %s, where its relay may be used: %s, none", (image, usesImageRelay) => {
  const { made, told } = network(image, usesImageRelay);
  made.useRelay(undefined);
  made.restore();
  expect([made.imageRelay, told]).toEqual([undefined, [{ type: "relay" }]]);
});
