/** A service worker and a machine in one process: the worker's class, the gateway, and Node's servers. */
import { onTestFinished } from "vitest";
import { PreviewGateway } from "../../../../workers/kernel/network/preview/gateway.ts";
import type { ToAppPage, ToPreviewPage } from "../../../../workers/service/contract.ts";
import type { FetchRequest } from "../../../../workers/service/preview-worker.ts";
import { PreviewWorker } from "../../../../workers/service/preview-worker.ts";
import { Connections } from "./node-stream.ts";

export const SITE = "https://site.example";
export const SCOPE = `${SITE}/app/`;

/** A page of the app that runs the machine `base`. */
export class FakeSite {
  readonly connections = new Connections();
  gateway = new PreviewGateway({ connect: this.connections.connect });
  /** What pages of previews were told, by client. */
  readonly told: [string, ToPreviewPage][] = [];
  readonly clients = new Map<string, string>([["app", `${SCOPE}?image=base`]]);
  readonly #ports: MessagePort[] = [];
  worker = this.#makeWorker();
  /** How often the app was asked for a way to its machine. */
  asked = 0;

  constructor() {
    onTestFinished(() => {
      for (const port of this.#ports) port.close();
    });
  }

  /** The browser ends the worker; the next event makes a new one. */
  killWorker(): void {
    for (const port of this.#ports.splice(0)) port.close();
    this.worker = this.#makeWorker();
  }

  /** A request of a page; undefined when the worker leaves it alone. */
  fetch(
    url: string,
    init: RequestInit & { page?: string; navigate?: boolean; client?: string } = {},
  ): Promise<Response> | undefined {
    const { page = "", navigate = false, client = "", ...rest } = init;
    const request = new Request(new URL(url, SCOPE), {
      ...rest,
      ...(rest.body ? { duplex: "half" } : {}),
    } as RequestInit);
    // Node's requests have no destination, mode or referrer of a page.
    const facts = {
      destination: navigate ? "document" : "",
      mode: navigate ? "navigate" : "cors",
      referrer: page,
    };
    for (const [name, value] of Object.entries(facts))
      Object.defineProperty(request, name, { value });
    let response: Promise<Response> | undefined;
    const event: FetchRequest = {
      request,
      clientId: client,
      resultingClientId: navigate ? "made" : "",
      respondWith: (answer) => {
        response = Promise.resolve(answer);
      },
      waitUntil: (work) => void work.catch(() => {}),
    };
    this.worker.handleFetch(event);
    return response;
  }

  #makeWorker(): PreviewWorker {
    return new PreviewWorker({
      scope: SCOPE,
      pages: {
        list: async () =>
          [...this.clients].map(([id, url]) => ({
            id,
            url,
            postMessage: (message: ToAppPage, [port]: Transferable[]) =>
              this.#answer(message, port as MessagePort),
          })),
        isOpen: async (id) => this.clients.has(id),
      },
      clientUrl: async (id) => this.clients.get(id),
      tellClient: async (id, message) => void this.told.push([id, message]),
      userAgent: "Chrome",
      languages: ["en"],
      shim: "shim();",
      otherwise: async ({ request }) => fetch(request),
    });
  }

  #answer({ machine }: ToAppPage, port: MessagePort): void {
    this.asked += 1;
    this.#ports.push(port);
    if (machine === "base") this.gateway.serve(port);
    else if (machine === "slow") port.postMessage({ type: "not-running", isStarting: true });
    else port.postMessage({ type: "not-here" });
  }
}
