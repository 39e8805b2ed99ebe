/** The page embed.html: one machine with one terminal, in a frame of any page. See docs/embedding.md. */
import "./embed.css";
import { toErrorMessage } from "../../../workers/shared/errors.ts";
import { becomeIsolated } from "../../app/isolation.ts";
import { holdVersion } from "../../app/offline.ts";
import { browserHost } from "../../local/browser-host.ts";
import { LocalComputer } from "../../local/local-computer.ts";
import { linkTo } from "../../setup/portable.ts";
import { EmbedPage } from "./embed-page.ts";
import { EmbedMachine } from "./machine.ts";
import { readParameters, setupOf } from "./parameters.ts";
import { needsTab } from "./permission.ts";
import { failedView, tabView } from "./views.ts";
import { Visitors } from "./visitors.ts";

const site = new URL("./", document.baseURI);
const root = document.querySelector<HTMLElement>("#app")!;

async function start(): Promise<void> {
  const address = new URL(location.href);
  const parameters = readParameters(address);
  const loaded = await setupOf(address, document.baseURI);
  if (needsTab(loaded, site)) {
    root.replaceChildren(tabView(await linkTo(loaded, site)));
    new Visitors(undefined).listen();
    return;
  }
  const machine = new EmbedMachine({
    loaded,
    imagesUrl: new URL("images/", site).href,
    createComputer: (options) => new LocalComputer(options, browserHost),
  });
  const visitors = new Visitors(machine);
  new EmbedPage({
    root,
    parameters,
    loaded,
    machine,
    onHeight: (height) => visitors.tellSize(height),
  });
  visitors.listen();
}

holdVersion(import.meta.url);
await becomeIsolated(site.pathname);
await start().catch((error) => {
  // For the visitor only: it could tell the page around what only this site may read.
  root.replaceChildren(failedView(toErrorMessage(error, "invalid-input")));
  new Visitors(undefined).listen();
});
