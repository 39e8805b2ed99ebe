import { expect, test } from "vitest";
import { browserClients } from "../../../workers/service/worker-scope.ts";

const page = { id: "page", url: "https://host/preview/base/80/", postMessage: () => {} };

test("a client that is not ready yet has no address, and is not waited for", async () => {
  const { clientUrl } = browserClients({
    matchAll: async () => [page],
    // As in Firefox for a worker whose script has asked for what it imports.
    get: () => new Promise(() => {}),
    claim: async () => {},
  });
  expect(await clientUrl("page")).toBe(page.url);
  expect(await clientUrl("worker")).toBeUndefined();
});
