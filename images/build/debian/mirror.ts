/** Which Debian mirror to ask. No address is written in the repository: the machine knows its own. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Environment } from "../cache.ts";
import { parseStanzas } from "./deb822.ts";

/** One line of apt's configuration: where, what. */
interface Source {
  uri: string;
  suites: string[];
  components: string[];
}

/** Names under which Debian's main archive is known; a vendor's repository has other suites. */
const DEBIAN_SUITE =
  /^(bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable)(-updates|-backports)?$/;

/**
 * The base address of a Debian mirror, without a slash at its end: `$DEBIAN_MIRROR`, else the one
 * that apt on this machine uses for Debian's main archive.
 *
 * @param aptFolder apt's configuration folder
 * @throws TabnixError `missing-tool` if neither is there
 */
export function mirrorAddress(
  environment: Environment = process.env,
  aptFolder = "/etc/apt",
): string {
  const chosen = environment["DEBIAN_MIRROR"];
  if (chosen) {
    if (isHttp(chosen)) return withoutSlash(chosen);
    throw new TabnixError(
      "invalid-input",
      `DEBIAN_MIRROR is not an http or https address: ${chosen}`,
      "Set it to the folder of a Debian mirror that has dists/ and pool/ in it.",
    );
  }
  const source = aptSources(aptFolder).find(
    ({ uri, suites, components }) =>
      isHttp(uri) &&
      components.includes("main") &&
      suites.some((suite) => DEBIAN_SUITE.test(suite)),
  );
  if (source) return withoutSlash(source.uri);
  throw new TabnixError(
    "missing-tool",
    "No Debian mirror is known: DEBIAN_MIRROR is not set and apt has none on this machine.",
    "Set DEBIAN_MIRROR to the address of a Debian mirror (the folder with dists/ and pool/ in it).",
  );
}

function isHttp(address: string): boolean {
  return /^https?:\/\/./.test(address);
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, "");
}

/** Every enabled binary source of apt, in the order of apt's own files. */
function aptSources(aptFolder: string): Source[] {
  const parts = join(aptFolder, "sources.list.d");
  const files = [
    join(aptFolder, "sources.list"),
    ...(existsSync(parts) ? readdirSync(parts).sort() : []).map((name) => join(parts, name)),
  ];
  return files.filter(existsSync).flatMap((file) => {
    if (file.endsWith(".list")) return oneLineSources(readFileSync(file, "utf8"));
    if (file.endsWith(".sources")) return stanzaSources(readFileSync(file, "utf8"));
    return [];
  });
}

/** sources.list(5), one-line style: `deb [options] uri suite component…`. */
function oneLineSources(text: string): Source[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (!match) return [];
    const [, uri = "", suite = "", components = ""] = match;
    return [{ uri, suites: [suite], components: words(components) }];
  });
}

/** sources.list(5), deb822 style. */
function stanzaSources(text: string): Source[] {
  return parseStanzas(text).flatMap((fields) => {
    if (!words(fields.get("Types")).includes("deb")) return [];
    if (fields.get("Enabled")?.toLowerCase() === "no") return [];
    return words(fields.get("URIs")).map((uri) => ({
      uri,
      suites: words(fields.get("Suites")),
      components: words(fields.get("Components")),
    }));
  });
}

function words(text = ""): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
