/**
 * Who is who on a network of tabs. A machine's number is the last part of its address and of its hardware
 * address, so that each follows from the others: no frame can say otherwise, and whoever takes the number
 * of a machine that is gone needs nobody to forget anything.
 */
import { LAN_FIRST_NUMBER, LAN_LAST_NUMBER } from "../../../shared/limits.ts";
import { GATEWAY_MAC, NETWORK } from "../network.ts";

/** The gateway's number; it is the same in every tab. */
const GATEWAY_NUMBER = 1;
const ADDRESS_BASE = NETWORK.gateway - GATEWAY_NUMBER;
const MAC_BASE = GATEWAY_MAC - GATEWAY_NUMBER;

export function isMachineNumber(value: unknown): value is number {
  return (
    Number.isInteger(value) && Number(value) >= LAN_FIRST_NUMBER && Number(value) <= LAN_LAST_NUMBER
  );
}

export function addressOf(number: number): number {
  return ADDRESS_BASE + number;
}

export function macOf(number: number): number {
  return MAC_BASE + number;
}

/** @returns undefined for an address that no machine has */
export function numberAt(address: number): number | undefined {
  const number = address - ADDRESS_BASE;
  return isMachineNumber(number) ? number : undefined;
}
