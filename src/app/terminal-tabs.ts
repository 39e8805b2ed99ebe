import { TabnixError, toErrorMessage } from "../../workers/shared/errors.ts";
import type { TerminalSession } from "../computer.ts";
import type { OuterAction } from "../terminal/shortcuts.ts";
import type { StickyModifiers } from "../terminal/sticky-modifiers.ts";
import type { TerminalAppearance, TerminalView } from "../terminal/terminal-view.ts";
import { button, element } from "./element.ts";
import { icon } from "./icons.ts";

/** How long a bell is seen, in milliseconds. */
const BELL_MS = 150;

export interface TerminalTabsOptions {
  modifiers: StickyModifiers;
  appearance(): TerminalAppearance;
  /** @throws TabnixError when the machine gives no more terminals. */
  openSession(size: { rows: number; columns: number }): TerminalSession;
  onShortcut(action: OuterAction): void;
  onCopy(text: string): void;
  onError(error: Pick<TabnixError, "message" | "hint">): void;
  onInput(): void;
  /** Another terminal is shown, or its title changed; undefined when the last one closed. */
  onChange(title: string | undefined): void;
}

interface Tab {
  readonly view: TerminalView;
  readonly handle: HTMLElement;
  readonly label: HTMLElement;
  readonly panel: HTMLElement;
  title: string;
}

/** The terminals of one machine, one shown at a time (WAI-ARIA tabs pattern). */
export class TerminalTabs {
  /** The row of tabs. */
  readonly strip: HTMLElement;
  /** Holds one panel a tab. */
  readonly panels: HTMLElement;
  readonly #options: TerminalTabsOptions;
  #View: typeof TerminalView | undefined;
  readonly #list = element("div", { class: "tabs", role: "tablist", "aria-label": "Terminals" });
  readonly #add = button({ label: "New terminal", icon: "plus", onPress: () => this.open() });
  #tabs: Tab[] = [];
  #shown: Tab | undefined;
  /** A terminal that is made, but not yet one of the tabs: it has no shell. */
  #prepared: Tab | undefined;
  /** Numbers never come twice, so that names stay told apart. */
  #opened = 0;

