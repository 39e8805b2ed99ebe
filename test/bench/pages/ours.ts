/** The page of the benchmark with Tabnix's own computer: kernel worker and machine worker. */
import type { ComputerOptions } from "../../../src/computer.ts";
import { browserHost } from "../../../src/local/browser-host.ts";
import { LocalComputer } from "../../../src/local/local-computer.ts";
import { Runner } from "./runner.ts";

globalThis.bench = (async () => {
  const parameters = new URLSearchParams(location.search);
  const image = parameters.get("image") ?? "base";
  const relay = parameters.get("relay");
  const lan = parameters.get("lan");
  const options: ComputerOptions = {
    image,
    imagesUrl: new URL("/images/", location.href).href,
    // One tab has the files; those of a network are many.
    ...(lan ? { files: "unsaved" } : {}),
  };
  const computer = new LocalComputer(options, browserHost);
  if (relay) computer.useRelay({ url: relay });
  if (lan) computer.joinNetwork(lan);
  await computer.boot();
  const session = computer.openTerminal({ rows: 24, columns: 80 });
  const runner = new Runner((text) => session.write(text));
  session.onOutput = (bytes, drawn) => {
    runner.receive(bytes);
    drawn();
  };
  await runner.prepare();
  return runner;
})();
