/** What a visitor sees instead of the guest's site. */
import type { ServerResponse } from "node:http";

/** Why there is no answer of the guest's. */
export type Notice = "gone" | "refused" | "silent" | "broken" | "busy" | "bad";

const NOTICES: Record<Notice, { status: number; title: string; text: string }> = {
  gone: {
    status: 503,
    title: "Nobody serves this address now",
    text: "The site runs in a browser tab. It is there while that tab is open and online.",
  },
  refused: {
    status: 502,
    title: "Nothing listens there",
    text: "The tab is open, but no server runs on the port that it has published.",
  },
  silent: {
    status: 504,
    title: "The site does not answer",
    text: "The tab is open, but its server has not answered in time.",
  },
  broken: {
    status: 502,
    title: "The site did not answer properly",
    text: "The server in the tab broke the connection, or does not speak HTTP.",
  },
  busy: {
    status: 503,
    title: "The site is busy",
    text: "Too many visitors are asking the tab at the same time. Try again in a moment.",
  },
  bad: {
    status: 400,
    title: "The request is not one that can be passed on",
    text: "It has no clear host, or a body where none can be.",
  },
};

const RETRY_SECONDS = "10";

/** Answers with a page of the relay's own. It needs nothing else and is never kept. */
export function sendNotice(response: ServerResponse, notice: Notice): void {
  const { status, title, text } = NOTICES[notice];
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark}</style>
<h1>${title}</h1>
<p>${text}</p>
</html>
`;
  response.writeHead(status, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": Buffer.byteLength(page),
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    ...(status === 503 ? { "Retry-After": RETRY_SECONDS } : {}),
    ...(notice === "bad" ? { Connection: "close" } : {}),
  });
  response.end(page);
}
