import { browserHost } from "../local/browser-host.ts";
import { LocalComputer } from "../local/local-computer.ts";
import { becomeIsolated } from "./isolation.ts";
import { holdVersion, keepOffline } from "./offline.ts";
import { startPage } from "./start-page.ts";

const { pathname: scope } = new URL("./", document.baseURI);
holdVersion(import.meta.url);
await startPage((options) => new LocalComputer(options, browserHost), {
  notIsolated: await becomeIsolated(scope),
  keepOffline: (options) => keepOffline({ ...options, scope }),
});
