import { expect, test } from "vitest";
import {
  parseRelease,
  pinnedKeys,
  verifyClearsigned,
} from "../../../images/build/debian/release.ts";
import { clearsign, newKey } from "./mirror-fixture.ts";

test("returns the signed text alone, whatever stands around it", async () => {
  const key = await newKey();
  const signed = await clearsign("Suite: stable\n- dash\n", key);
  const surrounded = `Suite: evil\n\n${signed}\nSuite: evil\n`;
  expect(await verifyClearsigned(surrounded, [key], "here")).toBe("Suite: stable\n- dash\n");
  expect(await verifyClearsigned(signed, [key], "here")).toBe("Suite: stable\n- dash\n");
});

test("is content with one valid signature of several", async () => {
  const [ours, theirs] = [await newKey(), await newKey()];
  const signed = await clearsign("text\n", theirs);
  await expect(verifyClearsigned(signed, [ours], "here")).rejects.toMatchObject({
    code: "untrusted",
    message: "here has no valid signature by a pinned key of Debian.",
  });
  expect(await verifyClearsigned(signed, [ours, theirs], "here")).toBe("text\n");
});

test("takes only pinned keys from a keyring", async () => {
  const keys = [await newKey(), await newKey()];
  const [pinned] = keys.map((key) => key.getFingerprint());
  const keyring = Buffer.concat(keys.map((key) => Buffer.from(key.toPublic().write())));
  const kept = await pinnedKeys(keyring, new Map([[pinned ?? "", "ours"]]));
  expect(kept.map((key) => key.getFingerprint())).toEqual([pinned]);
});

test("reads a Release file", () => {
  const sum = "a".repeat(64);
  const text = [
    "Suite: stable",
    "Codename: trixie",
    "Version: 13.7",
    "Date: Sat, 12 Sep 2020 07:55:41 UTC",
    "Valid-Until: Sat, 12 Sep 2120 07:55:41 UTC",
    "SHA256:",
    ` ${sum} 12 main/binary-i386/Packages.xz`,
    " not a line of sums",
  ].join("\n");
  expect(parseRelease(text, "trixie", "here")).toEqual({
    suite: "stable",
    codename: "trixie",
    version: "13.7",
    date: new Date("2020-09-12T07:55:41Z"),
    validUntil: new Date("2120-09-12T07:55:41Z"),
    files: new Map([["main/binary-i386/Packages.xz", { sha256: sum, size: 12 }]]),
  });
  expect(() => parseRelease("Date: never", "trixie", "here")).toThrow(
    'here has the unreadable date "never".',
  );
});
