/** Which kernel an image gets. */
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";
import type { Progress } from "../progress.ts";
import type { BuiltKernel } from "./kernel.ts";
import { stockKernel } from "./stock.ts";
import { cachedTunedKernel } from "./tuned.ts";

/** A recipe's wish; "auto" is the tuned kernel where it has been built, else the stock one. */
export type KernelPreference = "auto" | "stock" | "tuned";

/**
 * The kernel for an image.
 *
 * @param refresh ask the mirror even if it was asked within a day
 * @throws TabnixError `missing-tool` when the tuned kernel is demanded and has not been built; else as
 *   {@link stockKernel}
 */
export async function findKernel(
  preference: KernelPreference,
  cache: Cache,
  progress: Progress,
  refresh = false,
): Promise<BuiltKernel> {
  if (preference !== "stock") {
    const tuned = await cachedTunedKernel(cache);
    if (tuned) return tuned;
  }
  if (preference === "tuned") {
    throw new TabnixError(
      "missing-tool",
      "The tuned kernel has not been built for this configuration.",
      "Run `npm run kernel`.",
    );
  }
  return await stockKernel(cache, progress, refresh);
}
