/** Names of images: of those that a site has, and of those that came with an imported machine. */

const SITE = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const IMPORTED = /^imported:[a-z0-9][a-z0-9._-]{0,63}-[0-9a-f]{8}$/;

/** No image of a site has a name that begins so: it would be no name. */
export const IMPORTED_PREFIX = "imported:";

/** Digits of the file's SHA-256 that tell imported machines of one image apart. */
const DIGITS = 8;

/** Whether a site may have an image of that name. */
export function isSiteImage(name: string): boolean {
  return SITE.test(name);
}

/** Whether an image of that name can have come with an imported machine. */
export function isImportedImage(name: string): boolean {
  return IMPORTED.test(name);
}

/**
 * The name of an imported machine's image.
 *
 * @param image what it was called where it was exported
 * @param digest SHA-256 of the file, lower-case hexadecimal
 */
export function importedName(image: string, digest: string): string {
  return `${IMPORTED_PREFIX}${image}-${digest.slice(0, DIGITS)}`;
}
