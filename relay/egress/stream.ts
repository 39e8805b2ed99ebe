/** What the streams of a WISP connection have in common, and what they ask of it. */
import type { WispPacket } from "../../workers/shared/wisp/packet.ts";
import type { Account } from "../access/accounts.ts";
import type { RelayLimits } from "../limits.ts";
import type { Log } from "../observe/log.ts";
import type { RelayMetrics } from "../observe/metrics.ts";
import type { Dialer } from "./dialer.ts";

/** A stream, whatever it carries. */
export interface EgressStream {
  /** Whether it is still being opened. */
  readonly opening: boolean;
  /** Bytes that wait for the destination. */
  readonly waiting: number;
  /** Since when nothing has moved, on the clock of performance.now(), and how long that may last. */
  readonly idleSince: number;
  readonly idleMs: number;
  /** A packet for it. */
  packet(packet: WispPacket): void;
  /** Breaks it; with a reason the client is told. */
  abort(reason?: number): void;
}

/** The connection, as its streams see it. */
export interface EgressLink {
  readonly limits: RelayLimits;
  readonly dialer: Dialer;
  readonly account: Account;
  readonly metrics: RelayMetrics;
  readonly log: Log;
  /** What the client has said that it knows, when the stream was opened. */
  readonly confirms: boolean;
  /** The client's window for each stream; undefined without stream control. */
  readonly window: number | undefined;
  /** Sends at once. */
  now(packet: WispPacket): void;
  /** Sends when the client has room for it. */
  whenRoom(packet: WispPacket): Promise<void>;
  /** Whether the client reads slowly: datagrams are lost then. */
  readonly congested: boolean;
  /** So many bytes more, or fewer, wait for a destination. */
  waits(bytes: number): void;
  /** The stream is over. */
  closed(): void;
  /** The client has broken the protocol. */
  violated(why: string): void;
}
