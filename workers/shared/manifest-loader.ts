/** Gets an image's manifest: of a site's, the only file that may change under its address. */
import { type Manifest, parseManifest } from "../../images/format/manifest.ts";
import { TabnixError } from "./errors.ts";
import { isImportedImage, isSiteImage } from "./image-name.ts";
import { ImportedImage } from "./imported-image.ts";
import type { StoreLocation } from "./store.ts";

/** @param imagesUrl the folder `images/` of the site, absolute, with a trailing slash */
export function locationOf(imagesUrl: string, image: string): StoreLocation {
  return isImportedImage(image) ? { type: "imported", image } : { type: "site", imagesUrl };
}

/** @throws TabnixError `not-found`, `unreachable`, `malformed` or `wrong-version` */
export function loadManifest(location: StoreLocation, image: string): Promise<Manifest> {
  return location.type === "imported"
    ? importedManifest(image)
    : siteManifest(location.imagesUrl, image);
}

async function importedManifest(image: string): Promise<Manifest> {
  const found = await ImportedImage.find(image).catch(() => undefined);
  const text = await found?.manifest();
  if (text !== undefined) return parseManifest(text, `The manifest of ${image}`);
  throw new TabnixError(
    "not-found",
    `There is no imported machine "${image}" in this browser.`,
    "The menu has those that are here, under “Imported machines…”. Import its file again.",
  );
}

async function siteManifest(imagesUrl: string, image: string): Promise<Manifest> {
  if (!isSiteImage(image)) {
    throw new TabnixError(
      "invalid-input",
      `"${image}" is not the name of an image.`,
      "Names are small letters, digits, dots and hyphens, as in ?image=base.",
    );
  }
  const url = `${imagesUrl}${image}/manifest.json`;
  let response: Response;
  try {
    response = await fetch(url, { cache: "no-cache" });
  } catch (error) {
    throw new TabnixError(
      "unreachable",
      `The image "${image}" could not be reached.`,
      "Check the connection and try again.",
      error,
    );
  }
  if (response.status === 404) {
    throw new TabnixError(
      "not-found",
      `There is no image "${image}" here: its manifest is missing.`,
      `Check the name in the address, or build the image with \`npm run images ${image}\`.`,
    );
  }
  if (!response.ok) {
    throw new TabnixError(
      "unreachable",
      `The manifest of the image "${image}" could not be fetched: HTTP ${response.status}.`,
      "Try again in a moment.",
    );
  }
  return parseManifest(await response.text(), `The manifest of the image "${image}"`);
}
