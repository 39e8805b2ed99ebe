/** What the stress tests take for a loss. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Ledger } from "../../stress/ledger.ts";
import { lookedIn } from "../../stress/load.ts";

const nameOf = (number: number, digit = "a") => `${number}.${digit.repeat(16)}`;

/** What a look prints that was asked for names from the `from`th on. */
function look(from: number, names: string[], records: number, count = names.length): string {
  const hash = createHash("sha256");
  for (const name of names.slice(0, from)) hash.update(`${name}\n`);
  const first = from > 0 ? [`${hash.digest("hex")}  -`] : [];
  const lines = [`looking ${from}`, `records ${records}`, ...first, ...names.slice(from)];
  return [...lines, `looked ${from} of ${count}`].join("\n");
}

function filled(): Ledger {
  const ledger = new Ledger();
  ledger.accept(0, look(0, [nameOf(0), nameOf(1)], 10));
  ledger.report(`file ${nameOf(2)}`);
  ledger.report("records 12");
  return ledger;
}

test("what was reported is there, and more", () => {
  const ledger = filled();
  ledger.accept(2, look(2, [nameOf(0), nameOf(1), nameOf(2), nameOf(3)], 13));
  expect(ledger).toMatchObject({
    known: 4,
    knownRecords: 13,
    looks: 2,
    checked: 6,
    synchronised: 1,
  });
  // Of a shell whose last lines come late.
  ledger.report(`file ${nameOf(3)}`);
  ledger.report("records 13");
});

test.each([
  ["a file that was reported", look(2, [nameOf(0), nameOf(1)], 12)],
  ["another file of its number", look(2, [nameOf(0), nameOf(1), nameOf(2, "b")], 12)],
  ["a file of an earlier look", look(2, [nameOf(0), nameOf(1, "b"), nameOf(2)], 12)],
  ["records", look(2, [nameOf(0), nameOf(1), nameOf(2)], 11)],
  ["a number twice", look(2, [nameOf(0), nameOf(1), nameOf(2)], 12, 4)],
  ["a content", `broken ${nameOf(0)}\n${look(2, [nameOf(0), nameOf(1), nameOf(2)], 12)}`],
])("lost: %s", (_what, printed) => {
  expect(() => filled().accept(2, printed)).toThrow(/The look printed/);
});

test("two shells that write the same number", () => {
  const ledger = filled();
  expect(() => ledger.report(`file ${nameOf(1, "b")}`)).toThrow("two files have one number");
  expect(() => ledger.report(`file ${nameOf(2, "b")}`)).toThrow("two files have one number");
});

test("only the last look counts, when it is done", () => {
  const first = look(0, [], 0);
  expect(lookedIn(`$ look 0\n${first}`)).toBe(first);
  expect(lookedIn(`${first}\n# look 2\nlooking 2\nrecords 5`)).toBeUndefined();
});
