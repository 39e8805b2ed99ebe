/** Fetches an image's manifest, the only file that may change under its address. */
import { type Manifest, parseManifest } from "../../images/format/manifest.ts";
import { TabnixError } from "../../workers/shared/errors.ts";

/**
 * @param imagesUrl the folder `images/`, absolute, with a trailing slash
 * @throws TabnixError `not-found`, `unreachable`, `malformed` or `wrong-version`
 */
export async function loadManifest(imagesUrl: string, image: string): Promise<Manifest> {
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(image)) {
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
