/**
 * The images of a site: `images/catalogue.json`, which a build writes beside their manifests. It is for people
 * who choose; what an image is made of is in its manifest.
 */
import { TabnixError } from "../../workers/shared/errors.ts";
import { Fields, REBUILD } from "./fields.ts";

/** The format this code reads and writes. */
export const CATALOGUE_VERSION = 1;
/** Its file, in the folder `images/`. */
export const CATALOGUE = "catalogue.json";

export interface CatalogueEntry {
  name: string;
  /** One line for people: what is in it. */
  description: string;
  /** Bytes of everything it is made of, compressed. */
  compressedSize: number;
}

export interface Catalogue {
  version: typeof CATALOGUE_VERSION;
  images: CatalogueEntry[];
}

/**
 * Reads a catalogue, checking every field.
 *
 * @param text the JSON
 * @param where what to call it in messages, usually its address
 * @throws TabnixError `malformed` (with the path of the offending field) or `wrong-version`
 */
export function parseCatalogue(text: string, where: string): Catalogue {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TabnixError("malformed", `${where} is not JSON.`, REBUILD, error);
  }
  const root = new Fields(value, where, "");
  const version = root.number("version");
  if (version !== CATALOGUE_VERSION) {
    throw new TabnixError(
      "wrong-version",
      `${where} has version ${version}; this Tabnix reads version ${CATALOGUE_VERSION}.`,
      "Reload the page without its cache, or build the site with the same version of Tabnix.",
    );
  }
  const images = root.objects("images").map((entry) => ({
    name: entry.string("name"),
    description: entry.string("description"),
    compressedSize: entry.number("compressedSize"),
  }));
  return { version: CATALOGUE_VERSION, images };
}
