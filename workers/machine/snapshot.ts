/**
 * The machine's half of a snapshot: v86's state, and what the page needs to go on with the terminal
 * that was open. The other half, overlay and fids, is the kernel worker's.
 *
 * Format: u32 length of a JSON header, the header in UTF-8, then v86's state. Little-endian.
 */
import { TabnixError } from "../shared/errors.ts";
import { DEVICE_LAYOUT } from "./devices.ts";

/** The layout written to manifests: of the devices, and of this format. */
export const SNAPSHOT_LAYOUT = DEVICE_LAYOUT;

/** A terminal that was open when the snapshot was taken. */
export interface SavedTerminal {
  id: number;
  hostname: string;
  /** What it had written since it was opened, as text: the prompt. */
  screen: string;
}

export interface MachineSnapshot {
  terminals: SavedTerminal[];
  state: ArrayBuffer;
}

export function encodeSnapshot(snapshot: MachineSnapshot): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ terminals: snapshot.terminals }));
  // v86 reads its state as 32-bit words.
  const at = align(4 + header.length);
  const bytes = new Uint8Array(at + snapshot.state.byteLength);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  bytes.set(new Uint8Array(snapshot.state), at);
  return bytes;
}

/** @throws TabnixError `malformed` */
export function decodeSnapshot(bytes: Uint8Array): MachineSnapshot {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    return {
      terminals: (header as { terminals: SavedTerminal[] }).terminals,
      state: bytes.slice(align(4 + length)).buffer,
    };
  } catch (error) {
    throw new TabnixError(
      "malformed",
      "The snapshot of the machine cannot be read.",
      "Build the image again with `npm run images`.",
      error,
    );
  }
}

function align(at: number): number {
  return (at + 3) & ~3;
}
