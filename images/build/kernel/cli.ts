/** `npm run kernel [-- --refresh]` */
import { parseArgs } from "node:util";
import { toErrorMessage } from "../../../workers/shared/errors.ts";
import { Cache } from "../cache.ts";
import { reportTo } from "../progress.ts";
import { buildTunedKernel } from "./tuned.ts";

try {
  const { values } = parseArgs({ options: { refresh: { type: "boolean", default: false } } });
  const progress = reportTo(process.stderr);
  const kernel = await buildTunedKernel(await Cache.open(), progress, values.refresh);
  console.log(
    `Kernel ${kernel.release}, ${kernel.bzImage.length} bytes. Images built from now on use it.`,
  );
} catch (error) {
  const { message, hint } = toErrorMessage(error, "invalid-input");
  console.error(`\nerror: ${message}`);
  if (hint) console.error(`       ${hint}`);
  process.exitCode = 1;
}
