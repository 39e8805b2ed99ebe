/**
 * What small images leave out: manual pages, translations and the like, a third of a Debian system.
 * Copyright files stay, as their licences ask. The guest's dpkg gets the same rules, so that
 * what it installs later comes out alike.
 */
import type { TarEntry } from "./tar.ts";

/** Left out from the second level down: their first level has folders that scripts expect. */
const TWO_LEVELS_DOWN = ["/usr/share/doc", "/usr/share/locale", "/usr/share/man"];
const ENTIRELY = ["/usr/share/gtk-doc", "/usr/share/help", "/usr/share/info", "/usr/share/lintian"];

const EXCLUDED = new RegExp(
  `^(${TWO_LEVELS_DOWN.map((root) => `${root}/[^/]+`).join("|")}|${ENTIRELY.join("|")})/.`,
);
const FOLDERS = new RegExp(
  `^(${TWO_LEVELS_DOWN.map((root) => `${root}/[^/]+`).join("|")}|${ENTIRELY.join("|")})/`,
);
const COPYRIGHT = /^\/usr\/share\/doc\/[^/]+\/copyright$/;
/** Folders one level down that are kept; those of languages are not. */
const KEPT_FOLDER = /^\/usr\/share\/(doc\/[^/]+|man\/man[0-9])$/;

/**
 * Whether an entry of a package is documentation that is left out.
 *
 * @param postinst the package's postinst script. Manual pages that it names are kept:
 * update-alternatives links them beside the programs, and complains about each that is missing
 */
export function isDocumentation({ path, type }: TarEntry, postinst: string): boolean {
  if (type === "directory" && !KEPT_FOLDER.test(path)) {
    return FOLDERS.test(`${path}/`);
  }
  return EXCLUDED.test(path) && !COPYRIGHT.test(path) && !postinst.includes(path);
}

/** The same for dpkg.cfg(5), where `*` matches slashes too. */
export const DPKG_RULES = [
  "# Written when this image was built: documentation is not installed. Remove this file to have it.",
  ...TWO_LEVELS_DOWN.map((root) => `path-exclude=${root}/*/*`),
  ...ENTIRELY.map((root) => `path-exclude=${root}/*`),
  "path-include=/usr/share/doc/*/copyright",
  "",
].join("\n");
