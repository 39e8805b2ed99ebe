/** Asks before a set-up runs that uses what is not its own. */
import type { Need } from "../setup/needs.ts";
import type { LoadedSetup, Setup } from "../setup/setup.ts";
import { openDialog } from "./dialog.ts";
import { button, element } from "./element.ts";

/** Of a list; the rest is counted. */
const LISTED = 12;

/** Stands on the page while a set-up is on its way. */
export function fetchingView(): HTMLElement {
  return element(
    "main",
    { class: "screen" },
    element("h1", { class: "unseen" }, "Tabnix"),
    element("p", { class: "boot-stage", role: "status" }, "Fetching the set-up"),
  );
}

/**
 * Asks whether to run a set-up. Until the visitor says yes nothing is started; a screen behind the question
 * leads back to it.
 *
 * @param root takes the whole page
 * @param onWithout the visitor wants a machine without it
 * @returns when the visitor has agreed
 */
export function agreement(
  root: HTMLElement,
  loaded: LoadedSetup,
  needs: readonly Need[],
  onWithout: () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const ask = () => question(loaded, needs, resolve);
    root.replaceChildren(
      element(
        "main",
        { class: "screen" },
        element(
          "div",
          { class: "screen-content" },
          element("h1", {}, "This set-up has not been started"),
          element("p", {}, "Nothing of it has run, and nothing was changed."),
          element(
            "div",
            { class: "actions" },
            button({ label: "Look at it again", class: "button primary", onPress: ask }),
            button({ label: "Start a machine without it", onPress: onWithout }),
          ),
        ),
      ),
    );
    ask();
  });
}

function question(loaded: LoadedSetup, needs: readonly Need[], onRun: () => void): void {
  const { title, description } = loaded.setup;
  const dialog = openDialog(
    title === "" ? "Run this set-up?" : `Run “${title}”?`,
    ...(description === "" ? [] : [element("p", {}, description)]),
    element("p", {}, `${originOf(loaded)} It would use what is not its own:`),
    element("ul", { class: "needs" }, ...needs.map((need) => element("li", {}, textOf(need)))),
    element("p", {}, "Run it only if you trust who made it. This is what it does:"),
    element("dl", { class: "facts" }, ...factsOf(loaded.setup)),
    element(
      "div",
      { class: "actions" },
      button({ label: "Not now", onPress: () => dialog.close() }),
      button({
        label: "Run it",
        class: "button primary",
        onPress: () => {
          dialog.close();
          onRun();
        },
      }),
    ),
  );
}

function originOf({ base, isFetched }: LoadedSetup): string {
  return isFetched ? `This set-up is from ${base.host}.` : "This set-up is in the link itself.";
}

/** What is used, and what may come of it. */
function textOf(need: Need): string {
  switch (need.type) {
    case "saved-files":
      return "Your saved files: its commands can read, change and delete what this browser keeps of the image.";
    case "visitors-network":
      return "Your network: the relay and the network of tabs of your settings, or the relay of the image.";
    case "relay":
      return `The Internet, by the relay ${need.host}. Who runs it sees where the machine goes.`;
    case "lan":
      return `The network of tabs “${need.name}”: machines in other tabs of this browser that are on it.`;
    case "preview":
      return "The preview: pages of its servers share this site's storage in your browser, where the files of your other machines are.";
    case "other-sites":
      return `Files of other sites, which see that you fetch them: ${some(need.hosts)}.`;
  }
}

function factsOf(setup: Setup): HTMLElement[] {
  const { image, files, environment, terminals, ports, persist } = setup;
  const variables = Object.keys(environment);
  const commands = terminals.flat();
  const fact = (name: string, ...text: (string | Node)[]) => [
    element("dt", {}, name),
    element("dd", {}, ...text),
  ];
  return [
    ...fact("Image", image),
    ...fact("Files", persist ? "Your saved ones" : "A fresh copy, which is gone with the tab"),
    ...(files.length > 0 ? fact("Adds", some(files.map(({ path }) => path))) : []),
    ...(variables.length > 0 ? fact("Variables", some(variables)) : []),
    ...(commands.length > 0
      ? fact(
          "Runs",
          element(
            "pre",
            { role: "group", tabindex: "0", "aria-label": "Commands" },
            commands.join("\n"),
          ),
        )
      : []),
    ...(ports.length > 0 ? fact("Shows", `Port ${ports.join(", ")}`) : []),
  ];
}

function some(list: readonly string[]): string {
  const rest = list.length - LISTED;
  return list.slice(0, LISTED).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
