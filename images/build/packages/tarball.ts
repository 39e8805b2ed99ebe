/** Tarballs of packages and of sources: fetched once, pinned by their hash, unpacked in memory. */
import { createHash } from "node:crypto";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";
import { decompress, readTar } from "../debian/tar.ts";
import { fetchFile, type Origin } from "../fetch.ts";
import type { Progress } from "../progress.ts";

/** A tarball, and where it is. */
export interface Tarball {
  /** For people: "lua5.4 5.4.7 from Debian". */
  label: string;
  /** Of the file; its end says how it is compressed. */
  name: string;
  /** Subresource Integrity, "sha512-" and base64. */
  integrity: string;
  /** Asked only if there is something to fetch. */
  address(): Promise<string>;
  origin: Origin;
}

/** The files of a package by their path in it, "dist/tool.wasm". */
export type PackageFiles = ReadonlyMap<string, Uint8Array>;

const MIB = 1024 * 1024;
/** A tarball is held in memory. The largest tool in use has 10 MB. */
const MAX_TARBALL_BYTES = 128 * MIB;
/** What a tarball may unpack to. */
const MAX_UNPACKED_BYTES = 512 * MIB;

/** The SHA-512 of an integrity, as lower-case hex. */
export function sha512Of(integrity: string): string {
  return Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
}

/**
 * The files of a tarball, from the cache or fetched. What is cached is checked again.
 *
 * @throws TabnixError `not-found`, `unreachable`, `corrupt` if it is not what is pinned, `malformed` if
 * it is no tarball
 */
export async function readTarball(
  { label, name, integrity, address, origin }: Tarball,
  cache: Cache,
  progress: Progress,
): Promise<PackageFiles> {
  const digest = sha512Of(integrity);
  const relative = `packages/${digest.slice(0, 2)}/${digest.slice(2, 34)}`;
  const isRight = (bytes: Uint8Array | undefined) =>
    bytes !== undefined && createHash("sha512").update(bytes).digest("hex") === digest;
  let bytes = await cache.read(relative);
  if (!isRight(bytes)) {
    const stage = progress.stage(`Download ${label}`);
    const expected = { algorithm: "sha512", digest, maxBytes: MAX_TARBALL_BYTES } as const;
    await fetchFile(await address(), expected, cache, relative, stage.advance, origin);
    stage.done();
    bytes = await cache.read(relative);
  }
  return await unpackTarball(bytes ?? new Uint8Array(0), name);
}

/**
 * The files of a tarball, without the folder that all of them are in: npm calls it "package", sources
 * have their name and version.
 *
 * @param name says how it is compressed, and what messages call it
 * @throws TabnixError `malformed`
 */
export async function unpackTarball(tarball: Uint8Array, name: string): Promise<PackageFiles> {
  const files = new Map<string, Uint8Array>();
  for await (const { path, type, bytes } of readTar(bounded(tarball, name), name)) {
    const inside = path.split("/").slice(2).join("/");
    if (type === "file" && inside !== "") files.set(inside, bytes);
  }
  return files;
}

async function* bounded(tarball: Uint8Array, name: string): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of decompress(tarball, name.replace(/\.tgz$/, ".tar.gz"))) {
    size += piece.length;
    if (size > MAX_UNPACKED_BYTES) {
      throw new TabnixError(
        "malformed",
        `${name} unpacks to more than ${MAX_UNPACKED_BYTES} bytes.`,
      );
    }
    yield piece;
  }
}
