import { fromErrorMessage, TabnixError, toErrorMessage } from "../../workers/shared/errors.ts";
import type {
  Computer,
  ComputerOptions,
  ComputerState,
  ComputerStatistics,
  Files,
} from "../computer.ts";
import { BootView } from "./boot-view.ts";
import { busyView } from "./busy-view.ts";
import { failureView } from "./failure-view.ts";
import { KernelLog } from "./kernel-log.ts";
import { rememberImage } from "./last-image.ts";
import { NetworkPresence } from "./network-presence.ts";
import type { OfflineOptions, OfflineState } from "./offline.ts";
import { powerView } from "./power-view.ts";
import { PreviewHost } from "./preview/preview-host.ts";
import { browserStorage } from "./settings.ts";
import type { SetupOnPage } from "./setup-on-page.ts";
import { Workspace } from "./workspace.ts";

/** Makes the computer behind the page. */
export type ComputerFactory = (options: ComputerOptions) => Computer;

export interface PageOptions {
  /** Takes the whole page. */
  root: HTMLElement;
  computer: ComputerOptions;
  createComputer: ComputerFactory;
  surroundings: Surroundings;
  /** What its machines get before their first prompt; its part of {@link computer} is there already. */
  setup?: SetupOnPage;
}

/** What the page has of its browser and its host. */
export interface Surroundings {
  /** Why the page is not isolated from other sites; undefined when it is, or nobody has asked. */
  notIsolated?: string | undefined;
  /** Begins to keep the app for when there is no network; not done unless given. */
  keepOffline?(options: Omit<OfflineOptions, "scope">): Promise<void>;
}

/** How often the status bar asks the machine, in milliseconds. */
const STATISTICS_EVERY_MS = 2000;

const UPDATE = {
  message: "There is a new version of Tabnix.",
  hint: "This tab goes on with the one that it has. It is the new one as soon as the page is loaded again.",
};
const RELOAD = { label: "Reload", onChoose: () => location.reload() };

/** Joins a computer with what is on the screen: shows each of its states, and never half of one. */
export class Page {
  readonly #options: PageOptions;
  readonly #workspace: Workspace;
  readonly #log = new KernelLog();
  #computer: Computer | undefined;
  #statistics: ComputerStatistics | undefined;
  #state: ComputerState = "booting";
  #hasStarted = false;
  #offline: OfflineState | "asked" | undefined;
  /** The set-up's files are there: a prompt may be shown. */
  #isSetUp = false;
  /** The start that is under way, or the last one, left the snapshot out. */
  #coldBoot = false;
  #files: Files;
  readonly #previewHost: PreviewHost;
  readonly #network: NetworkPresence;
  #bootView: BootView;

