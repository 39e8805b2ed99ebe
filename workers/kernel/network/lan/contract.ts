/**
 * What tabs say to each other on a network. Whoever is of this origin can say anything on a BroadcastChannel,
 * and so can another version of Tabnix: what comes is read by {@link parseShared} and {@link parsePair} only.
 *
 * All tabs listen on one channel, for presence and what goes to everybody. For what goes from one to one,
 * each two have another, so that nobody else's browser copies it.
 */
import {
  ETHERNET_OVERHEAD_BYTES,
  LAN_BATCH_BYTES,
  LAN_BATCH_FRAMES,
  NETWORK_MTU,
} from "../../../shared/limits.ts";
import { isHostLabel } from "./names.ts";
import { isMachineNumber } from "./numbers.ts";

/** To everybody. */
export type SharedMessage =
  /** Is there anybody? Who is answers with `here`. */
  | { type: "hello"; from: number }
  /** I am here, and this is my name. */
  | { type: "here"; from: number; name: string }
  /** I leave. Who ends without a word is known by its lock: see {@link watchNumber}. */
  | { type: "bye"; from: number }
  /** A frame for everybody. */
  | { type: "frame"; from: number; frame: Uint8Array };

/** Between two. */
export type PairMessage =
  | { type: "frames"; frames: Uint8Array[] }
  /** One message with frames was taken: another may come. */
  | { type: "taken" };

export function sharedChannel(network: string): string {
  return `tabnix-lan:${network}`;
}

export function pairChannel(network: string, one: number, other: number): string {
  return `tabnix-lan:${network}:${Math.min(one, other)}-${Math.max(one, other)}`;
}

/** The Web Lock that its holder's tab has for as long as it lives. */
export function numberLock(network: string, number: number): string {
  return `tabnix-lan:${network}:${number}`;
}

/** @returns undefined for what is no message of the shared channel */
export function parseShared(data: unknown): SharedMessage | undefined {
  if (!isRecord(data)) return undefined;
  const { type, from, name, frame } = data;
  if (!isMachineNumber(from)) return undefined;
  if (type === "hello" || type === "bye") return { type, from };
  if (type === "here") return isHostLabel(name) ? { type, from, name } : undefined;
  return type === "frame" && isFrame(frame) ? { type, from, frame } : undefined;
}

/** @returns undefined for what is no message between two */
export function parsePair(data: unknown): PairMessage | undefined {
  if (!isRecord(data)) return undefined;
  const { type, frames } = data;
  if (type === "taken") return { type };
  if (type !== "frames" || !Array.isArray(frames) || frames.length > LAN_BATCH_FRAMES) {
    return undefined;
  }
  if (!frames.every(isFrame)) return undefined;
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  return bytes <= LAN_BATCH_BYTES ? { type, frames } : undefined;
}

/** Its memory may be another frame's too: whoever hands it on copies it. */
function isFrame(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length <= NETWORK_MTU + ETHERNET_OVERHEAD_BYTES;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
