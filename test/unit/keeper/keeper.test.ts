import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type ArtefactReference,
  type Manifest,
  parseManifest,
  storePath,
} from "../../../images/format/manifest.ts";
import { Keeper } from "../../../workers/keeper/keeper.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { buildImage } from "../support/small-image.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabnix-keeper-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A browser with room for some objects, and the site. */
class Place {
  readonly kept = new Map<string, Uint8Array>();
  readonly fetched: string[] = [];
  room = Number.POSITIVE_INFINITY;
  isOnline = true;
  readonly keeper = new Keeper({
    objects: {
      names: async () => new Set(this.kept.keys()),
      get: async (sha256) => this.kept.get(sha256),
      put: async (sha256, bytes) => {
        if (this.kept.size >= this.room) throw new TabnixError("full", "no room");
        this.kept.set(sha256, bytes);
      },
      delete: async (sha256) => {
        this.kept.delete(sha256);
      },
    },
    store: {
      getFrame: async ({ sha256 }: ArtefactReference) => {
        if (!this.isOnline) throw new TabnixError("unreachable", "no network");
        this.fetched.push(sha256);
        return readFileSync(join(folder, "images", storePath(sha256)));
      },
    },
    loadManifest: async (image) => {
      const file = join(folder, "images", image, "manifest.json");
      return parseManifest(readFileSync(file, "utf8"), file);
    },
  });

  /** What it says of one image: bytes that are kept, and of how many. */
  async state(image: string): Promise<[kept: number, total: number]> {
    const [found] = await this.keeper.look([image]);
    return [found?.kept ?? -1, found?.total ?? -1];
  }

  keep(image: string): Promise<void> {
    return this.keeper.keep(image, () => {});
  }
}

/** Two images that differ in one file. */
async function images(): Promise<{ one: Manifest; two: Manifest }> {
  const { manifest: one } = await buildImage(folder, "one", { file: "of the first" });
  const { manifest: two } = await buildImage(folder, "two", { file: "of the second" });
  return { one, two };
}

test("of an image that was never here nothing is known", async () => {
  await images();
  expect(await new Place().state("one")).toEqual([0, 0]);
});

test("an image is kept with all its parts, each fetched once, and told of on the way", async () => {
  await images();
  const place = new Place();
  const told: [number, number][] = [];
  await place.keeper.keep("one", (kept, total) => told.push([kept, total]));
  const [kept, total] = await place.state("one");
  expect(kept).toBe(total);
  expect(total).toBeGreaterThan(0);
  expect(place.fetched.length).toBe(new Set(place.fetched).size);
  expect(told.at(-1)).toEqual([total, total]);
  expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).toSorted((a, b) => a - b));
});

test("of a second image only what the first has not is fetched", async () => {
  const { one, two } = await images();
  const place = new Place();
  await place.keep("one");
  place.fetched.length = 0;
  await place.keep("two");
  expect(place.fetched).toHaveLength(2);
  expect(place.fetched).toContain(two.index.sha256);
  expect(one.index.sha256).not.toBe(two.index.sha256);
});

test("what was thrown away is missed, and fetched again", async () => {
  const { one } = await images();
  const place = new Place();
  await place.keep("one");
  const [, total] = await place.state("one");
  place.kept.delete(one.bios.sha256);
  expect(await place.state("one")).toEqual([total - one.bios.compressedSize, total]);
  place.fetched.length = 0;
  await place.keep("one");
  expect(place.fetched).toEqual([one.bios.sha256]);
});

test("without a network what is there stays, and the rest comes later", async () => {
  const { one } = await images();
  const place = new Place();
  await place.keep("one");
  place.kept.delete(one.bios.sha256);
  const before = place.kept.size;
  place.isOnline = false;
  await expect(place.keep("one")).rejects.toMatchObject({ code: "unreachable" });
  expect(place.kept.size).toBe(before);
});

test("where there is no room that is said, and what was fetched stays", async () => {
  await images();
  const place = new Place();
  place.room = 3;
  await expect(place.keep("one")).rejects.toMatchObject({ code: "full" });
  expect(place.kept.size).toBe(3);
  place.room = Number.POSITIVE_INFINITY;
  await place.keep("one");
  const [kept, total] = await place.state("one");
  expect(kept).toBe(total);
});

test("an image is forgotten without what others need", async () => {
  await images();
  const place = new Place();
  await place.keep("one");
  await place.keep("two");
  await place.keeper.remove("one", ["two"]);
  expect(await place.state("one")).toEqual([0, 0]);
  const [kept, total] = await place.state("two");
  expect(kept).toBe(total);
  await place.keeper.remove("two", []);
  expect(place.kept.size).toBe(0);
});

test("nothing is forgotten while it is not known what others need", async () => {
  await images();
  const place = new Place();
  await place.keep("one");
  const before = place.kept.size;
  await expect(place.keeper.remove("one", ["elsewhere"])).rejects.toThrow();
  expect(place.kept.size).toBe(before);
});

test("a damaged list of parts is as none, and fetched again", async () => {
  const { one } = await images();
  const place = new Place();
  await place.keep("one");
  place.kept.set(one.index.sha256, new Uint8Array(one.index.compressedSize));
  expect(await place.state("one")).toEqual([0, 0]);
  await place.keep("one");
  const [kept, total] = await place.state("one");
  expect(kept).toBe(total);
});

test("a new version of an image is not whole with what the old one had", async () => {
  const { two } = await images();
  const place = new Place();
  await place.keep("one");
  writeFileSync(
    join(folder, "images/one/manifest.json"),
    JSON.stringify({ ...two, name: "one" } satisfies Manifest),
  );
  expect(await place.state("one")).toEqual([0, 0]);
  place.fetched.length = 0;
  await place.keep("one");
  expect(place.fetched).toHaveLength(2);
});
