/** How the gallery shows an example. */
import type { Need } from "../../src/setup/needs.ts";
import { escapeHtml } from "../../workers/shared/escape-html.ts";
import type { Example } from "./examples.ts";

/** Of its commands; the rest is seen when it runs. */
const COMMANDS_SHOWN = 3;

/** An item of a list, as HTML. Everything that its author has written is escaped. */
export function exampleCard({ file, setup, needs }: Example): string {
  const { title, description, image, terminals } = setup;
  const address = `examples/${encodeURIComponent(file)}`;
  const commands = (terminals[0] ?? []).slice(0, COMMANDS_SHOWN);
  const asksFor = needs.length === 0 ? "nothing" : needs.map(labelOf).join("; ");
  return `<li class="card">
  <h3><a href="./?setup=${address}">${escapeHtml(title === "" ? file : title)}</a></h3>
  <p>${escapeHtml(description)}</p>
  <pre class="commands">${commands.map((command) => `<code>${escapeHtml(command)}</code>`).join("")}</pre>
  <dl>
    <div><dt>Image</dt> <dd>${escapeHtml(image)}</dd></div>
    <div><dt>Asks for</dt> <dd>${escapeHtml(asksFor)}</dd></div>
    <div><dt>File</dt> <dd><a href="./${address}">${escapeHtml(file)}</a></dd></div>
  </dl>
</li>`;
}

/** In a word or two; the question itself says what may come of it. */
function labelOf(need: Need): string {
  switch (need.type) {
    case "saved-files":
      return "your saved files";
    case "visitors-network":
      return "your network";
    case "relay":
      return `the relay ${need.host}`;
    case "lan":
      return `the network of tabs “${need.name}”`;
    case "preview":
      return "a preview of its server";
    case "other-sites":
      return `files of ${need.hosts.join(", ")}`;
  }
}
