import type { LanState, NetworkReport } from "../../workers/kernel/network/contract.ts";
import type { ComputerState, ComputerStatistics } from "../computer.ts";
import { openDialog } from "./dialog.ts";
import { element } from "./element.ts";
import { formatBytes, formatMemory } from "./format.ts";
import type { OfflineState } from "./offline.ts";
import type { PublicPort } from "./public-ports.ts";

/** The relay that is set, if one is, and how it stands. */
export interface RelayStatus {
  host?: string;
  /** It is the image's own, and not one of the settings. */
  isOfImage?: boolean;
  /** A set-up says what is used, and not the settings. */
  isFixed?: boolean;
  publicPorts: readonly PublicPort[];
  state: Extract<NetworkReport, { type: "relay" }>["state"];
}

export interface Status {
  state: ComputerState;
  image: string;
  isolated: boolean;
  /** Why it is not, if that is known. */
  notIsolated?: string | undefined;
  /** Whether the app starts without a network; undefined while that is not known. */
  offline?: OfflineState | undefined;
  /** TCP ports on which servers in the machine listen. */
  ports: readonly number[];
  relay: RelayStatus;
  /** The local network that is chosen, if one is, and who is on it. */
  lan: LanState;
  /** Undefined until the machine has told. */
  statistics?: ComputerStatistics | undefined;
}

const STATE_TEXT: Readonly<Record<ComputerState, string>> = {
  booting: "Starting",
  running: "Running",
  stopped: "Off",
  failed: "Stopped",
};

/** One fact about the machine: short for the bar, in full for the dialog. */
interface Fact {
  name: string;
  short: string;
  full: string;
  /** Kept where the screen is narrow. */
  essential?: boolean;
}

/** What the machine itself tells, once it runs. */
function measuredFacts({ memoryBytes, fetchedBytes }: ComputerStatistics): Fact[] {
  const memory = formatMemory(memoryBytes);
  const fetched = formatBytes(fetchedBytes);
  return [
    { name: "Memory", short: memory, full: `${memory} for the guest` },
    { name: "Fetched", short: fetched, full: `${fetched}, compressed, since the page was opened` },
  ];
}

/** Where what is written goes, and how much of it there may be. */
function storageFact(statistics: ComputerStatistics): Fact {
  const { storage, overlayBytes, capacityBytes, isUnsaved, isPersistent } = statistics;
  const written = formatBytes(overlayBytes);
  if (storage === "memory") {
    return {
      name: "Storage",
      short: "memory, lost on reload",
      full: `${written} written, in memory only: files are lost on reload.`,
      essential: true,
    };
  }
  const rest = isUnsaved ? "; the last changes in a moment" : "";
  const where = storage === "opfs" ? "its private file system" : "IndexedDB";
  return {
    name: "Storage",
    short: "saved in this browser",
    full: `${written} written of ${formatBytes(capacityBytes)}, saved in this browser (${where})${rest}.${keptText(isPersistent)}`,
    essential: true,
  };
}

function keptText(isPersistent: boolean | undefined): string {
  if (isPersistent === undefined) return "";
  return isPersistent
    ? " The browser keeps it until you delete this site's data."
    : " The browser may delete it when this computer runs short of room.";
}

/** What can be opened in the preview. */
function portsFact(ports: readonly number[]): Fact[] {
  if (ports.length === 0) return [];
  const list = ports.join(", ");
  return [
    {
      name: ports.length === 1 ? "Port" : "Ports",
      short: `${list} open`,
      full: `A server in the machine listens on ${list}. The Preview button shows it.`,
      essential: true,
    },
  ];
}

/** Whether the machine can reach others, and whom the public reaches. */
function networkFact({ publicPorts, ...relay }: RelayStatus): Fact {
  const fact = relayFact(relay);
  if (publicPorts.length === 0) return fact;
  const ports = publicPorts.map(({ port, address }) => ` Port ${port} is public at ${address}`);
  return {
    name: fact.name,
    short: `${fact.short}, ${publicPorts.map(({ port }) => port).join(", ")} public`,
    full: fact.full + ports.join(""),
    essential: true,
  };
}

