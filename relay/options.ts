/** What a relay is told: the options of its command line, checked. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { TabnixError } from "../workers/shared/errors.ts";
import { readOrigin } from "./access/origin.ts";
import { checkSecret } from "./access/token.ts";
import type { Resolve } from "./egress/resolver.ts";
import { DEFAULT_LIMITS, type RelayLimits } from "./limits.ts";
import { parseNameServer } from "./name-servers.ts";
import type { Log } from "./observe/log.ts";
import { readForward } from "./policy/forwards.ts";
import { readHost } from "./policy/host.ts";
import type { PolicyRules } from "./policy/policy.ts";
import { type Rule, readRule } from "./policy/rules.ts";

/** Everything that a relay needs to know. */
export interface RelayOptions {
  /** The address to listen on, and the port; 0 for any. */
  host: string;
  port: number;
  /** What tokens are signed with; undefined lets everybody in. */
  secret: Uint8Array | undefined;
  /** Origins of pages that may connect, or `*`; those of this computer when there are none. */
  origins: string[];
  rules: PolicyRules;
  /** Where the public finds the relay; names are subdomains of its host. This computer unless given. */
  publicUrl: URL | undefined;
  /** Networks of reverse proxies that are believed. */
  proxies: Rule[];
  publicMetrics: boolean;
  /** As `dns.setServers` takes them; the system's when there are none. */
  nameServers: string[];
  motd: string;
  limits: RelayLimits;
  log: Log;
  /** Looks up names, for tests. */
  resolve?: Resolve;
}

export const DEFAULT_PORT = 8090;
const LOOPBACK = ["127.0.0.1", "::1", "localhost"];
const MAX_PORT = 65_535;
const MAX_MOTD = 1000;
const MIB = 1024 * 1024;

const HINT = "`npm run relay -- --help` lists the options.";

/** The page of `--help`. */
export const HELP = `Usage: relay [options]            runs the relay
       relay token [options]      makes a token: --secret-file F --scope S --expires 30d [--subject NAME]

  --port N               port (${DEFAULT_PORT})
  --host ADDRESS         address to listen on (127.0.0.1)
  --public-url URL       where visitors reach the relay (http://localhost:PORT); names are subdomains of its host
  --secret-file FILE     what tokens are signed with; without it nobody needs a token
  --open                 lets everybody in, without a token, on an address that others reach
  --origin ORIGIN        pages that may connect; repeat it; * for all (pages on this computer)
  --trust-proxy NETWORK  reverse proxies whose X-Forwarded-* is believed; repeat it
  --allow DESTINATION    opens what is closed: 127.0.0.1:8080, 10.0.0.0/8, :25; repeat it
  --deny DESTINATION     closes what is open: example.org, *.example.org:443, 192.0.2.0/24; repeat it
  --only DESTINATION     closes everything else; repeat it
  --forward FROM=TO      what guests find at another address: 10.0.0.1:80=127.0.0.1:8080; repeat it
  --name-server ADDRESS  for names; repeat it (the system's)
  --rate N               megabytes a second of one token, and of one address (${DEFAULT_LIMITS.bytesPerSecond / MIB})
  --connections N        connections of one token (${DEFAULT_LIMITS.connectionsPerToken})
  --motd TEXT            shown to who connects
  --public-metrics       /metrics for everybody, not only this computer
  --json                 log in JSON, also on a terminal
`;

/**
 * Reads the arguments of `relay`.
 *
 * @throws TabnixError "invalid-input"
 */
