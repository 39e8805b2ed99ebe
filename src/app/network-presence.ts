/** Gives a machine the relay and the local network of the settings, and tells the visitor what becomes of it. */
import type { LanState, NetworkReport } from "../../workers/kernel/network/contract.ts";
import type { Computer } from "../computer.ts";
import type { Notices } from "./notices.ts";
import { PublicPorts } from "./public-ports.ts";
import type { SettingsStore } from "./settings.ts";
import type { RelayStatus } from "./status-bar.ts";

export interface NetworkPresenceOptions {
  settings: SettingsStore;
  /** Says something where the visitor has just typed a command. */
  note(text: string): void;
  notices: Pick<Notices, "show" | "dismiss">;
  copy(text: string): void;
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
  readonly #public: PublicPorts;
  #computer: Computer | undefined;
  #state: RelayStatus["state"] = { state: "idle" };
  #used = "";
  #lan: LanState = { state: "off" };
  #joined = "";
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
    const { relay } = this.#options.settings.value;
    const address = relay === "" ? this.#computer?.imageRelay?.url : relay;
    return {
      state: this.#state,
      publicPorts: this.#public.list,
      ...(address === undefined ? {} : { host: new URL(address).host, isOfImage: relay === "" }),
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
    this.#joined = "";
    this.#public.clear();
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

  /** Gives a port a public address, or shows the one it has. @throws TabnixError when no machine runs */
  share(port: number): void {
    if (this.#public.show(port)) return;
    if (this.status.host === undefined) {
      this.#options.notices.show({
        message: "There is no relay to share a port at.",
        hint: "Settings has a place for the address of one. docs/relay.md of the source says how to run your own.",
      });
      return;
    }
    this.#computer?.share(port);
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
    this.#options.note(HINT);
  }
}
