/** Debian's stanza format, deb822(5): `Field: value`, continued by indented lines. */

/** The fields of one stanza, by name as written. A folded value keeps its newlines, not its indent. */
export type Stanza = ReadonlyMap<string, string>;

/** Reads stanzas separated by empty lines; lines that begin with `#` are comments. */
export function parseStanzas(text: string): Stanza[] {
  return text
    .split(/\n[ \t]*(?:\n[ \t]*)*\n/)
    .map(parseStanza)
    .filter((fields) => fields.size > 0);
}

/** Reads one stanza. Lines that are neither a field nor the continuation of one are ignored. */
export function parseStanza(text: string): Stanza {
  const fields = new Map<string, string>();
  let current = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("#")) continue;
    if (line.startsWith(" ") || line.startsWith("\t")) {
      if (current !== "") fields.set(current, `${fields.get(current)}\n${line.slice(1).trimEnd()}`);
      continue;
    }
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    current = line.slice(0, colon);
    fields.set(current, line.slice(colon + 1).trim());
  }
  return fields;
}
