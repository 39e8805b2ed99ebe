/** What a frame shows in the place of its terminal. */

import type { ErrorMessage } from "../../../workers/shared/errors.ts";
import { button, element } from "../../app/element.ts";
import type { LoadedSetup } from "../../setup/setup.ts";

/** Before the machine starts, and when it was switched off. It shows what would be typed. */
export function posterView({ setup }: LoadedSetup, onStart: () => void): HTMLElement {
  const { title, description, image, terminals } = setup;
  const commands = (terminals[0] ?? []).map((command) => `$ ${command}`).join("\n");
  return screen(
    "Start the machine",
    element("h1", {}, title === "" ? "A Linux computer" : title),
    element("p", { class: "quiet" }, description === "" ? `Image ${image}` : description),
    ...(commands === "" ? [] : [element("pre", { class: "poster-commands" }, commands)]),
    actions(button({ label: "Start", class: "button primary", onPress: onStart })),
  );
}

/** The set-up would use what a frame may not have. @param link to a page of its own, which asks */
export function tabView(link: string): HTMLElement {
  return screen(
    "Open in a tab",
    element(
      "p",
      {},
      "This demo would use a network or files of other sites. In a frame of another page it may not; in a tab of its own you are asked.",
    ),
    actions(
      element(
        "a",
        { class: "button primary", href: link, target: "_blank", rel: "noopener" },
        "Open in a tab",
      ),
    ),
  );
}

/** It did not start. @param onRetry left out when another try would be the same */
export function failedView({ message, hint }: ErrorMessage, onRetry?: () => void): HTMLElement {
  return screen(
    "The machine did not start",
    element("p", { role: "alert" }, message),
    ...(hint === "" ? [] : [element("p", { class: "quiet" }, hint)]),
    ...(onRetry
      ? [actions(button({ label: "Try again", class: "button primary", onPress: onRetry }))]
      : []),
  );
}

function screen(label: string, ...children: HTMLElement[]): HTMLElement {
  const content = element("div", { class: "screen-content" }, ...children);
  return element("section", { class: "screen", "aria-label": label }, content);
}

function actions(...children: HTMLElement[]): HTMLElement {
  return element("div", { class: "actions" }, ...children);
}
