/** The script tab-nix.js: a classic one, so that any page may load it from here without leave (CORS). */
import { tabNixElement } from "./element.ts";

const NAME = "tab-nix";
const { currentScript } = document;

if (!(currentScript instanceof HTMLScriptElement)) {
  throw new Error(
    'tab-nix.js is a classic script: <script src="…/tab-nix.js"></script>, no module.',
  );
}
if (!customElements.get(NAME)) {
  customElements.define(NAME, tabNixElement(new URL("./", currentScript.src)));
}
