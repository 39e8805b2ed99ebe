import { TabnixError } from "../../../workers/shared/errors.ts";
import type { BuiltKernel } from "./kernel.ts";

/** v86 puts the stock kernel's RAM disk at 64 MB; the kernel needs room above and below it. */
const STOCK_MINIMUM_MEGABYTES = 128;

/**
 * Checks that a kernel can start in so much memory.
 *
 * @param image for the message
 * @throws TabnixError `invalid-input`
 */
export function checkMemory(
  image: string,
  megabytes: number,
  { flavour }: Pick<BuiltKernel, "flavour">,
): void {
  if (flavour === "tuned" || megabytes >= STOCK_MINIMUM_MEGABYTES) return;
  throw new TabnixError(
    "invalid-input",
    `"${image}" has ${megabytes} MB of memory; Debian's own kernel starts in ${STOCK_MINIMUM_MEGABYTES} or more.`,
    `Set "memory" to at least ${STOCK_MINIMUM_MEGABYTES} in the recipe, or run \`npm run kernel\`: the tuned kernel needs less.`,
  );
}
