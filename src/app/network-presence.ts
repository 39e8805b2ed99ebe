/** Gives a machine the relay and the local network of the settings, and tells the visitor what becomes of it. */
import type {
  LanState,
  NetworkReport,
  RelaySettings,
} from "../../workers/kernel/network/contract.ts";
import type { Computer } from "../computer.ts";
import type { Notices } from "./notices.ts";
import { PublicPorts } from "./public-ports.ts";
import type { SettingsStore } from "./settings.ts";
import type { RelayStatus } from "./status-bar.ts";

export interface NetworkPresenceOptions {
  settings: SettingsStore;
  /** What the machine may use in place of what the settings say, for as long as the page is open. */
  only?: NetworkChoice | undefined;
  /** Says something where the visitor has just typed a command. */
  note(text: string): void;
  notices: Pick<Notices, "show" | "dismiss">;
  copy(text: string): void;
  /** The status is another. */
  onChange(): void;
}

/** A relay and a network of tabs; those that are missing are not to be used. */
export interface NetworkChoice {
  relay?: RelaySettings;
  lan?: string;
}

/** Programs try again and again: the hint is given once in so many milliseconds. */
const HINT_EVERY_MS = 60_000;
const HINT =
  "tabnix: no relay is set, so the machine reaches nothing outside of this page. " +
  "Settings has a place for its address.";
const HINT_SETUP =
  "tabnix: this set-up has no relay, so the machine reaches nothing outside of this page.";

export class NetworkPresence {
  readonly #options: NetworkPresenceOptions;
  readonly #public: PublicPorts;
  #computer: Computer | undefined;
  #state: RelayStatus["state"] = { state: "idle" };
  #used = "";
  #lan: LanState = { state: "off" };
  #joined: string | undefined;
  #hintedAt = Number.NEGATIVE_INFINITY;

  constructor(options: NetworkPresenceOptions) {
    this.#options = options;
    this.#public = new PublicPorts({
      notices: options.notices,
      copy: options.copy,
      stop: (port) => this.#computer?.unshare(port),
    });
    options.settings.addEventListener("change", () => {
      this.#useRelay();
      this.#joinNetwork();
    });
  }

  get status(): RelayStatus {
    const { relay } = this.#choice;
    const used = relay ?? this.#computer?.imageRelay;
    return {
      state: this.#state,
      publicPorts: this.#public.list,
      isFixed: this.#options.only !== undefined,
      ...(used === undefined ? {} : { host: new URL(used.url).host, isOfImage: !relay }),
    };
  }

  get #choice(): NetworkChoice {
    const { settings, only } = this.#options;
    if (only) return only;
    const { relay, relayToken, lan } = settings.value;
    const token = relayToken === "" ? {} : { token: relayToken };
    return {
      ...(relay === "" ? {} : { relay: { url: relay, ...token } }),
      ...(lan === "" ? {} : { lan }),
    };
  }

  /** How the machine stands to the local network of the settings. */
  get lan(): LanState {
    return this.#lan;
  }

  /** This is the machine from now on. */
  follow(computer: Computer): void {
    this.#computer = computer;
    this.#state = { state: "idle" };
    this.#used = "";
    this.#lan = { state: "off" };
    this.#joined = undefined;
    this.#public.clear();
    computer.on("network", (report) => {
      if (computer === this.#computer) this.#onReport(report);
    });
    this.#useRelay();
    this.#joinNetwork();
  }

  #joinNetwork(): void {
    const { lan } = this.#choice;
    if (lan === this.#joined) return;
    this.#joined = lan;
    this.#computer?.joinNetwork(lan);
  }

  /** Gives a port a public address, or shows the one it has. @throws TabnixError when no machine runs */
  share(port: number): void {
    if (this.#public.show(port)) return;
    if (this.status.host === undefined) {
      this.#options.notices.show({
        message: "There is no relay to share a port at.",
        hint: this.#options.only
          ? "The set-up that runs here names none."
          : "Settings has a place for the address of one. docs/relay.md of the source says how to run your own.",
      });
      return;
    }
    this.#computer?.share(port);
  }

  #useRelay(): void {
    const { relay } = this.#choice;
    const used = JSON.stringify(relay ?? null);
    if (used === this.#used) return;
    this.#used = used;
    this.#hintedAt = Number.NEGATIVE_INFINITY;
    this.#computer?.useRelay(relay);
    this.#options.onChange();
  }

  #onReport(report: NetworkReport): void {
    if (report.type === "no-relay") {
      this.#hint();
      return;
    }
    if (report.type === "relay") this.#state = report.state;
    else if (report.type === "lan") this.#lan = report.state;
    else this.#public.report(report);
    this.#options.onChange();
  }

  #hint(): void {
    const now = performance.now();
    if (now - this.#hintedAt < HINT_EVERY_MS) return;
    this.#hintedAt = now;
    this.#options.note(this.#options.only ? HINT_SETUP : HINT);
  }
}
