/** Files of whole machines whose checksums are right, and whose images are not: nothing of them is kept. */
import { beforeAll, expect, test } from "vitest";
import type { ArtefactReference, Manifest } from "../../../images/format/manifest.ts";
import { encodeTreeIndex, type TreeIndex } from "../../../images/format/tree-index.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { exportChanges } from "../../../workers/kernel/transfer/export-changes.ts";
import {
  type ExportedImage,
  exportedImage,
} from "../../../workers/kernel/transfer/export-image.ts";
import type { ErrorCode, TabnixError } from "../../../workers/shared/errors.ts";
import type { Base } from "../ninep/near-session.ts";
import { smallBase, TestMachine, text } from "./support.ts";
import { WholeImage } from "./whole-image.ts";

const GIB = 2 ** 30;
const OTHER = "ab".repeat(32);

let whole: WholeImage;
let elsewhere: Base;

beforeAll(async () => {
  whole = await WholeImage.build();
  elsewhere = await smallBase();
});

/** What is not as it should be. */
interface Lie {
  manifest?: Manifest;
  /** In place of the manifest's JSON. */
  manifestBytes?: Uint8Array<ArrayBuffer>;
  sizes?: Partial<ExportedImage["sizes"]>;
  frames?: (frames: Uint8Array<ArrayBuffer>[]) => Uint8Array<ArrayBuffer>[];
  image?: string;
}

async function fileOf(lie: Lie): Promise<Blob> {
  const { index, store, identity } = whole;
  const manifest = lie.manifest ?? whole.manifest;
  const honest = exportedImage(manifest, index, store);
  const real = exportedImage(whole.manifest, index, store);
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for await (const frame of real.frames(undefined)) frames.push(frame);
  const bytes = lie.manifestBytes ?? honest.manifest;
  const forged: ExportedImage = {
    manifest: bytes,
    sizes: { ...honest.sizes, manifestBytes: bytes.length, ...lie.sizes },
    frames: async function* () {
      yield* lie.frames?.(frames) ?? frames;
    },
  };
  const image = {
    ...identity,
    image: lie.image ?? manifest.name,
    base: manifest.index.sha256,
  };
  const pieces: BlobPart[] = [];
  const fs = new FileSystem({ index, store });
  for await (const piece of exportChanges(fs, { image, made: 0, whole: forged })) {
    pieces.push(piece);
  }
  return new Blob(pieces);
}

async function refusal(lie: Lie): Promise<ErrorCode | undefined> {
  return (await errorOf(lie))?.code;
}

/** Why it was refused, in words: for what would be refused a moment later for another reason too. */
async function reason(lie: Lie): Promise<string | undefined> {
  return (await errorOf(lie))?.message;
}

async function errorOf(lie: Lie): Promise<TabnixError | undefined> {
  const file = await fileOf(lie);
  const machine = await TestMachine.start({ base: elsewhere });
  const inspected = await machine.call({ op: "inspect", file }).catch((reason) => reason);
  const error = await machine.import(file).catch((reason) => reason);
  expect(inspected.code).toBe(error?.code);
  expect(machine.machines.kept.size).toBe(error ? 0 : 1);
  return error;
}

const withManifest = (fields: Partial<Manifest>): Lie => ({
  manifest: { ...whole.manifest, ...fields },
});

/** The image with another tree index, and the frame that goes with it. */
async function withIndex(bytes: Uint8Array): Promise<Lie> {
  const index = await whole.put(bytes);
  const frame = whole.objects.get(index.sha256) as Uint8Array<ArrayBuffer>;
  whole.objects.delete(index.sha256);
  return { ...withManifest({ index }), frames: ([_, ...rest]) => [frame, ...rest] };
}

test("an honest file is taken", async () => {
  expect(await refusal({})).toBeUndefined();
});

test("an object that is something else, of the same size", async () => {
  const { bios } = whole.manifest;
  const evil = await whole.put(text("evil"));
  const frame = whole.objects.get(evil.sha256) as Uint8Array<ArrayBuffer>;
  whole.objects.delete(evil.sha256);
  expect([evil.size, evil.compressedSize]).toEqual([bios.size, bios.compressedSize]);
  const swap = ([index, _, ...rest]: Uint8Array<ArrayBuffer>[]) =>
    [index, frame, ...rest] as Uint8Array<ArrayBuffer>[];
  expect(await refusal({ frames: swap })).toBe("malformed");
  expect(await refusal(withManifest({ bios: { ...bios, sha256: OTHER } }))).toBe("malformed");
});

