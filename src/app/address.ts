import { TabnixError } from "../../workers/shared/errors.ts";
import type { ComputerOptions } from "../computer.ts";

const IMAGE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const DEFAULT_IMAGE = "base";

/**
 * What the page's address asks for: `?image=<name>` (else "base"), `?cold` to start from the kernel,
 * `?hostname=<name>`.
 * @param base where the page lives; its `images/` folder holds the images.
 * @throws TabnixError "invalid-input" when the image's name could not be one.
 */
export function computerOptions(address: URL, base: string): ComputerOptions {
  const image = address.searchParams.get("image") ?? DEFAULT_IMAGE;
  if (!IMAGE_NAME.test(image)) {
    throw new TabnixError(
      "invalid-input",
      `“${image}” is not the name of an image.`,
      "Names are lower-case letters, digits, dots and dashes: try ?image=base.",
    );
  }
  const hostname = address.searchParams.get("hostname");
  return {
    image,
    imagesUrl: new URL("images/", base).href,
    coldBoot: address.searchParams.has("cold"),
    ...(hostname === null ? {} : { hostname }),
  };
}
