/** Gives a machine the relay and the local network of the settings, and tells the visitor what becomes of it. */
import type { LanState, NetworkReport } from "../../workers/kernel/network/contract.ts";
import type { Computer } from "../computer.ts";
import type { Notices } from "./notices.ts";
import type { SettingsStore } from "./settings.ts";
import type { RelayStatus } from "./status-bar.ts";

export interface NetworkPresenceOptions {
  settings: SettingsStore;
  /** Says something where the visitor has just typed a command. */
  note(text: string): void;
  notify: Notices["show"];
  /** The status is another. */
  onChange(): void;
}

/** Programs try again and again: the hint is given once in so many milliseconds. */
const HINT_EVERY_MS = 60_000;
const HINT =
  "tabnix: no relay is set, so the machine reaches nothing outside of this page. " +
  "Settings has a place for its address.";

export class NetworkPresence {
  readonly #options: NetworkPresenceOptions;
  #computer: Computer | undefined;
  #state: RelayStatus["state"] = { state: "idle" };
  #used = "";
  #lan: LanState = { state: "off" };
  #joined = "";
  #hintedAt = Number.NEGATIVE_INFINITY;

  constructor(options: NetworkPresenceOptions) {
    this.#options = options;
    options.settings.addEventListener("change", () => {
      this.#useRelay();
      this.#joinNetwork();
    });
  }

  get status(): RelayStatus {
    const { relay } = this.#options.settings.value;
    return { state: this.#state, ...(relay === "" ? {} : { host: new URL(relay).host }) };
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
    this.#joined = "";
    computer.on("network", (report) => {
      if (computer === this.#computer) this.#onReport(report);
    });
    this.#useRelay();
    this.#joinNetwork();
  }

  #joinNetwork(): void {
    const { lan } = this.#options.settings.value;
    if (lan === this.#joined) return;
    this.#joined = lan;
    this.#computer?.joinNetwork(lan === "" ? undefined : lan);
  }

  #useRelay(): void {
    const { relay, relayToken } = this.#options.settings.value;
    const used = JSON.stringify([relay, relayToken]);
    if (used === this.#used) return;
    this.#used = used;
    this.#hintedAt = Number.NEGATIVE_INFINITY;
    const token = relayToken === "" ? {} : { token: relayToken };
    this.#computer?.useRelay(relay === "" ? undefined : { url: relay, ...token });
    this.#options.onChange();
  }

  #onReport(report: NetworkReport): void {
    if (report.type === "relay") {
      this.#state = report.state;
      this.#options.onChange();
    } else if (report.type === "no-relay") {
      this.#hint();
    } else if (report.type === "lan") {
      this.#lan = report.state;
      this.#options.onChange();
    } else {
      this.#onShare(report);
    }
  }

  #hint(): void {
    const now = performance.now();
    if (now - this.#hintedAt < HINT_EVERY_MS) return;
    this.#hintedAt = now;
    this.#options.note(HINT);
  }

  #onShare({ port, state }: Extract<NetworkReport, { type: "share" }>): void {
    if (state.state === "online") {
      this.#options.notify({
        message: `Port ${port} is at ${state.server.address} for as long as this page is open.`,
        hint: "Whoever knows the address reaches the server.",
      });
    } else if (state.state === "offline") {
      this.#options.notify({
        message: `Port ${port} has no public address: ${state.reason}`,
        hint: "",
      });
    }
  }
}