test("an object that is missing, and one that nothing names", async () => {
  const { objects, objectBytes } = exportedImage(whole.manifest, whole.index, whole.store).sizes;
  const last = [...whole.objects.values()].length;
  expect(last).toBe(objects);
  const dropped = (frames: Uint8Array<ArrayBuffer>[]) => frames.slice(0, -1);
  expect(["malformed", "incomplete"]).toContain(await refusal({ frames: dropped }));
  expect(await refusal({ frames: dropped, sizes: { objects: objects - 1 } })).toBe("malformed");
  const more = (frames: Uint8Array<ArrayBuffer>[]) => [...frames, text("more")];
  expect(["malformed", "corrupt"]).toContain(await refusal({ frames: more }));
  const told = { objects: objects + 1, objectBytes: objectBytes + 4 };
  expect(await refusal({ frames: more, sizes: told })).toBe("malformed");
});

test("objects in another order", async () => {
  expect(await refusal({ frames: (frames) => frames.reverse() })).toBe("malformed");
});

test("an object that is named with two sizes", async () => {
  const [first] = whole.manifest.prefetch as [ArtefactReference];
  for (const other of [{ size: 7 }, { compressedSize: first.compressedSize + 1 }]) {
    const prefetch = [first, { ...first, ...other }];
    expect(await refusal(withManifest({ prefetch }))).toBe("malformed");
  }
});

test("sizes that nobody has the memory for", async () => {
  const { bios, index, prefetch } = whole.manifest;
  const largeBios = withManifest({ bios: { ...bios, size: 2 * GIB } });
  expect(await reason(largeBios)).toContain("an object is too large");
  const largeIndex = withManifest({ index: { ...index, size: GIB } });
  expect(await reason(largeIndex)).toContain("its index is too large");
  expect(await refusal(withManifest({ memoryMegabytes: 1_000_000 }))).toBe("malformed");
  const claims = Array.from({ length: 17 }, (_, at) => ({
    sha256: at.toString(16).padStart(64, "0"),
    size: GIB,
    compressedSize: 0,
  }));
  const largeImage = withManifest({ prefetch: [...prefetch, ...claims] });
  expect(await reason(largeImage)).toContain("its image is too large");
  const most = Number.MAX_SAFE_INTEGER;
  expect(await refusal({ sizes: { manifestBytes: most } })).toBe("malformed");
  expect(await refusal({ sizes: { objectBytes: most } })).toBe("incomplete");
  expect(await refusal({ sizes: { objects: most } })).toBe("malformed");
  const claimed = withManifest({ index: { ...index, compressedSize: most } });
  expect(await refusal({ ...claimed, sizes: { objectBytes: 10 } })).toBe("malformed");
});

test("a frame that unpacks to more than its object has", async () => {
  const bomb = await whole.put(new Uint8Array(50 * 2 ** 20));
  const frame = whole.objects.get(bomb.sha256) as Uint8Array<ArrayBuffer>;
  whole.objects.delete(bomb.sha256);
  const { index } = whole.manifest;
  const lie = withManifest({ index: { ...index, compressedSize: frame.length } });
  expect(await refusal({ ...lie, frames: ([_, ...rest]) => [frame, ...rest] })).toBe("malformed");
});

test("names that lead elsewhere", async () => {
  for (const name of ["../base", "imported:small", "", "a/b", "A", "x".repeat(65)]) {
    expect(await refusal(withManifest({ name })), name).toBe("malformed");
  }
});

test("a header that tells of another image", async () => {
  expect(await refusal({ image: "base" })).toBe("malformed");
});

test("manifests that are none", async () => {
  const nested = text("[".repeat(500_000));
  for (const manifestBytes of [text(""), text("{}"), text("null"), nested]) {
    expect(await refusal({ manifestBytes })).toBe("malformed");
  }
  expect(await refusal({ manifestBytes: new Uint8Array([0xff, 0xfe]) })).toBe("malformed");
  const newer = text(JSON.stringify({ ...whole.manifest, version: 2 }));
  expect(await refusal({ manifestBytes: newer })).toBe("wrong-version");
});

test("tree indexes that are none, or of trees that Linux would not have", async () => {
  expect(await refusal(await withIndex(text("no index")))).toBe("malformed");
  const newer = encodeTreeIndex(whole.index);
  new DataView(newer.buffer).setUint32(8, 2, true);
  expect(await refusal(await withIndex(newer))).toBe("wrong-version");
  const [root, ...others] = whole.index.inodes as [TreeIndex["inodes"][0]];
  const link = {
    mode: 0o120777,
    uid: 0,
    gid: 0,
    mtime: { seconds: 0, nanoseconds: 0 },
  };
  for (const target of ["", "a\0b", "x".repeat(5000)]) {
    const entries = [...(root.entries ?? []), { name: "zz", number: others.length + 2 }];
    const inodes = [{ ...root, entries }, ...others, { ...link, target }];
    const lie = await withIndex(encodeTreeIndex({ inodes }));
    expect(await reason(lie), target).toContain("impossible target");
  }
});
