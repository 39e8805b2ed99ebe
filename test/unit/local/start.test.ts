/** Starts of a real machine whose files and memory do not come in the usual order. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, expect, test } from "vitest";
import { cacheFolder } from "../../../images/build/cache.ts";
import type { ComputerHost, WorkerPort } from "../../../src/local/computer-host.ts";
import { LocalComputer } from "../../../src/local/local-computer.ts";
import { nodeHost } from "../../../src/local/node-host.ts";
import type { FromKernel } from "../../../workers/kernel/contract.ts";
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

/** A host whose kernel worker tells of something just before the files are open. */
function telling(message: FromKernel): ComputerHost {
  return {
    ...nodeHost,
    startKernel() {
      const kernel = nodeHost.startKernel();
      return proxy(kernel, {
        set onmessage(listener: WorkerPort["onmessage"]) {
          kernel.onmessage = (event: MessageEvent<FromKernel>) => {
            if (event.data.type === "ready")
              listener?.(new MessageEvent("message", { data: message }));
            listener?.(event);
          };
        },
      });
    },
  };
}

test.each([
  ["what could not be saved", "unsaved", "started, told unsaved"],
  ["a damaged file", "corrupt", "failed corrupt"],
] as const)("%s while it starts", async (_, code, outcome) => {
  const error = { code, message: "What happened.", hint: "" };
  const host = telling({ type: "notice", error });
  computer = new LocalComputer({ image: "tiny", imagesUrl, files: "unsaved" }, host);
  const told: string[] = [];
  computer.on("notice", (notice) => told.push(`told ${notice.code}`));
  const end = await computer.boot().then(
    () => "started",
    (failure) => `failed ${failure.code}`,
  );
  expect([end, ...told].join(", ")).toBe(outcome);
});

/** An object with other properties before its own. */
function proxy(port: WorkerPort, own: Partial<WorkerPort>): WorkerPort {
  return Object.setPrototypeOf(own, port);
}
