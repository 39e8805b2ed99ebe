import { LAN_NAME_LENGTH } from "./limits.ts";

const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** Whether tabs may have a network of this name: lower-case letters, digits and dashes. */
export function isLanName(name: string): boolean {
  return name.length <= LAN_NAME_LENGTH && NAME.test(name);
}
