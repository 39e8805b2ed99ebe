/** What a visitor reads when a preview has no answer to show. Everything in it is escaped. */
import type { PreviewFailureCode } from "../kernel/network/preview/contract.ts";
import { escapeHtml } from "../shared/escape-html.ts";
import type { PreviewServer } from "./addresses.ts";

export interface ErrorPage {
  /** HTTP status. */
  status: number;
  /** What happened. */
  title: string;
  /** How the other side put it. */
  detail: string;
  /** What to do next. */
  advice: string;
  /** Where that is done. */
  link?: { text: string; address: string };
  /** Tries again by itself, after so many seconds. */
  retryAfter?: number;
}

type Explanation = (port: number) => Pick<ErrorPage, "status" | "title" | "advice">;

const BAD_GATEWAY = 502;
const UNAVAILABLE = 503;
const GATEWAY_TIMEOUT = 504;
/** Seconds until a page of a machine that starts tries again. */
const RETRY_SECONDS = 3;

const EXPLANATIONS: Readonly<Record<PreviewFailureCode, Explanation>> = {
  refused: (port) => ({
    status: BAD_GATEWAY,
    title: `Nothing listens on port ${port}`,
    advice: `Start a server in the machine, for example: busybox httpd -f -p ${port}. A server that listens on ::1 only is not reached: let it listen on 127.0.0.1.`,
  }),
  "timed-out": (port) => ({
    status: GATEWAY_TIMEOUT,
    title: `The server on port ${port} does not answer`,
    advice: `It may still be busy: try again. In a terminal, curl -v http://localhost:${port}/ shows whether it answers there.`,
  }),
  incomplete: (port) => ({
    status: BAD_GATEWAY,
    title: `The server on port ${port} closed the connection too early`,
    advice: "It may have stopped with an error: look at what it printed in its terminal.",
  }),
  malformed: (port) => ({
    status: BAD_GATEWAY,
    title: `What the server on port ${port} sent is not a proper HTTP answer`,
    advice: `It may speak another protocol, such as HTTPS. In a terminal, curl -v http://localhost:${port}/ shows what it sends.`,
  }),
  unreachable: () => ({
    status: BAD_GATEWAY,
    title: "The machine cannot be reached over its network",
    advice: "Wait until it has started, and see that its network is up: ip addr.",
  }),
  "too-many": () => ({
    status: UNAVAILABLE,
    title: "Too many requests are under way",
    advice: "Wait until some of them are done, then try again.",
  }),
  cancelled: () => ({
    status: UNAVAILABLE,
    title: "The request was cancelled",
    advice: "Try again.",
  }),
};

/** The page for a request that the gateway could not get an answer to. */
export function failurePage(code: PreviewFailureCode, detail: string, port: number): ErrorPage {
  return { ...EXPLANATIONS[code](port), detail };
}

const IMAGE_NAME = /^[a-z0-9][a-z0-9.+:-]*$/;

/** The page for a machine that no open page runs. @param scope path of the site */
export function noMachinePage(
  { machine }: PreviewServer,
  scope: string,
  isStarting: boolean,
): ErrorPage {
  if (isStarting) {
    return {
      status: UNAVAILABLE,
      title: "This machine is starting",
      detail: `Machine: ${machine}`,
      advice: "The page comes as soon as it runs.",
      retryAfter: RETRY_SECONDS,
    };
  }
  const [image = ""] = machine.split("~", 1);
  const address = `${scope}?${new URLSearchParams({ image })}`;
  return {
    status: UNAVAILABLE,
    title: "This machine is not running",
    detail: `Machine: ${machine}`,
    advice:
      "It runs in a tab of its own, in this browser. Open it there, start the server, then load this page again.",
    ...(IMAGE_NAME.test(image) ? { link: { text: "Open the machine", address } } : {}),
  };
}

/** The page for an address below previews that is none. */
export function badAddressPage(): ErrorPage {
  return {
    status: 404,
    title: "This is not the address of a preview",
    detail: "",
    advice: "An address has the machine, the port and a path: preview/base/8080/.",
  };
}

/** An error page as HTML for documents, as text for everything else. */
export function renderError(page: ErrorPage, isDocument: boolean): { body: string; type: string } {
  const { title, detail, advice, link, retryAfter } = page;
  if (!isDocument)
    return { body: `${title}. ${detail}\n${advice}\n`, type: "text/plain; charset=utf-8" };
  const refresh =
    retryAfter === undefined ? "" : `<meta http-equiv="refresh" content="${retryAfter}">`;
  const open = link
    ? `<a href="${escapeHtml(link.address)}" target="_blank" rel="noreferrer">${escapeHtml(link.text)}</a> · `
    : "";
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="dark light">${refresh}
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:12vh auto;padding:0 1.5rem}h1{font-size:1.35rem}small{opacity:.75;overflow-wrap:anywhere}</style></head>
<body><main role="alert"><h1>${escapeHtml(title)}</h1><p>${escapeHtml(advice)}</p><p>${open}<a href="">Try again</a></p>
<p><small>${escapeHtml(detail)}</small></p></main></body></html>`;
  return { body, type: "text/html; charset=utf-8" };
}
