/** The entries of `--forward`: services that guests find at an address of the operator's choice. */
import { TabnixError } from "../../workers/shared/errors.ts";
import { readHost } from "./host.ts";
import { readPort } from "./rules.ts";

/** An address, canonical, and a port. */
export interface Destination {
  address: string;
  port: number;
}

/** What is asked for as `from` is connected to `to`. */
export interface Forward {
  from: Destination;
  to: Destination;
}

/**
 * Reads `address:port=address:port`. Needed for what the relay's own computer serves on its loopback, for
 * a guest takes 127.0.0.1 for itself.
 *
 * @throws TabnixError "invalid-input"
 */
export function readForward(entry: string): Forward {
  const ends = entry.split("=");
  if (ends.length !== 2) throw wrong(entry, "it is not two addresses with = between them");
  const [from, to] = ends.map((end) => readDestination(end, entry)) as [Destination, Destination];
  return { from, to };
}

/** Where to connect for what was asked for, if an entry is about it. */
export function findForward(
  forwards: readonly Forward[],
  address: string,
  port: number,
): Destination | undefined {
  return forwards.find(({ from }) => from.address === address && from.port === port)?.to;
}

function readDestination(text: string, entry: string): Destination {
  const [, spelled, digits] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(text) ?? [];
  if (spelled === undefined) throw wrong(entry, `"${text}" is no address with a port`);
  const host = readHost(spelled);
  if (host.kind !== "address") throw wrong(entry, `"${spelled}" is no address`);
  const port = readPort(digits);
  if (port === undefined) throw wrong(entry, `"${digits}" is not a port`);
  return { address: host.address, port };
}

function wrong(entry: string, why: string): TabnixError {
  return new TabnixError(
    "invalid-input",
    `--forward ${entry}: ${why}.`,
    "Say what guests ask for, and where it is: --forward 10.0.0.1:80=127.0.0.1:8080",
  );
}
