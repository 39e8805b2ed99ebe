/** The header: terminals' tabs, the buttons of panes and dialogs, and the menu. */

import { button, element } from "./element.ts";
import { toggleFullScreen } from "./full-screen.ts";
import { openGallery } from "./gallery.ts";
import { openHelp } from "./help-dialog.ts";
import { Menu } from "./menu.ts";
import type { SettingsStore } from "./settings.ts";
import { openSettings } from "./settings-dialog.ts";

/** What its buttons and the menu do that are not the header's own. */
export interface HeaderActions {
  togglePreview(): void;
  toggleFiles(): void;
  find(): void;
  copySelection(): void;
  paste(): void;
  saveOutput(): void;
  exportMachine(options: { withImage: boolean }): void;
  importMachine(): void;
  showImages(): void;
  showImported(): void;
  copyLink(): void;
  reboot(): void;
  powerOff(): void;
  restart(): void;
}

export interface HeaderOptions {
  settings: SettingsStore;
  /** The tabs of the terminals. */
  strip: HTMLElement;
  actions: HeaderActions;
  /** There is a machine, or will be one. */
  hasMachine(): boolean;
  /** What runs is of a set-up. */
  hasSetup: boolean;
}

/** Panes that a button opens and closes. */
export type Pane = "preview" | "files";

export class PageHeader {
  readonly element: HTMLElement;
  readonly #options: HeaderOptions;
  readonly #panes: Record<Pane, HTMLButtonElement>;
  readonly #find: HTMLButtonElement;

  constructor(options: HeaderOptions) {
    this.#options = options;
    const { settings, strip, actions } = options;
    this.#panes = {
      preview: button({ label: "Preview", icon: "globe", onPress: actions.togglePreview }),
      files: button({ label: "Files", icon: "folder", onPress: actions.toggleFiles }),
    };
    this.#find = button({ label: "Find", icon: "find", onPress: actions.find });
    this.showPane("preview", false);
    this.showPane("files", false);
    this.element = element(
      "header",
      { class: "header" },
      element("span", { class: "brand", "aria-hidden": "true" }, "tabnix"),
      strip,
      element(
        "div",
        { class: "tools" },
        this.#panes.preview,
        this.#panes.files,
        this.#find,
        button({ label: "Settings", icon: "settings", onPress: () => openSettings(settings) }),
        button({ label: "Help", icon: "help", onPress: openHelp }),
        this.#menu().element,
      ),
    );
  }

  /** Shows on a pane's button whether the pane is open. */
  showPane(pane: Pane, isOpen: boolean): void {
    this.#panes[pane].setAttribute("aria-expanded", String(isOpen));
  }

  /** Shows that there is something to preview. */
  showServers(hasServers: boolean): void {
    this.#panes.preview.classList.toggle("active", hasServers);
  }

  /** Shows what is of use with a terminal, or hides it. */
  showForTerminal(isTerminal: boolean): void {
    const { strip } = this.#options;
    for (const part of [strip, this.#find, ...Object.values(this.#panes)])
      part.hidden = !isTerminal;
  }

  #menu(): Menu {
    const { actions, hasMachine, hasSetup } = this.#options;
    const running = { enabled: hasMachine };
    return new Menu({
      label: "Menu",
      icon: "more",
      items: [
        { label: "Copy selection", onChoose: actions.copySelection, ...running },
        { label: "Paste", onChoose: actions.paste, ...running },
        { label: "Save output as HTML", onChoose: actions.saveOutput, ...running },
        { label: "Full screen", onChoose: toggleFullScreen },
        {
          label: "Export this machine…",
          onChoose: () => actions.exportMachine({ withImage: false }),
          ...running,
        },
        {
          label: "Export with its image…",
          onChoose: () => actions.exportMachine({ withImage: true }),
          ...running,
        },
        { label: "Import a machine…", onChoose: actions.importMachine, ...running },
        { label: "Images…", onChoose: actions.showImages },
        { label: "Imported machines…", onChoose: actions.showImported },
        { label: "Examples…", onChoose: openGallery },
        {
          label: "Copy link to this set-up",
          onChoose: actions.copyLink,
          enabled: () => hasSetup,
        },
        { label: "Reboot", onChoose: actions.reboot, ...running },
        { label: "Power off", onChoose: actions.powerOff, ...running },
        { label: "Restart afresh…", onChoose: actions.restart },
      ],
    });
  }
}
