/** The entries of `--allow`, `--deny` and `--only`. */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { TabnixError } from "../../workers/shared/errors.ts";
import { readHost } from "./host.ts";

/** What one entry is about: addresses, names or every host; and ports. */
export interface Rule {
  network?: [ipaddr.IPv4 | ipaddr.IPv6, number];
  /** A name; with `subdomains`, what ends in it instead. */
  name?: string;
  subdomains?: boolean;
  /** First and last. */
  ports?: [number, number];
}

const FORMS =
  "Entries look like 192.0.2.0/24, 127.0.0.1:8080, [2001:db8::]/32:443, example.org, *.example.org:443 or :8000-8999.";
const MAX_PORT = 65_535;

/**
 * Reads one entry: `host`, `host:port` or `:port`. IPv6 with a port needs brackets.
 *
 * @throws TabnixError "invalid-input"
 */
export function readRule(entry: string): Rule {
  if (entry === "") throw wrong(entry, "it is empty");
  const { host, ports } = split(entry);
  const rule: Rule = ports === undefined ? {} : { ports: readPorts(ports, entry) };
  if (host === "") return rule;
  const [, address = "", bits] = /^\[?([^\]/]*)\]?(?:\/(\d{1,3}))?$/.exec(host) ?? [];
  if (isIP(address)) return { ...rule, network: readNetwork(address, bits, entry) };
  if (bits !== undefined) throw wrong(entry, "only addresses have a prefix length");
  const subdomains = host.startsWith("*.");
  const read = readHost(subdomains ? host.slice(2) : host);
  if (read.kind === "invalid") throw wrong(entry, read.why);
  if (read.kind === "address") throw wrong(entry, `write the address as ${read.address}`);
  return { ...rule, name: read.name, subdomains };
}

function split(entry: string): { host: string; ports?: string } {
  // More than one colon and no brackets: IPv6 without a port.
  if (/^[^[]*:[^[]*:/.test(entry)) return { host: entry };
  const at = entry.lastIndexOf(":");
  if (at < 0 || at < entry.lastIndexOf("]")) return { host: entry };
  return { host: entry.slice(0, at), ports: entry.slice(at + 1) };
}

function readPorts(text: string, entry: string): [number, number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const first = readPort(match?.[1]);
  const last = readPort(match?.[2] ?? match?.[1]);
  if (first === undefined || last === undefined || first > last) {
    throw wrong(entry, `"${text}" is not a port`);
  }
  return [first, last];
}

/** A port that can be connected to; undefined when the digits are none. */
export function readPort(digits: string | undefined): number | undefined {
  if (digits === undefined || !/^\d{1,5}$/.test(digits)) return undefined;
  const port = Number(digits);
  return port >= 1 && port <= MAX_PORT ? port : undefined;
}

function readNetwork(address: string, bits: string | undefined, entry: string): Rule["network"] {
  const parsed = ipaddr.process(address);
  const all = parsed.kind() === "ipv4" ? 32 : 128;
  const length = bits === undefined ? all : Number(bits);
  if (length > all) throw wrong(entry, `a prefix has ${all} bits at most`);
  return [parsed, length];
}

/** Whether an entry is about this port. */
export function matchesPort(rule: Rule, port: number): boolean {
  return rule.ports === undefined || (port >= rule.ports[0] && port <= rule.ports[1]);
}

/** Whether an entry is about this canonical address. */
export function matchesAddress(rule: Rule, address: string): boolean {
  if (!rule.network) return rule.name === undefined;
  const parsed = ipaddr.process(address);
  const [network, bits] = rule.network;
  return parsed.kind() === network.kind() && parsed.match(network, bits);
}

/** Whether an entry is about this name, as `readHost` gives it. */
export function matchesName(rule: Rule, name: string): boolean {
  if (rule.name === undefined) return rule.network === undefined;
  return rule.subdomains ? name.endsWith(`.${rule.name}`) : name === rule.name;
}

function wrong(entry: string, why: string): TabnixError {
  return new TabnixError("invalid-input", `"${entry}" is no destination: ${why}.`, FORMS);
}
