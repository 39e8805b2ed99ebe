/** The index of binary packages of one suite, component and architecture. */
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";
import { parseStanza, type Stanza } from "./deb822.ts";
import { decompress } from "./tar.ts";

/** What the index says of a package. Relations are as in deb-control(7); see relations.ts. */
export interface DebianPackage {
  name: string;
  version: string;
  /** "i386" or "all". */
  architecture: string;
  multiArch: string;
  essential: boolean;
  priority: string;
  depends: string;
  preDepends: string;
  provides: string;
  conflicts: string;
  breaks: string;
  /** Of the mirror's folder, "pool/main/…". */
  filename: string;
  /** Of the .deb, in bytes. */
  size: number;
  sha256: string;
}

/** Raised when {@link DebianPackage} changes, so that older parsed indexes are not used. */
const PARSED_VERSION = 1;

/**
 * Reads a compressed index. What was parsed is kept in the cache under the hash of the index, which makes
 * the next start ten times quicker; the cache belongs to the user and is trusted like the repository.
 *
 * @param name of the file, for its end
 * @param sha256 of the compressed index; the caller has checked it
 * @throws TabnixError `malformed`
 */
export async function readPackages(
  load: () => Promise<Uint8Array>,
  name: string,
  sha256: string,
  cache: Cache,
): Promise<DebianPackage[]> {
  const parsed = `debian/parsed/${sha256}-${PARSED_VERSION}.json`;
  const known = await cache.read(parsed);
  if (known !== undefined) return JSON.parse(Buffer.from(known).toString("utf8"));
  const packages: DebianPackage[] = [];
  const bytes = await load();
  try {
    for await (const stanza of stanzas(decompress(bytes, name))) {
      packages.push(toPackage(parseStanza(stanza)));
    }
  } catch (error) {
    throw new TabnixError("malformed", `Debian's index ${name} is damaged.`, "", error);
  }
  await cache.write(parsed, JSON.stringify(packages));
  return packages;
}

/** Cuts a stream of bytes at its empty lines. */
async function* stanzas(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of pieces) {
    const texts = (rest + decoder.decode(piece, { stream: true })).split("\n\n");
    rest = texts.pop() ?? "";
    yield* texts;
  }
  if (rest.trim() !== "") yield rest;
}

/** The record of one stanza. */
export function toPackage(fields: Stanza): DebianPackage {
  const field = (name: string) => fields.get(name) ?? "";
  return {
    name: field("Package"),
    version: field("Version"),
    architecture: field("Architecture"),
    multiArch: field("Multi-Arch"),
    essential: field("Essential") === "yes",
    priority: field("Priority"),
    depends: field("Depends"),
    preDepends: field("Pre-Depends"),
    provides: field("Provides"),
    conflicts: field("Conflicts"),
    breaks: field("Breaks"),
    filename: field("Filename"),
    size: Number(field("Size")),
    sha256: field("SHA256"),
  };
}
