/** Joins the machine of a frame with what is on the screen. */
import { type ErrorMessage, TabnixError } from "../../../workers/shared/errors.ts";
import { BootView } from "../../app/boot-view.ts";
import { KernelLog } from "../../app/kernel-log.ts";
import type { LoadedSetup } from "../../setup/setup.ts";
import { Colors } from "./colors.ts";
import type { EmbedMachine } from "./machine.ts";
import type { Parameters } from "./parameters.ts";
import type { EmbedTerminal } from "./terminal.ts";
import { failedView, posterView } from "./views.ts";

export interface EmbedPageOptions {
  root: HTMLElement;
  parameters: Parameters;
  loaded: LoadedSetup;
  machine: EmbedMachine;
  onHeight(height: number): void;
}

export class EmbedPage {
  readonly #options: EmbedPageOptions;
  readonly #colors: Colors;
  readonly #boot: BootView;
  #terminal: EmbedTerminal | undefined;
  #hasFocus = false;
  /** The start whose commands were typed. */
  #shown = 0;

  constructor(options: EmbedPageOptions) {
    const { parameters, loaded, machine } = options;
    this.#options = options;
    this.#colors = new Colors(parameters.theme);
    this.#boot = new BootView(loaded.setup.image, new KernelLog());
    machine.on((event) => {
      if (event.type === "progress") this.#boot.show(event.progress);
      if (event.type === "state") void this.#show();
    });
    void this.#show();
    if (parameters.start === "now") this.#start();
    if (parameters.start === "visible") this.#startWhenSeen();
  }

  #start(): void {
    // Its state tells of a failure.
    this.#options.machine.start().catch(() => {});
  }

  #startWhenSeen(): void {
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      this.#start();
    });
    observer.observe(this.#options.root);
  }

  async #show(): Promise<void> {
    const { root, machine, loaded } = this.#options;
    if (machine.state === "running") {
      await this.#showTerminal().catch((error) => this.#showFailure(error));
      return;
    }
    this.#terminal?.dispose();
    this.#terminal = undefined;
    if (machine.state === "booting") {
      root.replaceChildren(this.#boot.element);
    } else if (machine.state === "failed") {
      this.#showFailure(machine.failure);
    } else {
      const onStart = () => {
        this.#hasFocus = true;
        this.#start();
      };
      root.replaceChildren(posterView(loaded, onStart));
    }
  }

  async #showTerminal(): Promise<void> {
    const { root, machine, loaded, parameters, onHeight } = this.#options;
    const module = await import("./terminal.ts").catch((cause: unknown) => {
      throw new TabnixError(
        "unreachable",
        "The terminal's part of the program could not be loaded.",
        "Check the connection and try again.",
        cause,
      );
    });
    if (machine.state !== "running" || this.#terminal) return;
    this.#terminal = new module.EmbedTerminal({
      root,
      colors: this.#colors,
      readOnly: parameters.readOnly,
      openSession: (size) => machine.running.openTerminal(size),
      onHeight,
    });
    const isFresh = machine.starts !== this.#shown;
    this.#shown = machine.starts;
    this.#terminal.run(isFresh ? (loaded.setup.terminals[0] ?? []) : []);
    // Who has started it goes on typing; a frame that starts by itself takes no focus from its page.
    if (this.#hasFocus) this.#terminal.focus();
  }

  #showFailure(error: ErrorMessage): void {
    const { root, machine } = this.#options;
    const onRetry = () => (machine.state === "running" ? void this.#show() : this.#start());
    root.replaceChildren(failedView(error, onRetry));
  }
}
