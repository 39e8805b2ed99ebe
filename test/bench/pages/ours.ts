/** The page of the benchmark with Tabnix's own computer: kernel worker and machine worker. */
import { LocalComputer } from "../../../src/local/local-computer.ts";
import { Runner } from "./runner.ts";

globalThis.bench = (async () => {
  const image = new URLSearchParams(location.search).get("image") ?? "base";
  const computer = new LocalComputer({
    image,
    imagesUrl: new URL("/images/", location.href).href,
  });
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
