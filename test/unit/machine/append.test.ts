/** What is appended is at the end, whoever else appends at the same time, and nothing is written over. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { findPath, readFile } from "../../../workers/kernel/filesystem/paths.ts";
import { hasTunedKernel, restoredGuest } from "../process/restored-guest.ts";

const TIMEOUT_MS = 120_000;
const PYTHON = "/usr/bin/python3";

let guest: Guest;
let isTuned: boolean;

beforeAll(async () => {
  guest = await restoredGuest("python");
  isTuned = await hasTunedKernel(guest);
}, TIMEOUT_MS);

afterAll(() => guest.destroy());

async function output(folder: string, command: string): Promise<string> {
  return (await guest.run(`cd ${folder}; exec 2>&1; ${command}`)).output;
}

const text = async (path: string) => new TextDecoder().decode(await readFile(guest.fs, path));

test.each(["/etc", "/workspace"])(
  "processes that append at once to a file in %s",
  async (folder) => {
    const rounds = 40;
    const append = "for i in $(seq 8); do (echo $i >> log) & done; wait; wc -l < log";
    const counts = await output(folder, `for r in $(seq ${rounds}); do rm -f log; ${append}; done`);
    // Debian's kernel lets those that it does not cache overtake each other.
    if (isTuned || folder === "/etc") expect(counts).toBe("8\n".repeat(rounds));
  },
  TIMEOUT_MS,
);

test(
  "the guest and another that append in turns, to a file that both have open",
  async () => {
    const path = "/workspace/turns";
    const running = output(
      "/workspace",
      "exec 3>> turns; for i in 1 2 3; do echo guest $i >&3; until grep -q other$i turns; do :; done; done; cat turns",
    );
    for (const i of [1, 2, 3]) {
      const said = async () =>
        findPath(guest.fs, path) && (await text(path)).includes(`guest ${i}`);
      await expect.poll(said, { timeout: TIMEOUT_MS, interval: 5 }).toBe(true);
      const inode = findPath(guest.fs, path);
      if (inode) await guest.fs.write(inode, "end", new TextEncoder().encode(`other${i}\n`));
    }
    const all = [1, 2, 3].map((i) => `guest ${i}\nother${i}\n`).join("");
    if (isTuned) expect(await running).toBe(all);
    else await running;
  },
  TIMEOUT_MS,
);

const A_PLUS = `
import mmap, os
for word in ("one", "two", "three"):
    with open("words", "a+") as f:
        f.write(word + "\\n")
        f.flush()
        f.seek(0)
        print(f.read().split())
fd = os.open("words", os.O_RDWR | os.O_APPEND)
with mmap.mmap(fd, 0) as pages:
    pages[0:3] = b"ONE"
    os.write(fd, b"four\\n")
    pages.flush()
os.close(fd)
os.sync()
`;

test.each(["/etc", "/workspace"])(
  "a file in %s that is opened to read and append, and mapped",
  async (folder) => {
    await output(folder, `cat > script.py << 'END'\n${A_PLUS}END`);
    expect(await output(folder, `${PYTHON} script.py; cat words`)).toBe(
      "['one']\n['one', 'two']\n['one', 'two', 'three']\nONE\ntwo\nthree\nfour\n",
    );
    expect(await text(`${folder}/words`)).toBe("ONE\ntwo\nthree\nfour\n");
  },
  TIMEOUT_MS,
);
