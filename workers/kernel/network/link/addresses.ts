/** Addresses as numbers: an IPv4 address is an unsigned 32-bit integer, a hardware address one of 48 bits. */

const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;

/** @returns the address, or undefined where the text is not four decimal numbers up to 255 */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    const octet = Number(part);
    if (!OCTET.test(part) || octet > 255) return undefined;
    address = address * 256 + octet;
  }
  return address;
}

export function formatIpv4(address: number): string {
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join(".");
}

export function formatMac(mac: number): string {
  const digits = mac.toString(16).padStart(12, "0");
  return digits.replace(/(..)(?!$)/g, "$1:");
}

export const IPV4_BROADCAST = 0xffff_ffff;
export const MAC_BYTES = 6;
export const MAC_BROADCAST = 0xffff_ffff_ffff;

/** The first octet's lowest bit: frames to many (IEEE 802). */
export function isMulticastMac(mac: number): boolean {
  return Math.floor(mac / 2 ** 40) % 2 === 1;
}

/** 224.0.0.0/4 and above, and 0.0.0.0/8: no address that one host has. */
export function isHostAddress(address: number): boolean {
  return address >= 0x0100_0000 && address < 0xe000_0000;
}

/** A random unicast address that no maker of hardware gives out (IEEE 802, locally administered). */
export function randomMac(): number {
  const octets = crypto.getRandomValues(new Uint8Array(6));
  octets[0] = (octets[0]! & 0xfc) | 0x02;
  return readMac(octets, 0);
}

export function readMac(bytes: Uint8Array, at: number): number {
  return read16(bytes, at) * 2 ** 32 + read32(bytes, at + 2);
}

export function writeMac(bytes: Uint8Array, at: number, mac: number): void {
  write16(bytes, at, Math.floor(mac / 2 ** 32));
  write32(bytes, at + 2, mac % 2 ** 32);
}

export function read16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function read32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}

export function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function write32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
