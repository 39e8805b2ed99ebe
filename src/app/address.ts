import { TabnixError } from "../../workers/shared/errors.ts";
import { isImportedImage, isSiteImage } from "../../workers/shared/image-name.ts";
import type { ComputerOptions } from "../computer.ts";

const DEFAULT_IMAGE = "base";

/**
 * What the page's address asks for: `?image=<name>` (else "base"; `imported:<name>-<8 digits>`), `?last` for the image that was
 * used last, `?cold` to start from the kernel, `?hostname=<name>`.
 * @param base where the page lives; its `images/` folder holds the images.
 * @param known what a set-up says in place of the address, and the image that was used last, if there is one
 * @throws TabnixError "invalid-input" when the image's name could not be one.
 */
export function computerOptions(
  address: URL,
  base: string,
  { setup, last }: { setup?: Partial<ComputerOptions> | undefined; last?: string | undefined } = {},
): ComputerOptions {
  const otherwise = address.searchParams.has("last") ? (last ?? DEFAULT_IMAGE) : DEFAULT_IMAGE;
  const image = setup?.image ?? address.searchParams.get("image") ?? otherwise;
  if (!isSiteImage(image) && !isImportedImage(image)) {
    throw new TabnixError(
      "invalid-input",
      `“${image}” is not the name of an image.`,
      "Names are lower-case letters, digits, dots and dashes: try ?image=base.",
    );
  }
  const hostname = address.searchParams.get("hostname");
  return {
    ...setup,
    image,
    imagesUrl: new URL("images/", base).href,
    coldBoot: address.searchParams.has("cold"),
    ...(hostname === null ? {} : { hostname }),
  };
}

/** The page on another image, as an address relative to it. */
export function addressOf(image: string): string {
  return `?${new URLSearchParams({ image })}`;
}
