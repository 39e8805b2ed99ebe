/** Measures of files and processes, the same commands on both filesystems. */
import type { Page } from "@playwright/test";

export interface FilesystemFigures {
  read_mb_s: number;
  write_mb_s: number;
  stat_us: number;
  forks_per_s: number;
}

/** Each measure is taken this often; the best counts, because a busy machine only makes things slower. */
const ROUNDS = 9;
const WRITE_MB = 32;
const READ_MB = 64;
const FORKS = 100;
/** On the system mount, which both have. */
const FOLDER = "/var/bench";
const DROP = "sync; echo 3 >/proc/sys/vm/drop_caches";

/** Runs the commands on a page that has a Bench. */
export async function measureFilesystem(page: Page): Promise<FilesystemFigures> {
  const run = (command: string) =>
    page.evaluate(async (line) => (await globalThis.bench).run(line), command);
  const best = async (command: string, before: string) => {
    let ms = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      await run(before);
      ms = Math.min(ms, (await run(command)).ms);
    }
    return ms;
  };
  await run(`mkdir -p ${FOLDER}; cd ${FOLDER}`);
  const write = await best(
    `dd if=/dev/zero of=written bs=1M count=${WRITE_MB} 2>/dev/null; sync`,
    `rm -f written; ${DROP}`,
  );
  await run(`dd if=/dev/urandom of=source bs=1M count=${READ_MB} 2>/dev/null; sync`);
  const read = await best("cat source >/dev/null", DROP);
  const counted = await run("find /usr /etc -xdev | wc -l");
  const files = Number(/\d+/.exec(counted.output)?.[0]);
  const stat = await best("find /usr /etc -xdev -size +1000000 >/dev/null", DROP);
  const fork = await best(
    `i=0; while [ $i -lt ${FORKS} ]; do /bin/true; i=$((i+1)); done`,
    "/bin/true",
  );
  await run(`cd /; rm -rf ${FOLDER}`);
  return {
    read_mb_s: READ_MB / (read / 1000),
    write_mb_s: WRITE_MB / (write / 1000),
    stat_us: (stat * 1000) / files,
    forks_per_s: FORKS / (fork / 1000),
  };
}
