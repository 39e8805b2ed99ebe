import { mkdtemp, readdir, readFile, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache } from "../../../images/build/cache.ts";
import { type ArchiveOptions, DebianArchive } from "../../../images/build/debian/archive.ts";
import { openDebFile } from "../../../images/build/debian/deb.ts";
import { type Progress, silent } from "../../../images/build/progress.ts";
import { toErrorMessage } from "../../../workers/shared/errors.ts";
import { Mirror, newKey } from "./mirror-fixture.ts";

const PACKAGES = [
  {
    control: "Package: app\nVersion: 1\nArchitecture: i386\nDepends: lib\n",
    data: [{ name: "./usr/bin/app", content: "app" }],
  },
  {
    control: "Package: lib\nVersion: 2\nArchitecture: all\n",
    data: [{ name: "./usr/lib/lib", content: "lib" }],
  },
];

let mirror: Mirror;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabnix-archive-"));
  mirror = await Mirror.start(PACKAGES);
});

afterEach(async () => {
  await mirror.stop();
  await rm(folder, { recursive: true });
});

async function open(options: Partial<ArchiveOptions> = {}, progress: Progress = silent) {
  const { address, pinned } = mirror;
  const all = { suite: "trixie", architecture: "i386", mirror: address, pinned, ...options };
  return await DebianArchive.open(all, await Cache.open(folder), progress);
}

/** The code and message of what a promise rejects with, without the port of the mirror. */
async function failure(work: Promise<unknown>): Promise<string> {
  const { code, message } = await work.then(
    () => ({ code: "none", message: "it succeeded" }),
    (error: unknown) => toErrorMessage(error, "malformed"),
  );
  return `${code}: ${message.replaceAll(mirror.address, "MIRROR")}`;
}

test("verifies, resolves and downloads; a second run asks for nothing", async () => {
  const archive = await open();
  const downloaded = await archive.download(archive.resolve(["app"]));
  const contents: unknown[] = [];
  for (const [{ name }, path] of downloaded) {
    for await (const { path: file, bytes } of (await openDebFile(path)).data()) {
      contents.push([name, file, Buffer.from(bytes).toString()]);
    }
  }
  expect(contents).toEqual([
    ["lib", "/usr/lib/lib", "lib"],
    ["app", "/usr/bin/app", "app"],
  ]);
  expect(archive.release.version).toBe("13.7");
  const requests = mirror.requests.filter((path) => !path.includes("by-hash"));
  expect(requests.slice(0, 2)).toEqual([
    "dists/trixie/InRelease",
    "dists/trixie/main/binary-i386/Packages.gz",
  ]);
  // Packages are fetched side by side, in whatever order.
  expect(requests.slice(2).sort()).toEqual([
    "pool/app.deb",
    "pool/debian-archive-keyring.deb",
    "pool/lib.deb",
  ]);

  mirror.requests.length = 0;
  const again = await open();
  expect([...(await again.download(again.resolve(["app"]))).values()]).toEqual([
    ...downloaded.values(),
  ]);
  expect(mirror.requests).toEqual([]);
  expect(await readdir(join(folder, "temporary"))).toEqual([]);
});

test("asks for a new release after a day, and uses the old one if nobody answers", async () => {
  await open();
  const [place] = await readdir(join(folder, "debian/releases"));
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
  await utimes(join(folder, `debian/releases/${place}/trixie.InRelease`), yesterday, yesterday);
  mirror.requests.length = 0;
  await open();
  expect(mirror.requests).toEqual(["dists/trixie/InRelease"]);

  mirror.requests.length = 0;
  await open({ refresh: true });
  expect(mirror.requests).toEqual(["dists/trixie/InRelease"]);

  await mirror.stop();
  const notes: string[] = [];
  await open({ refresh: true }, { ...silent, note: (text) => notes.push(text) });
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatch(/cannot be fetched: .*ECONNREFUSED.* The copy in the cache is used\.$/);
  mirror = await Mirror.start([]);
});

test("an older release than the cached one is not used, however well it is signed", async () => {
  await mirror.signRelease({ Date: "Sat, 12 Sep 2020 07:55:41 UTC" });
  await open();
  await mirror.signRelease({ Date: "Sat, 05 Sep 2020 07:55:41 UTC" });
  const notes: string[] = [];
  const archive = await open({ refresh: true }, { ...silent, note: (text) => notes.push(text) });
  expect(archive.release.date).toEqual(new Date("2020-09-12T07:55:41Z"));
  expect(notes).toEqual([
    `${mirror.address}/dists/trixie/InRelease is older than the copy in the cache, which is used.`,
  ]);

  await mirror.signRelease({ Date: "Sat, 19 Sep 2020 07:55:41 UTC" });
  const { release } = await open({ refresh: true });
  expect(release.date).toEqual(new Date("2020-09-19T07:55:41Z"));
});

const INDEX = "dists/trixie/main/binary-i386/Packages.gz";
const NEXT = { Version: "13.8", Date: "Sat, 21 Nov 2020 09:15:44 UTC" };

/** As a mirror is for a while: it states a new release, and has the index of the one before it. */
async function beginRelease(): Promise<void> {
  const before = mirror.files.get(INDEX) as Uint8Array;
  mirror.files.set(INDEX, Buffer.from("the next index"));
  await mirror.signRelease(NEXT);
  mirror.files.set(INDEX, before);
}

