/** The page docs.html: its examples are in it and need nothing of this (scripts/vite-live-docs.ts). */
import { becomeIsolated } from "../app/isolation.ts";
import { addCopyButton } from "./copy-button.ts";
import { startSitePage } from "./page.ts";

/** With its address as other pages need it. */
function showScript(): void {
  const script = document.querySelector<HTMLScriptElement>("#tab-nix-script");
  const code = document.querySelector("#script-tag");
  if (script && code) code.textContent = `<script src="${script.src}"></script>`;
}

startSitePage(import.meta.url);
showScript();
for (const code of document.querySelectorAll<HTMLElement>(".code")) addCopyButton(code);
// Frames share memory only where the page around them may, unless the browser has another way.
await becomeIsolated(new URL("./", document.baseURI).pathname);
