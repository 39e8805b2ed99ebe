/** What must be on the disk: everything that a look has found there, or that the guest reported since. */
import { createHash } from "node:crypto";

/** Something is not there that must be, or not what it was. */
export class LossError extends Error {}

export class Ledger {
  /** Files that the shells reported as synchronised. */
  synchronised = 0;
  /** Files that looks have found whole, each counted every time. */
  checked = 0;
  looks = 0;
  /** Names of the files that the last look found, by number. */
  private names: string[] = [];
  /** Names that were reported and not found yet, by number. */
  private readonly reported = new Map<number, string>();
  private records = 0;

  /** How many files are known to be there. */
  get known(): number {
    return this.names.length;
  }

  /** How many records of the log must be there. */
  get knownRecords(): number {
    return this.records;
  }

  /** Takes a line of a shell that writes. @throws LossError when two shells wrote the same number */
  report(line: string): void {
    const [, kind, value = ""] = /^(file|records) (\S+)$/.exec(line) ?? [];
    if (kind === "records") this.records = Math.max(this.records, Number(value));
    if (kind !== "file") return;
    this.synchronised += 1;
    const number = Number.parseInt(value, 10);
    const known = this.names[number] ?? this.reported.get(number) ?? value;
    if (known !== value) throw new LossError(`two files have one number: ${known} and ${value}`);
    if (number >= this.names.length) this.reported.set(number, value);
  }

  /**
   * Takes what a look printed that was asked for names from the `from`th on.
   *
   * @throws LossError when anything is missing or broken
   */
  accept(from: number, screen: string): void {
    const broken = /^broken.*$/m.exec(screen)?.[0];
    const before = /^([0-9a-f]{64}) {2}-$/m.exec(screen)?.[1];
    const count = Number(/^looked \d+ of (\d+)$/m.exec(screen)?.[1]);
    const records = Number(/^records (\d+)$/m.exec(screen)?.[1]);
    const found = [...screen.matchAll(/^\d+\.[0-9a-f]{16}$/gm)].map(([name]) => name);
    const lost = (what: string) => new LossError(`${what}. The look printed:\n${screen}`);
    if (broken !== undefined) throw lost(broken);
    if (from > 0 && before !== digestOf(this.names.slice(0, from))) {
      throw lost(`some of the first ${from} files are not what they were`);
    }
    const names = [...this.names.slice(0, from), ...found];
    names.forEach((name, number) => {
      const expected = this.names[number] ?? this.reported.get(number) ?? name;
      if (Number.parseInt(name, 10) !== number || name !== expected) {
        throw lost(`file ${number} is ${name}, and not ${expected}`);
      }
    });
    if (names.length !== count) throw lost(`${count} files have ${names.length} numbers`);
    const highest = Math.max(this.names.length - 1, ...this.reported.keys());
    if (names.length <= highest) throw lost(`${names.length} files, and ${highest} was reported`);
    if (!(records >= this.records)) {
      throw lost(`${records} records, and ${this.records} were reported`);
    }
    this.names = names;
    this.records = records;
    this.reported.clear();
    this.looks += 1;
    this.checked += names.length;
  }
}

function digestOf(names: readonly string[]): string {
  const hash = createHash("sha256");
  for (const name of names) hash.update(`${name}\n`);
  return hash.digest("hex");
}
