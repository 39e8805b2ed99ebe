import { previewPath } from "../../../workers/service/addresses.ts";
import type { FromAppPage, ToAppPage } from "../../../workers/service/contract.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { ComputerState } from "../../computer.ts";
import { panesAreIsolated } from "./isolation-probe.ts";
import { claimMachineName } from "./machine-name.ts";

export interface PreviewHostOptions {
  image: string;
  state(): ComputerState;
  /** Gives a service worker's port to the machine, which runs. */
  connect(port: MessagePort): void;
}

/** This page's side of previews: lets the service worker reach the machine, and knows their addresses. */
export class PreviewHost {
  /** Path of the site. */
  readonly scope = new URL("./", document.baseURI).pathname;
  readonly #options: PreviewHostOptions;
  #name: Promise<string> | undefined;
  #ready: Promise<boolean> | undefined;

  constructor(options: PreviewHostOptions) {
    this.#options = options;
  }

  /** Answers service workers from now on, also those that another tab has started. */
  listen(): void {
    const workers = serviceWorkers();
    workers?.addEventListener("message", ({ data, ports }: MessageEvent<ToAppPage>) => {
      const [port] = ports;
      if (data?.type === "tabnix-preview-connect" && port) void this.#answer(data.machine, port);
    });
    workers?.startMessages();
    void this.#machine();
  }

  /**
   * Starts the service worker, unless it runs.
   *
   * @returns whether a pane may show pages of the machine without their being able to touch this one
   * @throws TabnixError `unsupported`
   */
  start(): Promise<boolean> {
    this.#ready ??= this.#start().catch((error) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  /** The path of a server's page on this site. @param path with query and fragment */
  async pathOf(port: number, path: string): Promise<string> {
    return previewPath(this.scope, { machine: await this.#machine(), port }, path);
  }

  async #start(): Promise<boolean> {
    try {
      const workers = serviceWorkers();
      if (!workers) throw new Error("This page may have no service worker.");
      const address = `${this.scope}service-worker.js`;
      const registration = await workers.register(address, { scope: this.scope });
      await activated(registration);
      return await panesAreIsolated(this.scope);
    } catch (error) {
      throw new TabnixError(
        "unsupported",
        "Previews cannot be shown: their service worker does not start.",
        "Private windows and blocked site data are the usual reasons. The server still answers inside the machine: curl.",
        error,
      );
    }
  }

  #machine(): Promise<string> {
    this.#name ??= claimMachineName(this.#options.image);
    return this.#name;
  }

  async #answer(machine: string, port: MessagePort): Promise<void> {
    const refuse = (answer: FromAppPage) => port.postMessage(answer);
    if (machine !== (await this.#machine())) return refuse({ type: "not-here" });
    const state = this.#options.state();
    if (state === "running") return this.#options.connect(port);
    refuse({ type: "not-running", isStarting: state === "booting" });
  }
}

/** Undefined where the browser has none, or forbids them here: in some frames even looking throws. */
function serviceWorkers(): ServiceWorkerContainer | undefined {
  try {
    return navigator.serviceWorker;
  } catch {
    return undefined;
  }
}

async function activated({ active, waiting, installing }: ServiceWorkerRegistration) {
  const worker = active ?? waiting ?? installing;
  if (!worker || worker.state === "activated") return;
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (worker.state === "activated") resolve();
      if (worker.state === "redundant") reject(new Error("The worker was refused."));
    };
    worker.addEventListener("statechange", look);
    look();
  });
}
