import { type TabnixError, toErrorMessage } from "../../workers/shared/errors.ts";
import type { TerminalSession } from "../computer.ts";
import type { FileAccess } from "../file-access.ts";
import type { MachineTransfer } from "../machine-transfer.ts";
import { linkTo } from "../setup/portable.ts";
import type { LoadedSetup, Setup } from "../setup/setup.ts";
import { copyText, pastedText } from "../terminal/clipboard.ts";
import { MATCHES } from "../terminal/colors.ts";
import type { OuterAction } from "../terminal/shortcuts.ts";
import { StickyModifiers } from "../terminal/sticky-modifiers.ts";
import type { TerminalAppearance } from "../terminal/terminal-view.ts";
import { confirm } from "./confirm-dialog.ts";
import { element } from "./element.ts";
import { FilePanel } from "./file-panel/file-panel.ts";
import { Transfers } from "./file-panel/transfers.ts";
import { FindBar } from "./find-bar.ts";
import { openHelp } from "./help-dialog.ts";
import { ImageActions } from "./image-actions.ts";
import { openImported } from "./imported-dialog.ts";
import { KeyBar } from "./key-bar.ts";
import { MachineActions } from "./machine-actions.ts";
import { Notices } from "./notices.ts";
import { PageHeader } from "./page-header.ts";
import { PortNotices } from "./preview/port-notices.ts";
import type { PreviewHost } from "./preview/preview-host.ts";
import { PreviewPane } from "./preview/preview-pane.ts";
import { saveText } from "./save.ts";
import { browserStorage, SettingsStore } from "./settings.ts";
import { takeDroppedSetups } from "./setup-drop.ts";
import { StatusBar } from "./status-bar.ts";
import { TerminalTabs } from "./terminal-tabs.ts";
import { Theme } from "./theme.ts";
import { followVisualViewport } from "./viewport.ts";

export interface WorkspaceOptions {
  root: HTMLElement;
  image: string;
  /** The folder `images/` of the site, absolute, with a slash at its end. */
  imagesUrl: string;
  openSession(size: { rows: number; columns: number }): TerminalSession;
  /** @throws TabnixError when no machine runs */
  files(): FileAccess;
  /** @throws TabnixError when no machine runs */
  machine(): MachineTransfer;
  previews: PreviewHost;
  /** What runs here is of this set-up. */
  setup?: LoadedSetup | undefined;
  /** Gives a port a public address, or shows the one it has. @throws TabnixError when no machine runs */
  share(port: number): void;
  power: { reboot(): void; powerOff(): void; restart(): void };
}

const TITLE = "Tabnix";

/** Everything on the screen: the header with tabs, terminals or another screen, status and keys. */
export class Workspace {
  readonly notices = new Notices();
  readonly status: StatusBar;
  readonly images: ImageActions;
  /** What is written outlives the page. */
  keepsFiles = false;
  readonly #options: WorkspaceOptions;
  readonly settings = new SettingsStore(browserStorage());
  readonly #theme = new Theme(this.settings);
  readonly #touch = matchMedia("(pointer: coarse)");
  readonly #modifiers = new StickyModifiers();
  readonly #stage = element("main", { class: "stage" });
  readonly #tabs: TerminalTabs;
  readonly #find: FindBar;
  readonly #keyBar: KeyBar;
  readonly #files: FilePanel;
  readonly #transfers = new Transfers();
  readonly #machine: MachineActions;
  readonly #preview: PreviewPane;
  readonly #portNotices: PortNotices;
  readonly #header: PageHeader;
  #screen: HTMLElement | undefined;
  /** Ports of the set-up: the first on which a server listens is shown. */
  #awaited: readonly number[] = [];
  /** The visitor has done something that closing the page would lose. */
  #used = false;