test("while a mirror has not all of a new release, the one that is whole is used", async () => {
  const before = mirror.files.get("dists/trixie/InRelease") as Uint8Array;
  mirror.files.set("dists/stable/InRelease", before);
  await beginRelease();
  const notes: string[] = [];
  const progress = { ...silent, note: (text: string) => notes.push(text) };
  const archive = await open({}, progress);
  expect(archive.release.version).toBe("13.7");
  expect(archive.resolve(["app"]).map(({ name }) => name)).toEqual(["lib", "app"]);
  expect(notes).toEqual([
    `${mirror.address}/dists/trixie/InRelease has not yet all of its release. 13.7 of 2020-09-12 is used.`,
  ]);
  // What was used is asked for no more today, and does not need its other name.
  mirror.requests.length = 0;
  expect((await open()).release.version).toBe("13.7");
  expect(mirror.requests).toEqual([]);
  mirror.files.delete("dists/stable/InRelease");
  expect((await open({ refresh: true })).release.version).toBe("13.7");

  await mirror.signRelease(NEXT);
  expect((await open({ refresh: true })).release.version).toBe("13.8");
});

test("a release that is whole but older than what was used before is not used", async () => {
  mirror.files.set("dists/stable/InRelease", mirror.files.get("dists/trixie/InRelease") as Buffer);
  const older = mirror.files.get(INDEX) as Uint8Array;
  mirror.files.set(INDEX, gzipSync(`${gunzipSync(older)}\n`));
  await mirror.signRelease({ Version: "13.7.1", Date: "Sat, 19 Sep 2020 07:55:41 UTC" });
  expect((await open()).release.version).toBe("13.7.1");
  await rm(join(folder, "debian/indexes"), { recursive: true });
  await rm(join(folder, "debian/parsed"), { recursive: true });
  mirror.files.set(INDEX, Buffer.from("the next index"));
  await mirror.signRelease(NEXT);
  mirror.files.set(INDEX, older);
  expect(await failure(open({ refresh: true }))).toMatch(/^corrupt: /);
});

test.each([
  [
    "a signature by a key that is not pinned",
    async () => mirror.signRelease({}, await newKey()),
    "untrusted: MIRROR/dists/trixie/InRelease has no valid signature by a pinned key of Debian.",
  ],
  [
    "a changed text",
    async () => {
      const signed = Buffer.from(mirror.files.get("dists/trixie/InRelease") ?? "").toString();
      mirror.files.set("dists/trixie/InRelease", Buffer.from(signed.replace("13.7", "13.8")));
    },
    "untrusted: MIRROR/dists/trixie/InRelease has no valid signature by a pinned key of Debian.",
  ],
  [
    "a release past its time",
    () => mirror.signRelease({ "Valid-Until": "Sat, 19 Sep 2020 07:55:41 UTC" }),
    "expired: MIRROR/dists/trixie/InRelease was valid until 2020-09-19T07:55:41.000Z.",
  ],
  [
    "a release from the future",
    () => mirror.signRelease({ Date: "Sat, 12 Sep 2122 07:55:41 UTC" }),
    "untrusted: MIRROR/dists/trixie/InRelease is dated 2122-09-12T07:55:41.000Z, which is in the future.",
  ],
  [
    "another suite",
    () => mirror.signRelease({ Suite: "oldstable", Codename: "bookworm" }),
    "untrusted: MIRROR/dists/trixie/InRelease belongs to the suite oldstable (bookworm), not to trixie.",
  ],
  [
    "no release",
    async () => {
      mirror.files.delete("dists/trixie/InRelease");
    },
    "not-found: The mirror has no MIRROR/dists/trixie/InRelease.",
  ],
])("refuses %s", async (_, change, message) => {
  await open();
  await change();
  expect(await failure(open({ refresh: true }))).toBe(message);
});

test("refuses an index with another hash, and keeps nothing of it", async () => {
  const good = mirror.files.get(INDEX) ?? Buffer.alloc(0);
  mirror.files.set(INDEX, Buffer.from(good).reverse());
  expect(await failure(open())).toBe(
    `corrupt: MIRROR/${INDEX} does not have the SHA-256 that Debian's index states.`,
  );
  expect(await readdir(folder)).toEqual(["temporary"]);
  expect(await readdir(join(folder, "temporary"))).toEqual([]);
});

test("refuses packages that are changed or too long, and keeps the others", async () => {
  const archive = await open();
  const packages = archive.resolve(["app"]);
  const good = mirror.files.get("pool/app.deb") ?? Buffer.alloc(0);
  mirror.files.set("pool/app.deb", Buffer.from(good).reverse());
  expect(await failure(archive.download(packages))).toBe(
    "corrupt: MIRROR/pool/app.deb does not have the SHA-256 that Debian's index states.",
  );
  mirror.files.set("pool/app.deb", Buffer.concat([good, good]));
  expect(await failure(archive.download(packages))).toBe(
    `corrupt: MIRROR/pool/app.deb is longer than the ${good.length} bytes it may have.`,
  );
  mirror.files.set("pool/app.deb", good);
  mirror.requests.length = 0;
  const [, path = ""] = (await archive.download(packages)).values();
  expect(mirror.requests).toEqual(["pool/app.deb"]);
  expect(await readFile(path)).toEqual(good);
});

test("fetches a cached package again that was damaged", async () => {
  const archive = await open();
  const packages = archive.resolve(["lib"]);
  const [path = ""] = (await archive.download(packages)).values();
  const good = await readFile(path);
  await rm(path);
  const cache = await Cache.open(folder);
  await cache.write(path.slice(folder.length), Buffer.from(good).reverse());
  await archive.download(packages);
  expect(await readFile(path)).toEqual(good);
});
