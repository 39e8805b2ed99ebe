/** Runs the page on a scripted computer; `?script=` holds the script as JSON. */
import { startPage } from "../../../src/app/start-page.ts";
import { type Script, ScriptedComputer } from "./scripted-computer.ts";

const script: Script = JSON.parse(new URL(location.href).searchParams.get("script") ?? "{}");

await startPage((options) => {
  const computer = new ScriptedComputer(options, script);
  // For tests that look at what the page has told it.
  Object.assign(window, { scripted: computer });
  return computer;
});
