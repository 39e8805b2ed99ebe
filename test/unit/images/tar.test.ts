import { gzipSync } from "node:zlib";
import { Zstd } from "@hpcc-js/wasm-zstd";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openDeb } from "../../../images/build/debian/deb.ts";
import { decompress, readAr, readTar, type TarEntry } from "../../../images/build/debian/tar.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { arOf, debOf, type Member, tarOf } from "./mirror-fixture.ts";

/** "text" as xz packs it. */
const XZ = "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQADdGV4dABVzegz/0oMFwABHARvLJzBH7bzfQEAAAAABFla";

/** 300 000 zeros as xz packs them: more than one piece. */
const XZ_ZEROS =
  "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM5JPfAG9dAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7JiopNL6MN2X+m44wjEVPgWRjFdYrid/i2lH8MasDedElk4ulcU7IE2PdEDKtfDW1G6eXDdoi3llestk3haR1v+0uIEGw1jEDBAAAAH58pcZX/q9AAAYsB4KcSAHhj/vixxGf7AgAAAAAEWVo=";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function entriesOf(members: readonly Member[]): Promise<TarEntry[]> {
  return await collect(readTar(decompress(await tarOf(members), "tar"), "test.deb"));
}

test("decompresses what Debian has used", async () => {
  const bytes = Buffer.from("text");
  const zstd = await Zstd.load();
  const unpacked = await Promise.all(
    [
      decompress(Buffer.from(XZ, "base64"), "data.tar.xz"),
      decompress(gzipSync(bytes), "data.tar.gz"),
      decompress(zstd.compress(bytes), "data.tar.zst"),
      decompress(bytes, "data.tar"),
    ].map(async (pieces) => Buffer.concat(await collect(pieces)).toString()),
  );
  expect(unpacked).toEqual(["text", "text", "text", "text"]);
});

test("reads every kind of entry", async () => {
  const long = `./${"long/".repeat(50)}name`;
  const mtime = new Date(1_600_000_000_000);
  const common = { mtime, uid: 1, gid: 2 };
  const entries = await entriesOf([
    { ...common, name: "./", type: "directory", mode: 0o755 },
    { ...common, name: "./usr/bin/su", mode: 0o4755, content: "su" },
    { ...common, name: "./usr/bin/link", type: "symlink", linkname: "../lib/x", mode: 0o777 },
    { ...common, name: "./usr/bin/hard", type: "link", linkname: "./usr/bin/su", mode: 0o4755 },
    { ...common, name: long, content: "far" },
  ]);
  const rest = { uid: 1, gid: 2, mtime: 1_600_000_000, target: "" };
  expect(entries.map(({ bytes, ...entry }) => ({ ...entry, text: String(bytes) }))).toEqual([
    { ...rest, path: "/", type: "directory", mode: 0o755, text: "" },
    { ...rest, path: "/usr/bin/su", type: "file", mode: 0o4755, text: "su" },
    { ...rest, path: "/usr/bin/link", type: "symlink", mode: 0o777, target: "../lib/x", text: "" },
    { ...rest, path: "/usr/bin/hard", type: "link", mode: 0o4755, target: "/usr/bin/su", text: "" },
    { ...rest, path: long.slice(1), type: "file", mode: 0o644, text: "far" },
  ]);
});

test("what is left half unpacked does not block the next", async () => {
  const zeros = Buffer.from(XZ_ZEROS, "base64");
  for await (const piece of decompress(zeros, "data.tar.xz")) {
    expect(piece.length).toBeLessThan(300_000);
    break;
  }
  expect(Buffer.concat(await collect(decompress(zeros, "data.tar.xz")))).toHaveLength(300_000);
});

test("may be left at any entry", async () => {
  const members = Array.from({ length: 50 }, (_, i) => ({
    name: `./file${i}`,
    content: "x".repeat(100_000),
  }));
  for (const last of [0, 1, 49]) {
    const read: string[] = [];
    for await (const { path } of readTar(decompress(await tarOf(members), "tar"), "test.deb")) {
      read.push(path);
      if (read.length > last) break;
    }
    expect(read).toHaveLength(last + 1);
  }
});

describe("refuses", () => {
  test.each([
    ["a path upwards", { name: "./usr/../../etc/passwd" }],
    ["an absolute path", { name: "/etc/passwd" }],
    ["a hard link upwards", { name: "./x", type: "link", linkname: "../etc/passwd" } as const],
  ])("%s", async (_, member) => {
    await expect(entriesOf([member])).rejects.toMatchObject({
      code: "malformed",
      message: expect.stringMatching(/^test\.deb has an entry with the unsafe path /),
    });
  });

  test("what is no package", async () => {
    const messages = await Promise.all(
      [
        Buffer.from("!<arch>"),
        Buffer.from("!<arch>\nrubbish"),
        arOf({ "debian-binary": Buffer.from("3.0\n") }),
        arOf({ "debian-binary": Buffer.from("2.0\n") }),
        arOf({ "debian-binary": Buffer.from("2.0\n"), "control.tar": await tarOf([]) }),
        arOf({ "debian-binary": Buffer.from("2.0\n"), "control.tar.gz": Buffer.from("no gzip") }),
        arOf({ "debian-binary": Buffer.from("2.0\n") }).subarray(0, 70),
      ].map((bytes) => openDeb(bytes, "x.deb").catch((error: Error) => error.message)),
    );
    expect(messages).toEqual([
      "x.deb is not an ar archive.",
      "x.deb has a bad ar header.",
      "x.deb is not a Debian package of format 2.",
      "x.deb has no control.tar.",
      "x.deb has no control file.",
      "x.deb is damaged.",
      "x.deb is cut short.",
    ]);
  });

  test("damage of any kind, with an error of ours and without hanging", async () => {
    const deb = await debOf("Package: a\n", [{ name: "./a", content: "a".repeat(2000) }]);
    await fc.assert(
      fc.asyncProperty(fc.nat(deb.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const damaged = Buffer.from(deb);
        damaged[at] = ((damaged[at] ?? 0) + by) % 256;
        try {
          await collect((await openDeb(damaged.subarray(0, -(by % 3) || undefined), "x")).data());
        } catch (error) {
          expect(error).toBeInstanceOf(TabnixError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test("reads ar members of odd length", () => {
  const members = { a: Buffer.from("1"), b: Buffer.from("22") };
  const read = [...readAr(arOf(members), "x")].map(([name, bytes]) => [name, String(bytes)]);
  expect(read).toEqual([
    ["a", "1"],
    ["b", "22"],
  ]);
});