export function readOptions(args: string[], log: Log): RelayOptions {
  const values = parse(args);
  const host = values.host ?? "127.0.0.1";
  const secret =
    values["secret-file"] === undefined ? undefined : readSecret(values["secret-file"]);
  if (!secret && !values.open && !LOOPBACK.includes(host)) {
    throw new TabnixError(
      "invalid-input",
      `On ${host} others reach this relay, and nobody would need a token.`,
      "Add --secret-file <file>, or --open if that is what you want.",
    );
  }
  const rate = readNumber("--rate", values.rate) ?? DEFAULT_LIMITS.bytesPerSecond / MIB;
  const motd = values.motd ?? "";
  if (motd.length > MAX_MOTD) throw wrong(`--motd has more than ${MAX_MOTD} characters.`);
  for (const server of values["name-server"] ?? []) parseNameServer(server);
  return {
    host,
    port: readPort(values.port),
    secret,
    origins: (values.origin ?? []).map(readOrigin),
    rules: {
      allow: (values.allow ?? []).map(readAllowed),
      deny: (values.deny ?? []).map(readRule),
      only: (values.only ?? []).map(readRule),
      forward: (values.forward ?? []).map(readForward),
    },
    publicUrl: readPublicUrl(values["public-url"]),
    proxies: (values["trust-proxy"] ?? []).map(readProxy),
    publicMetrics: values["public-metrics"] ?? false,
    nameServers: values["name-server"] ?? [],
    motd,
    limits: {
      ...DEFAULT_LIMITS,
      bytesPerSecond: rate * MIB,
      burstBytes: 2 * rate * MIB,
      connectionsPerToken:
        readNumber("--connections", values.connections) ?? DEFAULT_LIMITS.connectionsPerToken,
    },
    log,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: "string" },
        host: { type: "string" },
        "public-url": { type: "string" },
        "secret-file": { type: "string" },
        open: { type: "boolean" },
        origin: { type: "string", multiple: true },
        "trust-proxy": { type: "string", multiple: true },
        allow: { type: "string", multiple: true },
        deny: { type: "string", multiple: true },
        only: { type: "string", multiple: true },
        forward: { type: "string", multiple: true },
        "name-server": { type: "string", multiple: true },
        rate: { type: "string" },
        connections: { type: "string" },
        motd: { type: "string" },
        "public-metrics": { type: "boolean" },
        json: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

/** Reads the file that tokens are signed with; blanks around it do not count. @throws TabnixError */
export function readSecret(file: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TabnixError(
      "invalid-input",
      `The secret cannot be read: ${why}.`,
      "Make one: head -c 32 /dev/urandom | base64 > relay.secret",
    );
  }
  return checkSecret(Buffer.from(text.trim()));
}

function readPort(text: string | undefined): number {
  const port = Number(text ?? DEFAULT_PORT);
  if (/^\d{1,5}$/.test(text ?? "0") && port <= MAX_PORT) return port;
  throw new TabnixError("invalid-input", `"${text}" is not a port.`, "Use a number: --port 8091");
}

function readNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw wrong(`${option} takes a number above 0, not "${text}".`);
}

function readPublicUrl(text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && readHost(url.hostname).kind !== "name") {
    throw new TabnixError(
      "invalid-input",
      `--public-url ${text}: an address has no subdomains, which are the names of sites.`,
      "Give a host name: --public-url https://relay.example",
    );
  }
  if (url && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "")
    return url;
  throw new TabnixError(
    "invalid-input",
    `"${text}" is no address of a relay.`,
    "Give its scheme and host: --public-url https://relay.example",
  );
}

/** A name's owner could let it stand for any private address, so names open nothing. */
function readAllowed(entry: string): Rule {
  const rule = readRule(entry);
  if (rule.name === undefined) return rule;
  throw new TabnixError(
    "invalid-input",
    `--allow ${entry}: a name does not open anything, for its owner decides where it leads.`,
    "Name the address: --allow 127.0.0.1:8080",
  );
}

function readProxy(entry: string): Rule {
  const rule = readRule(entry);
  if (rule.network && rule.ports === undefined) return rule;
  throw wrong(`--trust-proxy takes an address or a network, not "${entry}".`);
}

function wrong(message: string): TabnixError {
  return new TabnixError("invalid-input", message, HINT);
}