function relayFact({ host, isOfImage, isFixed, state }: Omit<RelayStatus, "publicPorts">): Fact {
  const name = "Network";
  if (host === undefined && isFixed) {
    return {
      name,
      short: "off",
      full: "This set-up has no relay: the machine reaches nothing outside of this page.",
    };
  }
  if (host === undefined) {
    return {
      name,
      short: "offline, no relay",
      full: "No relay is set: the machine reaches nothing outside of this page. Settings has a place for one.",
    };
  }
  const relay = isOfImage ? `${host}, which the image brings` : host;
  switch (state.state) {
    case "online":
      return { name, short: "online", full: `Online, through the relay ${relay}.` };
    case "offline":
      return {
        name,
        short: "relay not reached",
        full: `${state.reason} (${host})${state.retryMs === undefined ? "" : " It is tried again."}`,
        essential: true,
      };
    default:
      return { name, short: "connecting", full: `Connecting to the relay ${relay}.` };
  }
}

/** The machines of other tabs. */
function lanFact(lan: LanState): Fact[] {
  if (lan.state === "off") return [];
  const name = `LAN ${lan.network}`;
  if (lan.state === "joining") return [{ name, short: "joining", full: "Joining." }];
  if (lan.state === "failed") {
    return [{ name, short: "not joined", full: lan.reason, essential: true }];
  }
  const { hostname, address, peers } = lan;
  const count = peers.length + 1;
  const others = peers.map((peer) => `${peer.name ?? "(no name yet)"} (${peer.address})`);
  const rest = count === 1 ? "Nobody else is there." : `The others: ${others.join(", ")}.`;
  return [
    {
      name,
      short: count === 1 ? "1 machine" : `${count} machines`,
      full: `This machine is ${hostname} (${address}). ${rest}`,
      essential: true,
    },
  ];
}

/** What there is without a network. */
function offlineFact(offline: OfflineState | undefined): Fact[] {
  if (!offline) return [];
  const name = "Offline";
  if (offline.isKept) {
    const full =
      "The app and what this machine has read so far are kept in this browser: it starts without a network.";
    return [{ name, short: "ready", full }];
  }
  const full = `The app could not be kept for when there is no network: ${offline.reason} It is tried again at the next visit.`;
  return [{ name, short: "not ready", full }];
}

function factsOf(status: Status): Fact[] {
  const { image, isolated, ports, relay, lan, statistics, offline } = status;
  const { notIsolated = "The server did not send the headers for it." } = status;
  return [
    { name: "Image", short: image, full: image, essential: true },
    ...(statistics === undefined ? [] : measuredFacts(statistics)),
    networkFact(relay),
    ...lanFact(lan),
    ...(statistics === undefined ? [] : [storageFact(statistics)]),
    {
      name: "Isolation",
      short: isolated ? "yes" : "no",
      full: isolated
        ? "Yes: the browser keeps this page apart from other sites, which shared memory needs."
        : `No. ${notIsolated} Linux runs all the same, programs with threads do not.`,
    },
    ...offlineFact(offline),
    ...portsFact(ports),
  ];
}

/** What runs and where, along the bottom edge; pressed, it explains each item. */
export class StatusBar {
  readonly element = element("button", {
    type: "button",
    class: "status-bar",
    title: "Details of the machine",
  });
  #status: Status;

  constructor(status: Status) {
    this.#status = status;
    this.element.addEventListener("click", () => this.#explain());
    this.show(status);
  }

  show(status: Status): void {
    this.#status = status;
    const facts = factsOf(status);
    this.element.replaceChildren(
      element("span", { class: `status-state ${status.state}` }, STATE_TEXT[status.state]),
      ...facts.map(({ name, short, essential }) =>
        element(
          "span",
          { class: essential === true ? "status-item essential" : "status-item" },
          element("span", { class: "status-name" }, name),
          ` ${short}`,
        ),
      ),
    );
  }

  #explain(): void {
    const rows = factsOf(this.#status).flatMap(({ name, full }) => [
      element("dt", {}, name),
      element("dd", {}, full),
    ]);
    const state = [element("dt", {}, "State"), element("dd", {}, STATE_TEXT[this.#status.state])];
    openDialog("This machine", element("dl", { class: "facts" }, ...state, ...rows));
  }
}
