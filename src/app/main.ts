import { LocalComputer } from "../local-computer.ts";
import { startPage } from "./start-page.ts";

await startPage((options) => new LocalComputer(options));
