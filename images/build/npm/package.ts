/** The files of one exact version of an npm package. Nothing of it is installed or executed. */
import { createHash } from "node:crypto";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";
import { decompress, readTar } from "../debian/tar.ts";
import { fetchFile, type Origin } from "../fetch.ts";
import type { Progress } from "../progress.ts";
import { tarballAddress } from "./registry.ts";

/** An exact version, with the hash of its tarball. */
export interface PackageReference {
  /** "@scope/name" or "name". */
  name: string;
  version: string;
  /** Subresource Integrity, "sha512-" and base64. */
  integrity: string;
}

/** The files of a package by their path in it, "dist/tool.wasm". */
export type PackageFiles = ReadonlyMap<string, Uint8Array>;

const MIB = 1024 * 1024;
/** A tarball is held in memory. The largest tool in use has 10 MB. */
const MAX_TARBALL_BYTES = 128 * MIB;
/** What a tarball may unpack to. */
const MAX_UNPACKED_BYTES = 512 * MIB;

const REGISTRY: Origin = {
  name: "npm registry",
  vouched: "the SHA-512 that the recipe states as its integrity",
  hints: {
    unreachable: "Check the network and npm's registry, then run the same command again.",
    notFound: "Check the package's name and version in the recipe.",
    corrupt: "Nothing was written. Check the recipe: a version's tarball never changes.",
  },
};

/** The SHA-512 of an integrity, as lower-case hex. */
export function sha512Of(integrity: string): string {
  return Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
}

/**
 * The files of a package, from the cache or fetched. What is cached is checked again.
 *
 * @param registry asked for the address only if there is something to fetch
 * @throws TabnixError `not-found`, `unreachable`, `corrupt` if it is not what the recipe pins,
 * `malformed` if it is no tarball
 */
export async function readPackage(
  reference: PackageReference,
  cache: Cache,
  progress: Progress,
  registry: () => Promise<string>,
): Promise<PackageFiles> {
  const { name, version, integrity } = reference;
  const digest = sha512Of(integrity);
  const relative = `npm/${digest.slice(0, 2)}/${digest.slice(2, 34)}.tgz`;
  const isRight = (bytes: Uint8Array | undefined) =>
    bytes !== undefined && createHash("sha512").update(bytes).digest("hex") === digest;
  let bytes = await cache.read(relative);
  if (!isRight(bytes)) {
    const stage = progress.stage(`Download ${name} ${version} from npm`);
    const url = tarballAddress(await registry(), name, version);
    const expected = { algorithm: "sha512", digest, maxBytes: MAX_TARBALL_BYTES } as const;
    await fetchFile(url, expected, cache, relative, stage.advance, REGISTRY);
    stage.done();
    bytes = await cache.read(relative);
  }
  return await unpack(bytes ?? new Uint8Array(0), `${name}-${version}.tgz`);
}

async function unpack(tarball: Uint8Array, where: string): Promise<PackageFiles> {
  const files = new Map<string, Uint8Array>();
  for await (const { path, type, bytes } of readTar(bounded(tarball, where), where)) {
    // All is in one folder, mostly called "package".
    const inPackage = path.split("/").slice(2).join("/");
    if (type === "file" && inPackage !== "") files.set(inPackage, bytes);
  }
  return files;
}

async function* bounded(tarball: Uint8Array, where: string): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of decompress(tarball, where.replace(/\.tgz$/, ".tar.gz"))) {
    size += piece.length;
    if (size > MAX_UNPACKED_BYTES) {
      throw new TabnixError(
        "malformed",
        `${where} unpacks to more than ${MAX_UNPACKED_BYTES} bytes.`,
      );
    }
    yield piece;
  }
}
