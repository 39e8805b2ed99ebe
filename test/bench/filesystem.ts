/**
 * Measures of files and processes: the same commands on several filesystems, in turns, so that what
 * else the machine does slows all of them down alike.
 */
import type { Page } from "@playwright/test";

export interface FilesystemFigures {
  read_mb_s: number;
  write_mb_s: number;
  stat_us: number;
  forks_per_s: number;
}

/** One measure: a command, and what makes everything ready for it. */
interface Measure {
  before: string;
  command: string;
  /** The best of so many counts, because a busy machine only makes things slower. */
  rounds: number;
}

/** Commands of a tenth of a second are compiled by v86 and disturbed by others more than long ones. */
const SHORT = 20;
const LONG = 9;
const WRITE_MB = 32;
const READ_MB = 64;
const FORKS = 100;
/** On the system mount, which both have. */
const FOLDER = "/var/bench";
const DROP = "sync; echo 3 >/proc/sys/vm/drop_caches";

const MEASURES = {
  write: {
    before: `rm -f written; ${DROP}`,
    command: `dd if=/dev/zero of=written bs=1M count=${WRITE_MB} 2>/dev/null; sync`,
    rounds: SHORT,
  },
  // Only the file is forgotten: to forget everything would measure how cat is loaded.
  read: {
    before: "dd if=source iflag=nocache count=0 2>/dev/null",
    command: "cat source >/dev/null",
    rounds: SHORT,
  },
  stat: { before: DROP, command: "find /usr /etc -xdev -size +1000000 >/dev/null", rounds: LONG },
  fork: {
    before: "/bin/true",
    command: `i=0; while [ $i -lt ${FORKS} ]; do /bin/true; i=$((i+1)); done`,
    rounds: LONG,
  },
} satisfies Record<string, Measure>;

/** Runs the commands on pages that have a Bench. @returns figures in the order of the pages */
export async function measureFilesystems(pages: readonly Page[]): Promise<FilesystemFigures[]> {
  const run = (page: Page, command: string) =>
    page.evaluate(async (line) => (await globalThis.bench).run(line), command);
  const best = async ({ before, command, rounds }: Measure) => {
    const ms = pages.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < rounds; round++) {
      for (const [at, page] of pages.entries()) {
        await run(page, before);
        ms[at] = Math.min(ms[at]!, (await run(page, command)).ms);
      }
    }
    return ms;
  };
  const files: number[] = [];
  for (const page of pages) {
    await run(page, `mkdir -p ${FOLDER}; cd ${FOLDER}`);
    await run(page, `dd if=/dev/urandom of=source bs=1M count=${READ_MB} 2>/dev/null; sync`);
    const counted = await run(page, "find /usr /etc -xdev | wc -l");
    files.push(Number(/\d+/.exec(counted.output)?.[0]));
  }
  const write = await best(MEASURES.write);
  const read = await best(MEASURES.read);
  const stat = await best(MEASURES.stat);
  const fork = await best(MEASURES.fork);
  return pages.map((_, at) => ({
    read_mb_s: READ_MB / (read[at]! / 1000),
    write_mb_s: WRITE_MB / (write[at]! / 1000),
    stat_us: (stat[at]! * 1000) / files[at]!,
    forks_per_s: FORKS / (fork[at]! / 1000),
  }));
}
