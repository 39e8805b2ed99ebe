/**
 * The preview's part of the service worker: which requests it answers, and what with. Everything else
 * is left alone, as if there were no worker.
 */
import {
  addressOnSite,
  isBelowPreview,
  localPort,
  PROBE,
  type PreviewAddress,
  type PreviewServer,
  parsePreviewPath,
  parseShimPath,
} from "./addresses.ts";
import type { FromAppPageUnasked, FromPreviewPage, ShimConfig, ToPreviewPage } from "./contract.ts";
import { badAddressPage } from "./error-pages.ts";
import { KnownClients } from "./known-clients.ts";
import { MachineLinks, type OpenPages } from "./machine-links.ts";
import { PreviewFetch } from "./preview-fetch.ts";
import { pageOf } from "./request-fields.ts";
import { isolationHeaders } from "./response-headers.ts";

/** A FetchEvent, as far as the preview needs it. */
export interface FetchRequest {
  readonly request: Request;
  readonly clientId: string;
  readonly resultingClientId: string;
  respondWith(response: Promise<Response> | Response): void;
  waitUntil(work: Promise<unknown>): void;
}

/** A message of a page, as far as it is known where it comes from. */
export interface PageMessage {
  readonly data: unknown;
  /** The page's address. */
  readonly url: string;
  /** The page's client. */
  readonly id: string;
  readonly ports: readonly MessagePort[];
  reply(message: ToPreviewPage): void;
}

export interface PreviewWorkerOptions {
  /** The worker's scope: absolute, with a slash at its end. */
  scope: string;
  pages: OpenPages;
  /** The address that a client was made from. */
  clientUrl(id: string): Promise<string | undefined>;
  tellClient(id: string, message: ToPreviewPage): Promise<void>;
  userAgent: string;
  languages: readonly string[];
  /** The script for pages of previews. */
  shim: string;
  /** Answers a request for the site that turns out to be none of a preview. */
  otherwise(event: FetchRequest): Promise<Response>;
}

/** Tells as {@link FromProbe} whether a page of a preview could touch the page around it. */
const PROBE_DOCUMENT = `<!doctype html><script>
let reachesParent = true;
try { void parent.document } catch { reachesParent = false }
parent.postMessage({ type: "tabnix-preview-probe", reachesParent }, location.origin);
</script>`;
/** Requests for these make a client. */
const DOCUMENTS = new Set(["document", "iframe", "frame", "embed", "object"]);

export class PreviewWorker {
  readonly #options: PreviewWorkerOptions;
  readonly #site: string;
  readonly #scope: string;
  readonly #clients: KnownClients;
  readonly #links: MachineLinks;
  readonly #fetch: PreviewFetch;