  constructor(options: WorkspaceOptions) {
    this.#options = options;
    this.status = new StatusBar({
      state: "booting",
      image: options.image,
      isolated: crossOriginIsolated,
      ports: [],
      relay: { state: { state: "idle" }, publicPorts: [] },
      lan: { state: "off" },
    });
    this.#tabs = new TerminalTabs({
      modifiers: this.#modifiers,
      appearance: () => this.#appearance(),
      openSession: options.openSession,
      onShortcut: (action) => this.#act(action),
      onCopy: (text) => this.copy(text),
      onError: (error) => this.notices.show(error),
      onInput: () => {
        this.#used = true;
      },
      onChange: (title) => this.#changed(title),
    });
    this.#find = new FindBar({
      search: () => this.#tabs.view?.search,
      colors: () => MATCHES[this.#theme.name],
      onClose: () => this.#tabs.view?.focus(),
    });
    this.#keyBar = new KeyBar({
      modifiers: this.#modifiers,
      onKey: (key) => this.#tabs.view?.pressKey(key),
      onCharacter: (character) => this.#tabs.view?.type(character),
      onPaste: () => this.#paste(),
    });
    this.#files = new FilePanel({
      files: options.files,
      onError: (error) => this.notices.show(error),
      onChange: () => {
        this.#used = true;
      },
      onToggle: (isOpen) => {
        this.#header.showPane("files", isOpen);
        if (!isOpen) this.#tabs.view?.focus();
      },
    });
    this.#preview = new PreviewPane({
      host: options.previews,
      onShare: (port) => void this.#report(Promise.resolve(port).then(options.share)),
      onError: (error) => this.#showError(error),
      onToggle: (isOpen) => {
        this.#header.showPane("preview", isOpen);
        if (isOpen) this.#portNotices.clear();
        else this.#tabs.view?.focus();
      },
    });
    this.#portNotices = new PortNotices(this.notices, (port) => this.#preview.open(port));
    this.#machine = new MachineActions({
      image: options.image,
      machine: options.machine,
      transfers: this.#transfers,
      showImported: () => this.#showImported(),
      onDone: (message) => this.notices.show({ message, hint: "" }),
      onError: (error) => this.#showError(error),
    });
    this.images = new ImageActions({
      image: options.image,
      imagesUrl: options.imagesUrl,
      transfers: this.#transfers,
      onDone: (message) => this.notices.show({ message, hint: "" }),
      onError: (error) => this.#showError(error),
    });
    this.#header = this.#makeHeader();
    this.#stage.append(this.#tabs.panels, this.#find.element);
    options.root.replaceChildren(
      this.#header.element,
      element("div", { class: "work" }, this.#stage, this.#preview.element, this.#files.element),
      element(
        "footer",
        { class: "lower-edge" },
        this.#transfers.element,
        this.#keyBar.element,
        this.status.element,
      ),
      this.notices.element,
    );
    this.settings.addEventListener("change", () => this.#refresh());
    this.#theme.addEventListener("change", () => this.#refresh());
    this.#touch.addEventListener("change", () => this.#refresh());
    window.addEventListener("beforeunload", (event) => {
      const isLost = this.#used && this.#tabs.count > 0 && !this.keepsFiles;
      if (isLost || this.#files.isBusy || this.#transfers.isBusy) event.preventDefault();
    });
    takeDroppedSetups(options.root, (error) => this.#showError(error));
    followVisualViewport(document.documentElement);
    this.#refresh();
  }

  /** True before the first screen. */
  get isEmpty(): boolean {
    return this.#screen === undefined && this.#tabs.count === 0;
  }

  /** True once {@link prepareTerminal} is done. */
  get hasTerminal(): boolean {
    return this.#tabs.canOpen;
  }

  /** Shows something in the place of the terminals, which end. */
  showScreen(screen: HTMLElement): void {
    this.#find.close();
    this.#files.toggle(false);
    this.#preview.toggle(false);
    this.#tabs.clear();
    this.#used = false;
    this.#screen?.remove();
    this.#screen = screen;
    this.#stage.append(screen);
    this.#stage.dataset["showing"] = "screen";
    document.title = TITLE;
    screen.querySelector<HTMLElement>(".primary")?.focus();
    this.#refresh();
  }

  /** Makes the first terminal ready behind the screen that is shown. @throws TabnixError "unreachable" */
  prepareTerminal(): Promise<void> {
    return this.#tabs.prepare();
  }

  /**
   * Shows the terminals: with one to begin with, or, the first time with a machine, those of the set-up.
   */
  showTerminals({ isFirst }: { isFirst: boolean }): void {
    const setup = isFirst ? this.#options.setup?.setup : undefined;
    this.#stage.dataset["showing"] = "terminals";
    // The key bar takes its place before a shell learns its size.
    this.#refresh();
    if (this.#tabs.count === 0) {
      for (const commands of setup?.terminals ?? [[]]) this.#tabs.open(commands);
      this.#tabs.select(0);
    }
    this.#screen?.remove();
    this.#screen = undefined;
    if (setup) this.#showSetup(setup);
    this.#tabs.view?.focus();
  }

  #showSetup({ title, description, panes, ports }: Setup): void {
    const [message, hint] = title === "" ? [description, ""] : [title, description];
    if (message !== "") this.notices.show({ message, hint });
    if (panes.includes("preview")) this.#preview.toggle(true);
    if (panes.includes("files")) this.#files.toggle(true, { focus: false });
    this.#awaited = ports;
  }

  /** Says something in the terminal that is shown. */
  note(text: string): void {
    this.#tabs.view?.note(text);
  }

  /** Copies a text, wherever it is from. */
  copy(text: string): void {
    void this.#report(copyText(text));
  }

  /** Tells of servers in the machine. @param ports all that listen now */
  showPorts(ports: readonly number[]): void {
    this.#preview.showPorts(ports);
    const awaited = this.#awaited.find((port) => ports.includes(port));
    if (awaited !== undefined) {
      this.#awaited = [];
      this.#preview.open(awaited);
      this.#tabs.view?.focus();
    }
    this.#portNotices.show(ports, this.#preview.isOpen);
    this.#header.showServers(ports.length > 0);
  }

  #makeHeader(): PageHeader {
    const { setup, power } = this.#options;
    return new PageHeader({
      settings: this.settings,
      strip: this.#tabs.strip,
      hasMachine: () => this.#tabs.count > 0 || this.#screen === undefined,
      hasSetup: setup !== undefined,
      actions: {
        ...power,
        togglePreview: () => this.#preview.toggle(),
        toggleFiles: () => this.#files.toggle(),
        find: () => this.#find.open(),
        copySelection: () => void this.#copy(),
        paste: () => void this.#paste(),
        saveOutput: () => this.#save(),
        exportMachine: (options) => void this.#report(this.#machine.export(options)),
        importMachine: () => this.#machine.chooseImport(),
        showImages: () => void this.#report(this.images.show()),
        showImported: () => void this.#report(this.#showImported()),
        copyLink: () => void this.#report(this.#copyLink()),
        restart: () => this.#restart(),
      },
    });
  }

  async #copyLink(): Promise<void> {
    const { setup } = this.#options;
    if (setup) await copyText(await linkTo(setup, new URL(location.href)));
  }

  #showImported(): Promise<void> {
    return openImported({
      image: this.#options.image,
      onError: (error) => this.#showError(error),
    });
  }

  #restart(): void {
    // Also when nothing was done yet: files of earlier visits, or of another tab, would be gone too.
    confirm({
      title: "Restart afresh?",
      text: "The machine starts as it was at first. Everything that was done in it is lost, in other tabs and on earlier visits too.",
      action: "Restart afresh",
      onConfirm: this.#options.power.restart,
    });
  }

  #act(action: OuterAction): void {
    if (action.type === "find") this.#find.open();
    else if (action.type === "new-terminal") this.#tabs.open();
    else if (action.type === "next-terminal") this.#tabs.step(action.step);
    else if (action.type === "select-terminal") this.#tabs.select(action.index);
    else if (action.type === "leave-terminal") this.#tabs.leave();
    else if (action.type === "help") openHelp();
  }

  #changed(title: string | undefined): void {
    document.title = title === undefined ? TITLE : `${title} — ${TITLE}`;
  }

  async #copy(): Promise<void> {
    const text = this.#tabs.view?.selection ?? "";
    if (text !== "") await this.#report(copyText(text));
    this.#tabs.view?.focus();
  }

  async #paste(): Promise<void> {
    const view = this.#tabs.view;
    const text = await this.#report(pastedText());
    if (text !== undefined) view?.paste(text);
    view?.focus();
  }

  #save(): void {
    const html = this.#tabs.view?.toHtml();
    if (html !== undefined) saveText("terminal.html", "text/html", html);
  }

  /** The result, or undefined after telling the visitor why there is none. */
  async #report<Result>(work: Promise<Result>): Promise<Result | undefined> {
    try {
      return await work;
    } catch (error) {
      this.#showError(error);
      return undefined;
    }
  }

  #showError(error: unknown): void {
    // Cancelled by the visitor, who knows.
    if (error instanceof DOMException && error.name === "AbortError") return;
    this.notices.show(toErrorMessage(error, "unsupported") satisfies Partial<TabnixError>);
  }

  #showsKeyBar(): boolean {
    const { keyBar } = this.settings.value;
    return keyBar === "auto" ? this.#touch.matches : keyBar === "shown";
  }

  #appearance(): TerminalAppearance {
    const { fontSize, screenReader } = this.settings.value;
    const theme = this.#theme.terminal;
    return { theme, fontSize, screenReader, softKeyboard: this.#showsKeyBar() };
  }

  #refresh(): void {
    const isTerminal = this.#stage.dataset["showing"] === "terminals";
    this.#keyBar.element.hidden = !this.#showsKeyBar() || !isTerminal;
    this.#header.showForTerminal(isTerminal);
    this.#tabs.refresh();
  }
}
