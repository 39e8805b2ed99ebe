import { isLanName } from "../../workers/shared/lan-name.ts";
import { isRelayAddress } from "../../workers/shared/relay-address.ts";

/** What the visitor chose, remembered between visits. */
export interface Settings {
  theme: "system" | "light" | "dark";
  /** Of the terminal, in CSS pixels. */
  fontSize: number;
  /** Mirror terminal output for assistive technology. */
  screenReader: boolean;
  /** "auto": shown where the pointer is a finger. */
  keyBar: "auto" | "shown" | "hidden";
  /** The relay by which machines reach the Internet: a `ws:` or `wss:` address, or empty. */
  relay: string;
  /** What the relay asks for, or empty. */
  relayToken: string;
  /** The network of tabs that machines are on: {@link isLanName}, or empty for none. */
  lan: string;
}

export const FONT_SIZE = { minimum: 8, maximum: 32, initial: 14 } as const;

const INITIAL: Settings = {
  theme: "system",
  fontSize: FONT_SIZE.initial,
  screenReader: false,
  keyBar: "auto",
  relay: "",
  relayToken: "",
  lan: "",
};
const KEY = "tabnix.settings";

/** The part of Storage that settings need. */
export type SettingsStorage = Pick<Storage, "getItem" | "setItem">;

/** The browser's storage, or undefined where it is blocked: then settings last as long as the page. */
export function browserStorage(): SettingsStorage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

/** Holds the settings, keeps them in storage, and fires `change`. */
export class SettingsStore extends EventTarget {
  readonly #storage: SettingsStorage | undefined;
  #value: Settings;

  constructor(storage: SettingsStorage | undefined) {
    super();
    this.#storage = storage;
    this.#value = readSettings(storage);
  }

  get value(): Settings {
    return this.#value;
  }

  /** Changes some settings; values out of range are brought into it. */
  update(changes: Partial<Settings>): void {
    this.#value = toSettings({ ...this.#value, ...changes });
    try {
      this.#storage?.setItem(KEY, JSON.stringify(this.#value));
    } catch {
      // Storage is full or was blocked since: the choice still holds for this visit.
    }
    this.dispatchEvent(new Event("change"));
  }
}

function readSettings(storage: SettingsStorage | undefined): Settings {
  try {
    const stored: unknown = JSON.parse(storage?.getItem(KEY) ?? "{}");
    return toSettings(typeof stored === "object" && stored !== null ? stored : {});
  } catch {
    return INITIAL;
  }
}

/** Settings from anything: what is missing or makes no sense takes its first value. */
function toSettings(from: Partial<Record<keyof Settings, unknown>>): Settings {
  const { theme, fontSize, screenReader, keyBar, relay, relayToken, lan } = from;
  const size =
    typeof fontSize === "number" && Number.isFinite(fontSize) ? fontSize : INITIAL.fontSize;
  return {
    theme: theme === "light" || theme === "dark" ? theme : INITIAL.theme,
    fontSize: Math.min(Math.max(Math.round(size), FONT_SIZE.minimum), FONT_SIZE.maximum),
    screenReader: screenReader === true,
    keyBar: keyBar === "shown" || keyBar === "hidden" ? keyBar : INITIAL.keyBar,
    relay: typeof relay === "string" && isRelayAddress(relay) ? relay : INITIAL.relay,
    relayToken: typeof relayToken === "string" ? relayToken : INITIAL.relayToken,
    lan: typeof lan === "string" && isLanName(lan) ? lan : INITIAL.lan,
  };
}
