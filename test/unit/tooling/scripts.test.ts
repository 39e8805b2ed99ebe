import { expect, test } from "vitest";
import { countPlaywright, countVitest } from "../../../scripts/lib/reports.mjs";
import { compareVersions, isInstalled } from "../../../scripts/lib/setup.mjs";
import { serverOptions } from "../../../scripts/lib/site.mjs";

test("versions are compared number by number", () => {
  expect(compareVersions("20.9.1", "20.19")).toBeLessThan(0);
  expect(compareVersions("20.19.0", "20.19")).toBe(0);
  expect(compareVersions("22.0.0", "20.19")).toBeGreaterThan(0);
});

test("packages are installed when each is there in its version", () => {
  const wanted = {
    "": { version: "0.1.0" },
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/b": { version: "2.0.0" },
    "node_modules/only-windows": { version: "3.0.0", optional: true },
  };
  const installed = {
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/b": { version: "2.0.0" },
  };
  expect(isInstalled(wanted, installed)).toBe(true);
  expect(isInstalled(wanted, {})).toBe(false);
  expect(isInstalled(wanted, { ...installed, "node_modules/a": { version: "0.9.0" } })).toBe(false);
});

test("server options", () => {
  expect(serverOptions([])).toEqual({});
  expect(serverOptions(["--port", "8080", "--host"])).toEqual({
    port: 8080,
    strictPort: true,
    host: "0.0.0.0",
  });
  expect(serverOptions(["--host", "127.0.0.1"])).toEqual({ host: "127.0.0.1" });
});

test("a wrong server option says which there are", () => {
  expect(() => serverOptions(["--port", "http"])).toThrow(
    expect.objectContaining({
      message: '"http" is not a port.',
      hint: "Use a number, such as --port 8080.",
    }),
  );
  expect(() => serverOptions(["--open"])).toThrow(
    expect.objectContaining({ hint: "The options are --port <number> and --host [address]." }),
  );
});

test("Vitest's failures include files that cannot be loaded", () => {
  const report = {
    numPassedTests: 7,
    numFailedTests: 1,
    testResults: [
      { status: "passed", assertionResults: [{}] },
      { status: "failed", assertionResults: [{}] },
      { status: "failed", assertionResults: [] },
    ],
  };
  expect(countVitest(JSON.stringify(report))).toEqual({ passed: 7, failed: 2 });
});

test("Playwright's failures include flaky tests and errors outside tests", () => {
  const report = { stats: { expected: 5, unexpected: 2, flaky: 1, skipped: 3 }, errors: [{}] };
  expect(countPlaywright(JSON.stringify(report))).toEqual({ passed: 5, failed: 4 });
});
