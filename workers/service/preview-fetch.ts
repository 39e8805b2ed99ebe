/** Answers one request of a preview with what the guest's server says, or with an error page. */
import type { PreviewRequest } from "../kernel/network/preview/contract.ts";
import { type PreviewAddress, shimPath } from "./addresses.ts";
import { codingsOf, decodeContent, unknownCoding } from "./content-decoding.ts";
import { type ErrorPage, failurePage, noMachinePage, renderError } from "./error-pages.ts";
import { GatewayFailure, LinkLost, type LinkResponse } from "./gateway-link.ts";
import { injectTag } from "./html-injection.ts";
import { type MachineLinks, NoMachine } from "./machine-links.ts";
import { requestFields } from "./request-fields.ts";
import { isolationHeaders, responseHeaders } from "./response-headers.ts";

export interface PreviewFetchOptions {
  links: MachineLinks;
  /** Path of the site, with a slash at its end. */
  scope: string;
  userAgent: string;
  languages: readonly string[];
}

/** What a request wants, beside itself. */
export interface PreviewTarget {
  /** Its path is the one that the guest's server gets. */
  address: PreviewAddress;
  /** Path, query and fragment of the request, on this site. */
  url: URL;
  /** A document is made of the answer. */
  isDocument: boolean;
  /** Cookies that scripts can see have changed. */
  onCookies(cookies: string): void;
  /** Something has to stay alive until this is done. */
  waitUntil(work: Promise<unknown>): void;
}

const WITHOUT_CONTENT = new Set(["GET", "HEAD"]);
const NULL_BODY_STATUS = new Set([101, 103, 204, 205, 304]);
const PARTIAL_CONTENT = 206;
const HTML = /^\s*text\/html\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;
const NONCE_BYTES = 16;

export class PreviewFetch {
  readonly #options: PreviewFetchOptions;

  constructor(options: PreviewFetchOptions) {
    this.#options = options;
  }

  /** Never rejects: what goes wrong becomes an error page. */
  async answer(request: Request, target: PreviewTarget): Promise<Response> {
    try {
      return await this.#response(request, target, await this.#ask(request, target));
    } catch (error) {
      return this.error(this.#pageOf(error, target), target.isDocument);
    }
  }

  /** An error page as a response. */
  error(page: ErrorPage, isDocument: boolean): Response {
    const { body, type } = renderError(page, isDocument);
    const headers = new Headers();
    for (const [name, value] of isolationHeaders(this.#options.userAgent)) headers.set(name, value);
    headers.set("content-type", type);
    headers.set("cache-control", "no-store");
    headers.set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
    return new Response(body, { status: page.status, headers });
  }

  /** A second try only when the gateway has not even taken the request. */
  async #ask(request: Request, target: PreviewTarget): Promise<LinkResponse> {
    const { scope, languages, links } = this.#options;
    // As a Blob the browser can keep it on disk, and it has a length: many small servers know no chunks.
    const blob = WITHOUT_CONTENT.has(request.method) ? undefined : await request.blob();
    const content = blob && blob.size > 0 ? blob : undefined;
    const asked: PreviewRequest = {
      port: target.address.port,
      method: request.method,
      target: (target.address.path || "/") + target.url.search,
      fields: requestFields(request, scope, languages),
      ...(content ? { length: content.size } : {}),
    };
    const { machine } = target.address;
    try {
      return await (await links.find(machine)).request(asked, content);
    } catch (error) {
      if (!(error instanceof LinkLost)) throw error;
      return (await links.find(machine)).request(asked, content);
    }
  }

  async #response(
    request: Request,
    target: PreviewTarget,
    { head, body, cancel }: LinkResponse,
  ): Promise<Response> {
    if (request.signal?.aborted) cancel();
    request.signal?.addEventListener("abort", cancel);
    if (head.cookies !== undefined) target.onCookies(head.cookies);
    const field = (name: string) => head.fields.find(([other]) => other === name)?.[1] ?? "";
    const hasBody = request.method !== "HEAD" && !NULL_BODY_STATUS.has(head.status);
    const codings = codingsOf(field("content-encoding"));
    const isDecoded = hasBody && codings.length > 0 && head.status !== PARTIAL_CONTENT;
    const unknown = isDecoded ? unknownCoding(codings) : undefined;
    if (unknown !== undefined) {
      cancel();
      const text = `The server compresses with “${unknown}”, which was not asked for.`;
      throw new GatewayFailure({ code: "malformed", message: text });
    }
    const type = field("content-type");
    const isInjected = hasBody && target.isDocument && HTML.test(type);
    const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(NONCE_BYTES))));
    const { scope, userAgent } = this.#options;
    const { address, url } = target;
    const headers = responseHeaders(head.fields, {
      server: address,
      url,
      path: address.path || "/",
      scope,
      userAgent,
      isChanged: isDecoded || isInjected,
      nonce,
    });
    const init = { status: head.status, statusText: reasonOf(head.reason), headers };
    if (!hasBody) return new Response(null, init);
    const content = streamOf(body.read.bind(body), cancel, target);
    const plain = isDecoded ? decodeContent(content, codings) : content;
    if (!isInjected) return new Response(plain, init);
    const tag = `<script src="${shimPath(scope, address)}" nonce="${nonce}"></script>`;
    return new Response(plain.pipeThrough(injectTag(tag, CHARSET.exec(type)?.[1] ?? "")), init);
  }

  #pageOf(error: unknown, { address }: PreviewTarget): ErrorPage {
    if (error instanceof GatewayFailure) {
      return failurePage(error.failure.code, error.failure.message, address.port);
    }
    if (error instanceof NoMachine) {
      return noMachinePage(address, this.#options.scope, error.isStarting);
    }
    const message = error instanceof Error ? error.message : String(error);
    return failurePage("unreachable", message, address.port);
  }
}

/** A response's content, read from the gateway only as fast as the browser takes it. */
function streamOf(
  read: () => Promise<Uint8Array | undefined>,
  cancel: () => void,
  { waitUntil }: Pick<PreviewTarget, "waitUntil">,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let finish: () => void = () => {};
  waitUntil(
    new Promise<void>((resolve) => {
      finish = resolve;
    }),
  );
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const piece = await read();
          if (piece) {
            controller.enqueue(piece as Uint8Array<ArrayBuffer>);
            return;
          }
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        finish();
      },
      cancel() {
        cancel();
        finish();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A reason that a Response may have: others may not be ISO 8859-1. */
function reasonOf(reason: string): string {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(reason) ? reason : "";
}
