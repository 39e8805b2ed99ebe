import { type Cookie, parseCookie, pathMatches } from "../../kernel/network/preview/cookie.ts";
import type { FromPreviewPage, ShimConfig, ToPreviewPage } from "../contract.ts";
import { ownPath } from "./page-address.ts";

/** Has document.cookie be the server's cookies, which the kernel worker keeps. */
export function mendCookies(config: ShimConfig): void {
  const { serviceWorker } = navigator;
  let cookies = config.cookies;
  let sequence = 0;
  let answered = 0;
  Object.defineProperty(Document.prototype, "cookie", {
    configurable: true,
    enumerable: true,
    get: () => cookies,
    set: (assigned: unknown) => {
      const cookie = String(assigned);
      const path = ownPath(config);
      const parsed = parseCookie(cookie, { path, fromScript: true, now: Date.now() });
      if (!parsed) return;
      // Seen at once, and as the jar has it as soon as that has answered.
      if (pathMatches(parsed.path, path)) cookies = withCookie(cookies, parsed);
      sequence += 1;
      const message: FromPreviewPage = { type: "tabnix-preview-cookie", path, cookie, sequence };
      serviceWorker.controller?.postMessage(message);
    },
  });
  serviceWorker.addEventListener("message", ({ data }: MessageEvent<ToPreviewPage>) => {
    if (data?.type !== "tabnix-preview-cookies") return;
    answered = Math.max(answered, data.sequence ?? 0);
    if (answered === sequence) cookies = data.cookies;
  });
  // Else messages wait until the document is complete.
  serviceWorker.startMessages();
}

function withCookie(cookies: string, { name, value, expires }: Cookie): string {
  const others = cookies.split("; ").filter((it) => it !== "" && it.split("=", 1)[0] !== name);
  if (expires === undefined || expires > Date.now()) others.push(`${name}=${value}`);
  return others.join("; ");
}
