/** What the page and the kernel worker say to each other about the network. */
import type { LanPeer } from "./lan/member.ts";
import type { IngressAddress } from "./relay/ingress-client.ts";
import type { RelayState } from "./relay/link-keeper.ts";
import type { WispServer } from "./relay/wisp-client.ts";

/** Which relay is used, as the visitor or the image says. */
export interface RelaySettings {
  /** `ws:` or `wss:` address. */
  url: string;
  token?: string;
}

/** How a machine stands to the network of tabs that it is to be on. */
export type LanState =
  | { state: "off" }
  | { state: "joining"; network: string }
  /** With the other machines, in the order of their addresses. */
  | { state: "joined"; network: string; hostname: string; address: string; peers: LanPeer[] }
  | { state: "failed"; network: string; reason: string };

/** Kernel → machine, beside frames: be this host from now on, with another hardware address if one is given. */
export interface HostIdentity {
  hostname: string;
  hardware?: number;
}

/** Page → kernel. */
export type NetworkRequest =
  /** The relay to use from now on; none without `relay`. */
  | { type: "relay"; relay?: RelaySettings }
  /** The network of tabs to be on from now on; none without a name. */
  | { type: "lan"; network?: string }
  /** A service worker's way to the guest's servers: workers/kernel/network/preview/contract.ts. */
  | { type: "preview"; port: MessagePort }
  /** Give a port of the guest a public address at the relay, of this name if it is free. */
  | { type: "share"; port: number; name?: string }
  | { type: "unshare"; port: number };

/** Kernel → page. */
export type NetworkReport =
  /** How the connection to the relay stands. */
  | { type: "relay"; state: RelayState<WispServer> }
  /** A program of the guest wanted to go out, and no relay is set. */
  | { type: "no-relay" }
  | { type: "lan"; state: LanState }
  /** How the public address of a port stands; `idle` when it is no longer shared. */
  | { type: "share"; port: number; state: RelayState<IngressAddress> };
