/** A transfer between the guests of two tabs of one browser, on one network. */
import type { Page } from "@playwright/test";
import { MEGABYTE, TRANSFER_MB } from "./outside.ts";

/** BusyBox's server and client ask least of the guests. */
export const LAN_IMAGE = "tiny";
const PORT = 7000;
const ROUNDS = 3;

/**
 * On two pages of a Bench that name the same network in their address.
 *
 * @returns megabytes a second from the first to the second
 */
export async function measureLan([one, two]: readonly [Page, Page]): Promise<number> {
  const run = (page: Page, command: string) =>
    page.evaluate(async (command) => (await globalThis.bench).run(command), command);
  const file = `head -c ${TRANSFER_MB * MEGABYTE} /dev/zero > /dev/shm/file`;
  await run(one, `${file}; httpd -p ${PORT} -h /dev/shm`);
  await run(two, "until ip addr show eth0 | grep -q 10.86.0.3/; do sleep 1; done");
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { ms, output } = await run(two, `wget -q -O - http://tabnix-2:${PORT}/file | wc -c`);
    if (Number(output) !== TRANSFER_MB * MEGABYTE) throw new Error(`the network: ${output}`);
    best = Math.max(best, TRANSFER_MB / (ms / 1000));
  }
  return best;
}