  constructor(options: PageOptions) {
    this.#options = options;
    this.#files = options.computer.files ?? "saved";
    this.#previewHost = new PreviewHost({
      image: options.computer.image,
      state: () => this.#computer?.state ?? this.#state,
      connect: (port) => this.#running().connectPreview(port),
      ask: options.setup?.askForPreview,
    });
    this.#bootView = new BootView(options.computer.image, this.#log);
    this.#workspace = new Workspace({
      root: options.root,
      image: options.computer.image,
      imagesUrl: options.computer.imagesUrl,
      openSession: (size) => this.#running().openTerminal(size),
      files: () => this.#running().files,
      machine: () => this.#running(),
      previews: this.#previewHost,
      setup: options.setup?.loaded,
      share: (port) => {
        this.#running();
        this.#network.share(port);
      },
      power: {
        reboot: () => this.#power((computer) => computer.reboot()),
        powerOff: () => this.#power((computer) => computer.powerOff()),
        restart: () => this.start({ files: this.#files === "unsaved" ? "unsaved" : "erased" }),
      },
    });
    this.#network = new NetworkPresence({
      settings: this.#workspace.settings,
      only: options.setup?.network,
      note: (text) => this.#workspace.note(text),
      notices: this.#workspace.notices,
      copy: (text) => this.#workspace.copy(text),
      onChange: () => this.#showStatus(),
    });
    setInterval(() => this.#measure(), STATISTICS_EVERY_MS);
    this.#previewHost.listen();
    // A page that is hidden may never come back.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && this.#computer?.state === "running") void this.#computer.save();
    });
    // As src/local/kept-page.ts does for one computer; this may be the page's second.
    addEventListener("pagehide", ({ persisted }) => {
      if (persisted) this.#computer?.destroy();
    });
    addEventListener("pageshow", ({ persisted }) => {
      if (persisted) location.reload();
    });
  }

  /**
   * Starts a machine; the one before, if any, is thrown away, with its files if they are not saved.
   * Without `files` it is on the same ones as the one before.
   */
  async start({
    coldBoot = this.#options.computer.coldBoot === true,
    files = this.#files,
  }: {
    coldBoot?: boolean;
    files?: Files;
  } = {}): Promise<void> {
    // The next start is on what this one makes of them.
    this.#files = files === "unsaved" ? files : "saved";
    const previous = this.#computer;
    this.#computer = undefined;
    this.#statistics = undefined;
    this.#hasStarted = false;
    this.#isSetUp = this.#options.setup === undefined;
    this.#options.setup?.fetch();
    this.#coldBoot = coldBoot;
    this.#show("booting");
    previous?.destroy();
    this.#previewHost.forget();
    try {
      const options = { ...this.#options.computer, coldBoot, files };
      const computer = this.#options.createComputer(options);
      this.#computer = computer;
      this.#listen(computer);
      this.#network.follow(computer);
      await this.#boot(computer);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Starts the machine again on the files it had; a fresh one if they are gone. */
  async #startAgain(): Promise<void> {
    const computer = this.#computer;
    if (computer?.state !== "stopped") return this.start();
    await this.#boot(computer);
  }

  async #boot(computer: Computer): Promise<void> {
    try {
      await computer.boot();
      if (!this.#isSetUp) await this.#setUp(computer);
      await this.#workspace.prepareTerminal();
      if (computer === this.#computer) this.#show("running");
    } catch (error) {
      if (computer === this.#computer) this.#fail(error);
    }
  }

  /** @throws TabnixError */
  async #setUp(computer: Computer): Promise<void> {
    await this.#options.setup?.write(computer.files, { replace: this.#files === "unsaved" });
    if (computer === this.#computer) this.#isSetUp = true;
  }

  #listen(computer: Computer): void {
    const whileCurrent = (act: () => void): void => {
      if (computer === this.#computer) act();
    };
    computer.on("state", (state) =>
      whileCurrent(() => {
        // The first time the machine may be faster than the terminal's code and the set-up's files.
        const isReady = this.#workspace.hasTerminal && this.#isSetUp;
        if (state !== "running" || isReady) this.#show(state);
      }),
    );
    computer.on("progress", (progress) =>
      whileCurrent(() => {
        this.#bootView.show(progress);
        // The workers are busy with the network now, and the page is not. What fails here fails again
        // when the terminal is needed.
        if (progress.stage === "download") this.#workspace.prepareTerminal().catch(() => {});
      }),
    );
    computer.on("log", (text) =>
      whileCurrent(() => {
        this.#log.append(text);
        this.#bootView.showLog();
      }),
    );
    computer.on("ports", (ports) =>
      whileCurrent(() => {
        this.#workspace.showPorts(ports);
        this.#showStatus();
      }),
    );
    computer.on("notice", (notice) =>
      whileCurrent(() => {
        // Of a machine that does not run, a notice tells why.
        if (computer.state === "stopped" || computer.state === "failed") this.#fail(notice);
        else this.#workspace.notices.show(notice);
      }),
    );
  }

  /** Shows a state. The same state again changes nothing. */
  #show(state: ComputerState): void {
    const isNew = state !== this.#state || this.#workspace.isEmpty;
    this.#state = state;
    this.#showStatus();
    if (!isNew) return;
    if (state === "booting") this.#showBoot();
    else if (state === "running") this.#showTerminals();
    else if (state === "stopped") this.#showOff();
    else this.#fail(undefined);
  }

  #showBoot(): void {
    this.#log.clear();
    this.#bootView = new BootView(this.#options.computer.image, this.#log);
    this.#workspace.showScreen(this.#bootView.element);
  }

  #showTerminals(): void {
    const isFirst = !this.#hasStarted;
    this.#hasStarted = true;
    this.#workspace.showTerminals({ isFirst });
    void this.#measure();
    // A set-up's machine is somebody else's choice.
    if (!this.#options.setup) rememberImage(browserStorage(), this.#options.computer.image);
    this.#keepOffline();
  }

  /** Once, and not before the machine runs: what is fetched for it would make that wait. */
  #keepOffline(): void {
    if (this.#offline) return;
    this.#offline = "asked";
    void this.#options.surroundings.keepOffline?.({
      onState: (state) => {
        this.#offline = state;
        this.#showStatus();
        if (state.isKept) void this.#workspace.images.repair();
      },
      onUpdate: () => this.#workspace.notices.show(UPDATE, RELOAD),
    });
  }

  #fail(error: unknown): void {
    this.#state = "failed";
    this.#showStatus();
    if (error instanceof TabnixError && error.code === "busy") {
      this.#showBusy();
      return;
    }
    const unknown = new TabnixError(
      "guest-failed",
      "The machine stopped unexpectedly.",
      "Start it again. If it happens every time, the details below help to find out why.",
    );
    this.#workspace.showScreen(
      failureView({
        error:
          error === undefined ? unknown : fromErrorMessage(toErrorMessage(error, unknown.code)),
        image: this.#options.computer.image,
        log: this.#log.toString(),
        hasStarted: this.#hasStarted,
        coldBoot: this.#coldBoot,
        onRetry: () => this.#startAgain(),
        saved: this.#files !== "unsaved",
        onColdBoot: () => this.start({ coldBoot: true }),
        onUnsaved: () => this.start({ files: "unsaved" }),
      }),
    );
  }

  #showOff(): void {
    const { keepsFiles } = this.#workspace;
    this.#workspace.showScreen(powerView(keepsFiles, () => this.#startAgain()));
  }

  #showBusy(): void {
    this.#workspace.showScreen(
      busyView({
        hadFiles: this.#hasStarted,
        onTake: () => this.start({ files: "taken" }),
        onFresh: () => this.start({ files: "unsaved" }),
      }),
    );
  }

  #running(): Computer {
    if (this.#computer?.state === "running") return this.#computer;
    throw new TabnixError("guest-failed", "The machine is not running.", "Start it first.");
  }

  async #power(act: (computer: Computer) => Promise<void>): Promise<void> {
    const computer = this.#running();
    try {
      await act(computer);
    } catch (error) {
      if (computer === this.#computer) this.#fail(error);
    }
  }

  async #measure(): Promise<void> {
    const computer = this.#computer;
    if (computer?.state !== "running" || document.hidden) return;
    try {
      const statistics = await computer.statistics();
      if (computer !== this.#computer) return;
      this.#statistics = statistics;
      this.#showStatus();
    } catch {
      // It stopped while it was asked; its state tells.
    }
  }

  #showStatus(): void {
    const { image } = this.#options.computer;
    this.#workspace.keepsFiles = (this.#statistics?.storage ?? "memory") !== "memory";
    this.#workspace.status.show({
      state: this.#state,
      image,
      isolated: crossOriginIsolated,
      notIsolated: this.#options.surroundings.notIsolated,
      offline: this.#offline === "asked" ? undefined : this.#offline,
      ports: this.#computer?.ports ?? [],
      relay: this.#network.status,
      lan: this.#network.lan,
      statistics: this.#statistics,
    });
  }
}