  constructor(options: PreviewWorkerOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.scope);
    this.#site = origin;
    this.#scope = pathname;
    this.#clients = new KnownClients(pathname, origin, options.clientUrl);
    this.#links = new MachineLinks(pathname, options.pages);
    const { userAgent, languages } = options;
    this.#fetch = new PreviewFetch({ links: this.#links, scope: pathname, userAgent, languages });
  }

  /** @returns false when the request is none of a preview, and was left alone */
  handleFetch(event: FetchRequest): boolean {
    const { request, clientId } = event;
    const url = new URL(request.url);
    const isOwn = url.origin === this.#site;
    if (isOwn && isBelowPreview(this.#scope, url.pathname)) {
      event.respondWith(this.#below(event, url));
      return true;
    }
    if (request.mode === "navigate") {
      const from = this.#clients.of(request.referrer);
      if (!from || !isOwn) return false;
      event.respondWith(redirect(addressOnSite(url, this.#site, this.#scope, from)!));
      return true;
    }
    // Of other origins, only the guest's own names for itself.
    if (!isOwn && localPort(url) === undefined) return false;
    const known = this.#clients.get(clientId);
    if (known === null) return false;
    event.respondWith(this.#ofPage(event, url, known));
    return true;
  }

  /** Takes what pages send; anything that is not as it should be is ignored. */
  async handleMessage({ data, url, id, ports, reply }: PageMessage): Promise<void> {
    const server = this.#clients.of(url);
    if ((data as FromAppPageUnasked | null)?.type === "tabnix-preview-gone") this.#links.forget(id);
    if (!server || !isFromPreviewPage(data)) return;
    const link = await this.#links.find(server.machine).catch(() => undefined);
    if (!link) {
      for (const port of ports) port.close();
    } else if (data.type === "tabnix-preview-cookie") {
      link.setCookie(server.port, data.path, data.cookie);
      const cookies = await link.cookies(server.port, data.path);
      reply({ type: "tabnix-preview-cookies", cookies, sequence: data.sequence });
    } else if (ports[0]) {
      const { port, target, protocols } = data;
      const origin = `http://localhost:${server.port}`;
      link.openWebSocket({ port, target, origin, protocols }, ports[0]);
    }
  }

  async #below(event: FetchRequest, url: URL): Promise<Response> {
    const { pathname } = url;
    const address = parsePreviewPath(this.#scope, pathname);
    if (address?.path === "") return redirect(`${pathname}/${url.search}`);
    if (address) return this.#ask(event, address, url);
    const shimOf = parseShimPath(this.#scope, pathname);
    if (shimOf) return this.#shim(shimOf, event.request.referrer);
    if (pathname === this.#scope + PROBE) return this.#own(PROBE_DOCUMENT, "text/html");
    return this.#fetch.error(badAddressPage(), DOCUMENTS.has(event.request.destination));
  }

  /** A request for an address outside of the previews, which is a preview's if its page is. */
  async #ofPage(
    event: FetchRequest,
    url: URL,
    known: PreviewServer | undefined,
  ): Promise<Response> {
    const { request, clientId } = event;
    const server = known ?? (await this.#clients.find(clientId, request.referrer));
    if (!server) return url.origin === this.#site ? this.#options.otherwise(event) : fetch(request);
    const port = url.origin === this.#site ? server.port : (localPort(url) ?? server.port);
    return this.#ask(event, { machine: server.machine, port, path: url.pathname }, url);
  }

  #ask(event: FetchRequest, address: PreviewAddress, url: URL): Promise<Response> {
    const { request, clientId, resultingClientId } = event;
    const { machine, port } = address;
    this.#clients.add(resultingClientId, { machine, port });
    const client = resultingClientId || clientId;
    return this.#fetch.answer(request, {
      address,
      url,
      isDocument: DOCUMENTS.has(request.destination),
      onCookies: (cookies) => {
        // A page that is only being made is told by the script it gets.
        if (client === clientId && client !== "") {
          const message = { type: "tabnix-preview-cookies", cookies } as const;
          event.waitUntil(this.#options.tellClient(client, message));
        }
      },
      waitUntil: (work) => event.waitUntil(work),
    });
  }

  async #shim({ machine, port }: PreviewServer, referrer: string): Promise<Response> {
    const path = pageOf(referrer, this.#scope)?.pathname ?? "/";
    const link = await this.#links.find(machine).catch(() => undefined);
    const cookies = (await link?.cookies(port, path)) ?? "";
    const config: ShimConfig = { scope: this.#scope, machine, port, cookies };
    const script = `{const PREVIEW=${JSON.stringify(config)};\n${this.#options.shim}}`;
    return this.#own(script, "text/javascript");
  }

  /** Something of the preview's own. */
  #own(body: string, type: string): Response {
    const headers = new Headers();
    for (const [name, value] of isolationHeaders(this.#options.userAgent)) headers.set(name, value);
    headers.set("content-type", `${type}; charset=utf-8`);
    headers.set("cache-control", "no-store");
    return new Response(body, { headers });
  }
}

/** 307: a form's content goes along. */
function redirect(location: string): Response {
  return new Response(null, { status: 307, headers: { location } });
}

function isFromPreviewPage(data: unknown): data is FromPreviewPage {
  if (typeof data !== "object" || data === null) return false;
  const { type, path, cookie, sequence, port, target, protocols } = data as Record<string, unknown>;
  if (type === "tabnix-preview-cookie") {
    const isText = typeof cookie === "string" && typeof path === "string";
    return isText && path.startsWith("/") && typeof sequence === "number";
  }
  const isTarget = typeof target === "string" && target.startsWith("/");
  const areProtocols = Array.isArray(protocols) && protocols.every((it) => typeof it === "string");
  return (
    type === "tabnix-preview-websocket" && typeof port === "number" && isTarget && areProtocols
  );
}
