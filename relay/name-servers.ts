/** Name servers as Node spells them. */
import { isIP } from "node:net";
import { TabnixError } from "../workers/shared/errors.ts";
import type { NameServer } from "./egress/dns-stream.ts";

const DNS_PORT = 53;

/**
 * Reads `address`, `address:port` or `[address]:port`.
 *
 * @throws TabnixError "invalid-input"
 */
export function parseNameServer(text: string): NameServer {
  if (isIP(text)) return { address: text, port: DNS_PORT };
  const [, address = "", port] = /^\[?([^\]]*)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (isIP(address)) return { address, port: Number(port) };
  throw new TabnixError(
    "invalid-input",
    `"${text}" is no name server.`,
    "Give its address, and its port if that is not 53: 192.0.2.53 or [2001:db8::53]:5353",
  );
}
