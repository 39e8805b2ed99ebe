/** Starts of a real machine whose files and memory do not come in the usual order. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, expect, test } from "vitest";
import { cacheFolder } from "../../../images/build/cache.ts";
import type { ComputerHost, WorkerPort } from "../../../src/local/computer-host.ts";
import { LocalComputer } from "../../../src/local/local-computer.ts";
import { nodeHost } from "../../../src/local/node-host.ts";
import type { FromMachine } from "../../../workers/machine/contract.ts";

const imagesUrl = `${pathToFileURL(join(cacheFolder(), "images"))}/`;
let computer: LocalComputer;

afterEach(() => computer.destroy());

test("a machine that has its prompt before its files has not started", async () => {
  const order: string[] = [];
  let openFiles = () => {};
  const host: ComputerHost = {
    ...nodeHost,
    startKernel() {
      const kernel = nodeHost.startKernel();
      const opened = new Promise<void>((resolve) => {
        openFiles = resolve;
      });
      return proxy(kernel, {
        postMessage: (...message) => void opened.then(() => kernel.postMessage(...message)),
      });
    },
    startMachine() {
      const machine = nodeHost.startMachine();
      return proxy(machine, {
        set onmessage(listener: WorkerPort["onmessage"]) {
          machine.onmessage = (event: MessageEvent<FromMachine>) => {
            listener?.(event);
            if (event.data.type !== "ready") return;
            order.push("prompt");
            setTimeout(() => {
              order.push("files");
              openFiles();
            });
          };
        },
      });
    },
  };
  computer = new LocalComputer({ image: "tiny", imagesUrl, files: "unsaved" }, host);
  await computer.boot();
  order.push("started");
  await computer.files.write("/root/file", new Blob(["text"]));
  expect((await computer.files.status("/root/file")).size).toBe(4);
  expect(order).toEqual(["prompt", "files", "started"]);
});

/** An object with other properties before its own. */
function proxy(port: WorkerPort, own: Partial<WorkerPort>): WorkerPort {
  return Object.setPrototypeOf(own, port);
}