  constructor(options: TerminalTabsOptions) {
    this.#options = options;
    this.strip = element("div", { class: "tab-strip" }, this.#list, this.#add);
    this.panels = element(
      "div",
      { class: "panels" },
      // For those who go from heading to heading: to the eye the terminals need none.
      element("h1", { class: "unseen" }, "Terminals"),
      element(
        "div",
        { class: "no-terminal" },
        element("p", {}, "No terminal is open."),
        button({ label: "New terminal", onPress: () => this.open() }),
      ),
    );
    this.#list.addEventListener("keydown", (event) => this.#keyDown(event));
  }

  get count(): number {
    return this.#tabs.length;
  }

  /** The terminal's code is there. */
  get canOpen(): boolean {
    return this.#View !== undefined;
  }

  get view(): TerminalView | undefined {
    return this.#shown?.view;
  }

  /**
   * Loads the terminal's code, which is most of the page's, and makes the first one while the machine
   * starts; its shell comes with {@link open}.
   *
   * @throws TabnixError "unreachable"
   */
  async prepare(): Promise<void> {
    this.#View ??= await loadView();
    if (this.#tabs.length === 0) this.#prepared ??= this.#place();
  }

  /**
   * Opens a terminal with a shell and shows it. Reports an error instead when there can be none.
   *
   * @param commands what is typed in it, each at a prompt
   */
  open(commands: readonly string[] = []): void {
    const before = this.#shown;
    const tab = this.#prepared ?? this.#place();
    this.#prepared = undefined;
    this.#tabs.push(tab);
    this.#list.append(tab.handle);
    this.#show(tab);
    if (this.#start(tab)) {
      tab.view.runCommands(commands);
      tab.view.focus();
      return;
    }
    this.#close(tab);
    if (before !== undefined) this.select(this.#tabs.indexOf(before));
  }

  /** Closes every terminal: the machine that they belonged to is gone. */
  clear(): void {
    for (const { view, handle, panel } of [...this.#tabs, this.#prepared ?? []].flat()) {
      view.dispose();
      handle.remove();
      panel.remove();
    }
    this.#tabs = [];
    this.#prepared = undefined;
    this.#opened = 0;
    this.#shown = undefined;
  }

  /** Shows the terminal with this index, if there is one. */
  select(index: number): void {
    const tab = this.#tabs[index];
    if (tab === undefined) return;
    this.#show(tab);
    tab.view.focus();
  }

  /** Shows the next terminal, or the one before, around the ends. */
  step(step: 1 | -1): void {
    const { length } = this.#tabs;
    this.select((this.#indexShown() + step + length) % length);
  }

  /** Moves the focus out of the terminal, to its tab. */
  leave(): void {
    this.#shown?.handle.focus();
  }

  /** Brings every terminal in line with the settings. */
  refresh(): void {
    for (const { view } of this.#tabs) view.setAppearance(this.#options.appearance());
  }

  /** Makes a terminal and puts it among the panels; it has a size from here on. */
  #place(): Tab {
    const tab = this.#create();
    for (const { panel } of this.#tabs) panel.hidden = true;
    this.panels.append(tab.panel);
    tab.panel.hidden = false;
    tab.view.open();
    return tab;
  }

  #create(): Tab {
    const { appearance, modifiers, onShortcut, onCopy, onInput } = this.#options;
    this.#opened += 1;
    const number = this.#opened;
    const title = `Shell ${number}`;
    const label = element("span", { class: "tab-label" }, title);
    const close = element("span", { class: "tab-close", "aria-hidden": "true" }, icon("close"));
    const ids = { id: `tab-${number}`, "aria-controls": `panel-${number}` };
    const keys = { "aria-keyshortcuts": "Delete", tabindex: "-1" };
    const handle = element("div", { class: "tab", role: "tab", ...ids, ...keys }, label, close);
    const tabpanel = {
      role: "tabpanel",
      id: `panel-${number}`,
      "aria-labelledby": `tab-${number}`,
    };
    if (this.#View === undefined) throw new Error("prepare() has not been awaited");
    const view = new this.#View({
      appearance: appearance(),
      modifiers,
      onShortcut,
      onCopy,
      onInput,
      onTitle: (text) => this.#rename(tab, text.trim() || title),
      onBell: () => this.#ring(tab),
      onReopen: () => this.#start(tab),
      onNoPrompt: (command) => this.#options.onError(noPrompt(command)),
    });
    const panel = element("div", { class: "panel", ...tabpanel, hidden: true }, view.element);
    const tab: Tab = { view, handle, label, panel, title };
    handle.addEventListener("click", () => {
      this.#show(tab);
      view.focus();
    });
    close.addEventListener("click", (event) => {
      event.stopPropagation();
      this.#close(tab);
      this.view?.focus();
    });
    handle.addEventListener("auxclick", () => this.#close(tab));
    return tab;
  }

  /** Joins a terminal with a new shell. @returns false when the machine gives none. */
  #start({ view }: Tab): boolean {
    try {
      view.attach(this.#options.openSession(view.size));
      return true;
    } catch (error) {
      this.#options.onError(toErrorMessage(error, "guest-failed"));
      return false;
    }
  }

  #indexShown(): number {
    return this.#shown === undefined ? -1 : this.#tabs.indexOf(this.#shown);
  }

  #show(tab: Tab): void {
    this.#shown = tab;
    for (const other of this.#tabs) {
      const isShown = other === tab;
      other.panel.hidden = !isShown;
      other.handle.setAttribute("aria-selected", String(isShown));
      other.handle.tabIndex = isShown ? 0 : -1;
    }
    tab.handle.classList.remove("rang");
    tab.handle.scrollIntoView({ block: "nearest", inline: "nearest" });
    tab.view.fit();
    this.#options.onChange(tab.title);
  }

  #close(tab: Tab): void {
    const index = this.#tabs.indexOf(tab);
    this.#tabs = this.#tabs.filter((other) => other !== tab);
    tab.view.dispose();
    tab.handle.remove();
    tab.panel.remove();
    if (this.#shown !== tab) return;
    this.#shown = undefined;
    const next = this.#tabs[index] ?? this.#tabs[index - 1];
    if (next === undefined) this.#options.onChange(undefined);
    else this.#show(next);
  }

  #rename(tab: Tab, title: string): void {
    tab.title = title;
    tab.label.textContent = title;
    tab.handle.title = title;
    if (tab === this.#shown) this.#options.onChange(title);
  }

  #ring(tab: Tab): void {
    if (tab !== this.#shown) tab.handle.classList.add("rang");
    tab.panel.classList.add("bell");
    setTimeout(() => tab.panel.classList.remove("bell"), BELL_MS);
  }

  /** Arrow keys, Home and End move between tabs, Delete closes, Enter enters the terminal. */
  #keyDown(event: KeyboardEvent): void {
    const last = this.#tabs.length - 1;
    const index = this.#indexShown();
    const targets: Readonly<Record<string, number>> = {
      ArrowRight: index === last ? 0 : index + 1,
      ArrowLeft: index === 0 ? last : index - 1,
      Home: 0,
      End: last,
    };
    const to = targets[event.key];
    if (event.key === "Delete" && this.#shown !== undefined) this.#close(this.#shown);
    else if (event.key === "Enter" || event.key === " ") this.view?.focus();
    else if (to !== undefined && this.#tabs[to] !== undefined) this.#show(this.#tabs[to]);
    else return;
    event.preventDefault();
    if (event.key !== "Enter" && event.key !== " ") this.leave();
    if (this.#tabs.length === 0) this.#add.focus();
  }
}

function noPrompt(command: string): Pick<TabnixError, "message" | "hint"> {
  return {
    message: `The set-up's command “${command}” waits for a prompt of the shell.`,
    hint: "It is typed when there is one. If there is one already that is not known as such, type it yourself.",
  };
}

async function loadView(): Promise<typeof TerminalView> {
  try {
    return (await import("../terminal/terminal-view.ts")).TerminalView;
  } catch (error) {
    throw new TabnixError(
      "unreachable",
      "The terminal's part of the page could not be loaded.",
      "Check the connection and load the page again.",
      error,
    );
  }
}
