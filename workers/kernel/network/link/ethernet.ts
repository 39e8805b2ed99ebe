/** Ethernet II frames, as v86's network card gives and takes them: without preamble and check sequence. */
import { read16, readMac, write16, writeMac } from "./addresses.ts";

export const ETHERNET_HEADER_BYTES = 14;
export const etherType = { ipv4: 0x0800, arp: 0x0806 } as const;

export interface EthernetHeader {
  destination: number;
  source: number;
  type: number;
}

/** @returns undefined where the bytes are too few for a header */
export function parseEthernet(frame: Uint8Array): EthernetHeader | undefined {
  if (frame.length < ETHERNET_HEADER_BYTES) return undefined;
  return { destination: readMac(frame, 0), source: readMac(frame, 6), type: read16(frame, 12) };
}

/** Fills in the header of a frame whose payload begins at {@link ETHERNET_HEADER_BYTES}. */
export function writeEthernet(frame: Uint8Array, header: EthernetHeader): void {
  writeMac(frame, 0, header.destination);
  writeMac(frame, 6, header.source);
  write16(frame, 12, header.type);
}
