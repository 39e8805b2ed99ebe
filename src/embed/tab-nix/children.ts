/** The set-up that an element's attributes and children describe. */

/** As tabnix.json has them; docs/setup.md. */
export interface ElementSetup {
  image?: string;
  run?: string[];
  files?: Record<string, string>;
}

/** What is not there is left out. */
export function setupOf(element: HTMLElement): ElementSetup {
  const image = element.getAttribute("image");
  const run = commandsOf(element.getAttribute("run") ?? "");
  const files = [...element.querySelectorAll<HTMLElement>(":scope > [data-path]")].map(
    (child): [string, string] => [child.dataset["path"] ?? "", contentOf(child)],
  );
  return {
    ...(image === null ? {} : { image }),
    ...(run.length === 0 ? {} : { run }),
    ...(files.length === 0 ? {} : { files: Object.fromEntries(files) }),
  };
}

/** One for each line. */
export function commandsOf(run: string): string[] {
  return run
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Without the line break behind the opening tag and the indentation before the closing one. */
export function trimmed(text: string): string {
  return text.replace(/^\r?\n/, "").replace(/\n[ \t]*$/, "\n");
}

function contentOf(child: HTMLElement): string {
  const { textContent } = child instanceof HTMLTemplateElement ? child.content : child;
  return trimmed(textContent ?? "");
}
