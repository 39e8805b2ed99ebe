/** A whole machine whose image is damaged, and whose checksums are right, is refused or sound. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Manifest } from "../../images/format/manifest.ts";
import { encodeTreeIndex } from "../../images/format/tree-index.ts";
import { FileSystem } from "../../workers/kernel/filesystem/filesystem.ts";
import { walk } from "../../workers/kernel/filesystem/paths.ts";
import { exportChanges } from "../../workers/kernel/transfer/export-changes.ts";
import { ExportFrames } from "../../workers/kernel/transfer/export-frames.ts";
import { exportedImage } from "../../workers/kernel/transfer/export-image.ts";
import type { ImageSizes } from "../../workers/kernel/transfer/format.ts";
import { readImage } from "../../workers/kernel/transfer/import-image.ts";
import { TabnixError } from "../../workers/shared/errors.ts";
import { WholeImage } from "../unit/transfer/whole-image.ts";

const RUNS = 1000;

let whole: WholeImage;
let frames: Uint8Array<ArrayBuffer>[];
let index: Uint8Array;

beforeAll(async () => {
  whole = await WholeImage.build();
  index = encodeTreeIndex(whole.index);
  frames = [];
  const image = exportedImage(whole.manifest, whole.index, whole.store);
  for await (const frame of image.frames(undefined)) frames.push(frame);
});

/** Reads the image of a file. What is taken must be a tree that can be walked. */
async function refusesOrReads(
  manifest: Uint8Array<ArrayBuffer>,
  objects: Uint8Array<ArrayBuffer>[],
  base: string,
): Promise<void> {
  const fs = new FileSystem({ index: whole.index });
  const sizes: ImageSizes = {
    manifestBytes: manifest.length,
    objects: objects.length,
    objectBytes: objects.reduce((sum, { length }) => sum + length, 0),
  };
  const parts = {
    manifest,
    sizes,
    frames: async function* () {
      yield* objects;
    },
  };
  const pieces: BlobPart[] = [];
  const image = { ...whole.identity, base };
  for await (const piece of exportChanges(fs, { image, made: 0, whole: parts })) pieces.push(piece);
  const file = await ExportFrames.open(new Blob(pieces), {});
  try {
    const { tree } = await readImage(file, sizes, async () => {});
    expect([...walk(new FileSystem({ index: tree }))].length).toBeGreaterThan(0);
  } catch (error) {
    expect(error).toBeInstanceOf(TabnixError);
    expect(["malformed", "wrong-version", "incomplete"]).toContain((error as TabnixError).code);
  }
}

const harm = fc.record({
  changes: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }),
  cut: fc.option(fc.nat()),
});
type Harm = { changes: [number, number][]; cut: number | null };

function damaged(bytes: Uint8Array, { changes, cut }: Harm): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  for (const [at, value] of changes) copy[at % copy.length] = value;
  return cut === null ? copy : copy.slice(0, cut % copy.length);
}

const jsonOf = (manifest: Manifest) => new TextEncoder().encode(JSON.stringify(manifest));

test("the whole of it is read", async () => {
  await refusesOrReads(jsonOf(whole.manifest), frames, whole.manifest.index.sha256);
});

test("the manifest's bytes", async () => {
  await fc.assert(
    fc.asyncProperty(harm, async (each) => {
      const manifest = damaged(jsonOf(whole.manifest), each);
      await refusesOrReads(manifest, frames, whole.manifest.index.sha256);
    }),
    { numRuns: RUNS },
  );
});

test("the tree index's bytes", async () => {
  await fc.assert(
    fc.asyncProperty(harm, async (each) => {
      const other = await whole.put(damaged(index, each));
      const frame = whole.objects.get(other.sha256) as Uint8Array<ArrayBuffer>;
      const manifest = jsonOf({ ...whole.manifest, index: other });
      await refusesOrReads(manifest, [frame, ...frames.slice(1)], other.sha256);
    }),
    { numRuns: RUNS },
  );
});

test("objects cut off, in another order, twice or missing", async () => {
  const order = fc.array(fc.tuple(fc.nat(), fc.option(fc.nat())), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(order, async (chosen) => {
      const objects = chosen.map(([which, cut]) => {
        const frame = frames[which % frames.length] as Uint8Array<ArrayBuffer>;
        return cut === null ? frame : frame.subarray(0, cut % frame.length);
      });
      await refusesOrReads(jsonOf(whole.manifest), objects, whole.manifest.index.sha256);
    }),
    { numRuns: RUNS },
  );
});
