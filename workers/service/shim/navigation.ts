import type { ShimConfig } from "../contract.ts";
import { mended } from "./page-address.ts";

/** The Navigation API, which not every browser has. */
interface NavigateEvent extends Event {
  readonly destination: { readonly url: string };
  readonly hashChange: boolean;
  readonly formData: FormData | null;
  readonly downloadRequest: string | null;
  readonly navigationType: "push" | "replace" | "reload" | "traverse";
}

/** Leads navigations to the server's absolute addresses, and to other ports, to where they are on this site. */
export function mendNavigation(config: ShimConfig): void {
  const fix = (address: string | URL) => mended(address, config);
  // At the capture of the click, so that opening in another tab, and what is shown of it, is right too.
  const mendLink = (event: Event) => {
    const [target] = event.composedPath();
    const link = target instanceof Element ? target.closest("a[href], area[href]") : null;
    if (!(link instanceof HTMLAnchorElement || link instanceof HTMLAreaElement)) return;
    const address = fix(link.href);
    if (address !== undefined) link.href = address;
  };
  for (const type of ["click", "auxclick", "contextmenu"]) addEventListener(type, mendLink, true);

  const mendForm = (form: HTMLFormElement, submitter?: HTMLElement | null) => {
    // A field may be called "action": the form's own property is hidden then.
    const action = fix(form.getAttribute("action") || location.href);
    if (action !== undefined) form.setAttribute("action", action);
    const own = submitter?.getAttribute("formaction");
    const ownAction = own ? fix(own) : undefined;
    if (ownAction !== undefined) submitter?.setAttribute("formaction", ownAction);
  };
  addEventListener(
    "submit",
    (event) => {
      if (event.target instanceof HTMLFormElement) mendForm(event.target, event.submitter);
    },
    true,
  );
  const { submit } = HTMLFormElement.prototype;
  HTMLFormElement.prototype.submit = function () {
    mendForm(this);
    submit.call(this);
  };

  (globalThis as { navigation?: EventTarget }).navigation?.addEventListener("navigate", (event) => {
    const { destination, formData, navigationType, downloadRequest } = event as NavigateEvent;
    if (!event.cancelable || formData || downloadRequest !== null) return;
    const address = fix(destination.url);
    if (address === undefined || navigationType === "traverse") return;
    event.preventDefault();
    // Only once this navigation is given up may another begin.
    setTimeout(() => {
      if (navigationType === "replace") location.replace(address);
      else location.assign(address);
    });
  });

  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = function (data, unused, url) {
      return original.call(this, data, unused, url == null ? url : (fix(url) ?? url));
    };
  }
  const { open } = window;
  window.open = (url, ...rest) => open.call(window, url ? (fix(url) ?? url) : url, ...rest);

  // A worker's own requests are told apart by the address it was made from.
  for (const name of ["Worker", "SharedWorker"] as const) {
    const Original = globalThis[name];
    if (!Original) continue;
    globalThis[name] = new Proxy<typeof Original>(Original, {
      construct: (target, [url, ...rest]: [string | URL, ...never[]]) =>
        new target(fix(url) ?? url, ...rest),
    }) as never;
  }
}
