import { execFileSync, spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareVersions, satisfies } from "../../../images/build/debian/version.ts";

/** Each version is older than the next. */
const ASCENDING = [
  "0~~",
  "0~~a",
  "0~",
  "0",
  "0a",
  "0+",
  "0.1",
  "1.0~beta1~svn1245",
  "1.0~beta1",
  "1.0~rc1-1",
  "1.0",
  "1.0-0.1",
  "1.0-1~bpo12+1",
  "1.0-1",
  "1.0-1+b1",
  "1.0-1+deb13u1",
  "1.0a-1",
  "1.0.1-1",
  "1.2-3-1",
  "1.9",
  "1.10",
  "2:0.1",
  "10:0",
  "99999999999999999999:0",
  "100000000000000000000:0",
];

const EQUAL = [
  ["1.0", "1.0-0"],
  ["0:1.0", "1.0"],
  ["01.002", "1.2"],
  ["1.0-00", "1.0"],
] as const;

test("orders versions as the table does", () => {
  const signs = ASCENDING.map((a) => ASCENDING.map((b) => Math.sign(compareVersions(a, b))));
  const expected = ASCENDING.map((_, i) => ASCENDING.map((_, j) => Math.sign(i - j)));
  expect(signs).toEqual(expected);
  expect(EQUAL.map(([a, b]) => compareVersions(a, b))).toEqual([0, 0, 0, 0]);
});

test("knows the five operators", () => {
  const results = (["<<", "<=", "=", ">=", ">>"] as const).map((operator) =>
    ["1.0", "1.1", "1.2"].map((version) => satisfies(version, operator, "1.1")),
  );
  expect(results).toEqual([
    [true, false, false],
    [true, true, false],
    [false, true, false],
    [false, true, true],
    [false, false, true],
  ]);
});

const part = (alphabet: string) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: 0, maxLength: 6 });
/** An empty revision after a dash is no version for dpkg. */
const version = fc
  .tuple(fc.option(fc.nat(3)), part("019az.+~-"), fc.option(part("019az.+~")))
  .map(
    ([epoch, upstream, revision]) =>
      `${epoch === null ? "" : `${epoch}:`}1${upstream}${revision === null ? "" : `-${revision}1`}`,
  )
  .filter((text) => !text.endsWith("-"));

test("is a total order", () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
      expect(compareVersions(a, a)).toBe(0);
      const [first, second, third] = [a, b, c].sort(compareVersions);
      expect(compareVersions(first ?? "", second ?? "")).toBeLessThanOrEqual(0);
      expect(compareVersions(first ?? "", third ?? "")).toBeLessThanOrEqual(0);
    }),
    { numRuns: 500 },
  );
});

/** What dpkg says, or our own answer on machines that are no Debian. */
function oracle(): (a: string, b: string) => number {
  if (spawnSync("dpkg", ["--version"]).status !== 0) return compareVersions;
  const holds = (a: string, operator: string, b: string) => {
    try {
      execFileSync("dpkg", ["--compare-versions", a, operator, b], { stdio: "pipe" });
      return true;
    } catch {
      return false;
    }
  };
  return (a, b) => (holds(a, "lt", b) ? -1 : holds(a, "gt", b) ? 1 : 0);
}

test("agrees with dpkg", () => {
  const dpkg = oracle();
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect([a, b, Math.sign(compareVersions(a, b))]).toEqual([a, b, Math.sign(dpkg(a, b))]);
    }),
    { numRuns: 120 },
  );
});
