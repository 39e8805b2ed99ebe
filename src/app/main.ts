import { browserHost } from "../local/browser-host.ts";
import { LocalComputer } from "../local/local-computer.ts";
import { startPage } from "./start-page.ts";

await startPage((options) => new LocalComputer(options, browserHost));
