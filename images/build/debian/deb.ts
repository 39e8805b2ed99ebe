/** Binary packages, deb(5). */
import { readFile } from "node:fs/promises";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { parseStanza, type Stanza } from "./deb822.ts";
import { decompress, readAr, readTar, type TarEntry } from "./tar.ts";

/** An opened package. */
export interface Deb {
  /** The fields of its control file. */
  fields: Stanza;
  /** Everything in its control archive by name: "control", "postinst", "md5sums", … */
  control: ReadonlyMap<string, TarEntry>;
  /** The files it installs, in the archive's order. Each call reads the archive from its start. */
  data(): AsyncGenerator<TarEntry>;
}

/**
 * Opens a package. Its bytes are expected to be verified already.
 *
 * @param where what to call it in messages
 * @throws TabnixError `malformed`
 */
export async function openDeb(bytes: Uint8Array, where: string): Promise<Deb> {
  const members = readAr(bytes, where);
  if (members.get("debian-binary")?.[0] !== "2".charCodeAt(0)) {
    throw new TabnixError("malformed", `${where} is not a Debian package of format 2.`);
  }
  const entries = (prefix: string) => {
    const member = [...members].find(([name]) => name.startsWith(prefix));
    if (!member) throw new TabnixError("malformed", `${where} has no ${prefix}.`);
    return readTar(decompress(member[1], member[0]), where);
  };
  const control = new Map<string, TarEntry>();
  for await (const entry of entries("control.tar")) {
    if (entry.type === "file") control.set(entry.path.slice(1), entry);
  }
  const text = control.get("control")?.bytes;
  if (text === undefined) throw new TabnixError("malformed", `${where} has no control file.`);
  return {
    fields: parseStanza(Buffer.from(text).toString("utf8")),
    control,
    data: () => entries("data.tar"),
  };
}

/** Opens a package that is a file; see {@link openDeb}. */
export async function openDebFile(path: string): Promise<Deb> {
  return await openDeb(await readFile(path), path);
}
