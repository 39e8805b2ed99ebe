/** Licences as a package's machine-readable copyright file states them (DEP-5, copyright-format/1.0). */
import { parseStanzas } from "./deb822.ts";

const FORMAT = /^Format(-Specification)?:/im;

/**
 * The short names of all licences in a copyright file, sorted, each once. A file that is free text
 * states none: guessing at prose would be worse than saying nothing.
 */
export function licencesOf(copyright: string): string[] {
  if (!FORMAT.test(copyright.slice(0, copyright.indexOf("\n\n")))) return [];
  const names = parseStanzas(copyright)
    .flatMap((fields) => {
      const [shortName = ""] = (fields.get("License") ?? "").split("\n");
      return shortName.split(/\s+and\/or\s+|\s+or\s+|\s+and\s+|[,|]/);
    })
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return [...new Set(names)].sort();
}

/**
 * SPDX identifiers by Debian's short names, where both surely mean the same text. "Artistic" or "MIT"
 * are not among them: they stand for several.
 */
const SPDX_BY_SHORT_NAME: Readonly<Record<string, string>> = {
  "0BSD": "0BSD",
  "Apache-2": "Apache-2.0",
  "Apache-2.0": "Apache-2.0",
  "Artistic-2": "Artistic-2.0",
  "Artistic-2.0": "Artistic-2.0",
  "BSD-2-clause": "BSD-2-Clause",
  "BSD-2-Clause": "BSD-2-Clause",
  "BSD-3-clause": "BSD-3-Clause",
  "BSD-3-Clause": "BSD-3-Clause",
  "BSL-1.0": "BSL-1.0",
  "CC0-1.0": "CC0-1.0",
  curl: "curl",
  Expat: "MIT",
  FSFAP: "FSFAP",
  FSFUL: "FSFUL",
  FSFULLR: "FSFULLR",
  "GFDL-1.1+": "GFDL-1.1-or-later",
  "GFDL-1.2+": "GFDL-1.2-or-later",
  "GFDL-1.3+": "GFDL-1.3-or-later",
  "GFDL-NIV-1.1+": "GFDL-1.1-no-invariants-or-later",
  "GFDL-NIV-1.2+": "GFDL-1.2-no-invariants-or-later",
  "GFDL-NIV-1.3+": "GFDL-1.3-no-invariants-or-later",
  "GPL-1": "GPL-1.0-only",
  "GPL-1+": "GPL-1.0-or-later",
  "GPL-1.0+": "GPL-1.0-or-later",
  "GPL-1.0-or-later": "GPL-1.0-or-later",
  "GPL-2": "GPL-2.0-only",
  "GPL-2+": "GPL-2.0-or-later",
  "GPL-2.0+": "GPL-2.0-or-later",
  "GPL-2.0-or-later": "GPL-2.0-or-later",
  "GPL-3": "GPL-3.0-only",
  "GPL-3+": "GPL-3.0-or-later",
  "GPL-3.0+": "GPL-3.0-or-later",
  "GPL-3.0-or-later": "GPL-3.0-or-later",
  ISC: "ISC",
  "LGPL-2": "LGPL-2.0-only",
  "LGPL-2+": "LGPL-2.0-or-later",
  "LGPL-2.0+": "LGPL-2.0-or-later",
  "LGPL-2.0-or-later": "LGPL-2.0-or-later",
  "LGPL-2.1": "LGPL-2.1-only",
  "LGPL-2.1+": "LGPL-2.1-or-later",
  "LGPL-2.1-or-later": "LGPL-2.1-or-later",
  "LGPL-3": "LGPL-3.0-only",
  "LGPL-3+": "LGPL-3.0-or-later",
  "LGPL-3.0+": "LGPL-3.0-or-later",
  "LGPL-3.0-or-later": "LGPL-3.0-or-later",
  "MPL-1.1": "MPL-1.1",
  "MPL-2.0": "MPL-2.0",
  "PSF-2": "PSF-2.0",
  Unlicense: "Unlicense",
  Zlib: "Zlib",
  zlib: "Zlib",
};

/** The SPDX identifier of a licence, if Debian's short name has a clear one. */
export function spdxIdentifier(shortName: string): string | undefined {
  return SPDX_BY_SHORT_NAME[shortName];
}
