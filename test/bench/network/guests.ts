/** The same transfers of guests through one relay, in turns: Tabnix's TCP endpoint, and v86's own adapter. */
import type { Page } from "@playwright/test";
import { MEGABYTE, TRANSFER_MB } from "./outside.ts";

export interface NetworkFigures {
  /** Of the guest: megabytes a second from outside and to it, and requests of one connection. */
  in_mb_s: number;
  out_mb_s: number;
  requests_per_s: number;
}

const REQUESTS = 200;
const ROUNDS = 10;

/** Runs the transfers on pages that have a Bench. @returns figures in the order of the pages */
export async function measureGuests(
  pages: readonly Page[],
  url: string,
): Promise<NetworkFigures[]> {
  const run = async (page: Page, command: string) => {
    const line = `for i in $(seq 100); do ip addr show eth0 | grep -q 'inet ' && break; sleep 0.1; done; ${command}`;
    const { output } = await page.evaluate(
      async (command) => (await globalThis.bench).run(command),
      line,
    );
    const figure = Number(output.trim().split("\n").at(-1));
    // What hangs, as v86's adapter may, has no speed, and stops nothing else.
    if (!(figure > 0)) process.stderr.write(`  ${output.trim()}\n`);
    return Number.isNaN(figure) ? 0 : figure;
  };
  const best = async (command: string, figure: (told: number) => number) => {
    const figures = pages.map(() => 0);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, page] of pages.entries()) {
        figures[at] = Math.max(figures[at]!, figure(await run(page, command)));
      }
    }
    return figures;
  };
  const perMegabyte = (bytesPerSecond: number) => bytesPerSecond / MEGABYTE;
  const curl = "curl -s -S -m 60 -o /dev/null -w '%{SPEED}\\n'";
  const file = `head -c ${TRANSFER_MB * MEGABYTE} /dev/zero > /dev/shm/up`;
  const into = await best(`${curl.replace("SPEED", "speed_download")} ${url}/large`, perMegabyte);
  const out = await best(
    `[ -f /dev/shm/up ] || ${file}; ${curl.replace("SPEED", "speed_upload")} -H Expect: -T /dev/shm/up ${url}/up`,
    perMegabyte,
  );
  const many = `curl -s -S -m 60 -o /dev/null "${url}/[1-${REQUESTS}]"`;
  const requests = await best(
    `S=$(date +%s%N); ${many}; E=$(date +%s%N); echo $(( (E - S) / 1000 ))`,
    (microseconds) => (REQUESTS * MEGABYTE) / microseconds,
  );
  return pages.map((_, at) => ({
    in_mb_s: into[at]!,
    out_mb_s: out[at]!,
    requests_per_s: requests[at]!,
  }));
}
