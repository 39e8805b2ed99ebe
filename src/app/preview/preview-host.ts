import { previewPath } from "../../../workers/service/addresses.ts";
import type { FromAppPage } from "../../../workers/service/contract.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { ComputerState } from "../../computer.ts";
import { claimMachineName } from "./machine-name.ts";
import { type PreviewSite, previewSite } from "./preview-site.ts";

export interface PreviewHostOptions {
  image: string;
  state(): ComputerState;
  /** Gives a service worker's port to the machine, which runs. */
  connect(port: MessagePort): void;
  /**
   * Asks the visitor whether pages of the machine may share this site's storage, where that was not agreed
   * to: programs run there that came with a link.
   */
  ask?: (() => Promise<boolean>) | undefined;
}

/** This page's side of previews: lets service workers reach the machine, and knows their addresses. */
export class PreviewHost {
  readonly #options: PreviewHostOptions;
  readonly #site: PreviewSite;
  #name: Promise<string> | undefined;
  #ready: Promise<boolean> | undefined;
  #isAllowed: boolean;

  constructor(options: PreviewHostOptions) {
    this.#options = options;
    this.#site = previewSite((machine, port) => void this.#answer(machine, port));
    this.#isAllowed = !options.ask || !this.sharesStorage;
  }

  /** Where previews are served: this site, or another one. */
  get site(): URL {
    return this.#site.url;
  }

  /** What previews store is this site's. */
  get sharesStorage(): boolean {
    return this.site.origin === location.origin;
  }

  /** Answers service workers from now on. */
  listen(): void {
    this.#site.listen();
    void this.#machine();
  }

  /** The machine, as it was, is gone: its kernel worker has ended. */
  forget(): void {
    this.#site.forget();
  }

  /**
   * Starts the service worker, unless it runs.
   *
   * @returns whether a pane may show pages of the machine without their being able to touch this one
   * @throws TabnixError `unsupported`; AbortError when the visitor does not want to see them
   */
  async start(): Promise<boolean> {
    this.#isAllowed ||= (await this.#options.ask?.()) === true;
    if (!this.#isAllowed) throw new DOMException("The visitor said no.", "AbortError");
    this.#ready ??= this.#site.start().catch((error) => {
      this.#ready = undefined;
      throw new TabnixError(
        "unsupported",
        `Previews cannot be shown: ${error instanceof Error ? error.message : String(error)}`,
        "They need a service worker; private windows and blocked site data are the usual reasons against one. Inside the machine the server still answers: curl.",
        error,
      );
    });
    return this.#ready;
  }

  /** The address of a server's page. @param path with query and fragment */
  async addressOf(port: number, path: string): Promise<string> {
    const server = { machine: await this.#machine(), port };
    return new URL(previewPath(this.site.pathname, server, path), this.site).href;
  }

  #machine(): Promise<string> {
    this.#name ??= claimMachineName(this.#options.image);
    return this.#name;
  }

  async #answer(machine: string, port: MessagePort): Promise<void> {
    const refuse = (answer: FromAppPage) => port.postMessage(answer);
    // Another link may lead straight to a page of the machine.
    const isHere = this.#isAllowed && machine === (await this.#machine());
    if (!isHere) return refuse({ type: "not-here" });
    const state = this.#options.state();
    if (state === "running") return this.#options.connect(port);
    refuse({ type: "not-running", isStarting: state === "booting" });
  }
}
