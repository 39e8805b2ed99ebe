/**
 * The manifest of an image: the one mutable file, `images/<name>/manifest.json`. It names every other
 * artefact by the SHA-256 of its uncompressed bytes; those live in the shared, immutable store,
 * `images/store/<first two hex digits>/<sha256>.zst` (one zstd frame each; see {@link storePath}).
 */
import { TabnixError } from "../../workers/shared/errors.ts";
import { isRelayAddress } from "../../workers/shared/relay-address.ts";
import { Fields, malformed, REBUILD } from "./fields.ts";

/** The format this code reads and writes. A manifest of another version is refused. */
export const MANIFEST_VERSION = 1;

/** A stored artefact. */
export interface ArtefactReference {
  /** Lower-case hex SHA-256 of the uncompressed bytes. */
  sha256: string;
  /** Uncompressed length in bytes. */
  size: number;
  /** Length in bytes of the zstd frame in the store. */
  compressedSize: number;
}

/** How to start the image without a snapshot. */
export interface KernelReference {
  /** For people: "6.12.107-tabnix" or "6.1.0-44-686". */
  release: string;
  flavour: "stock" | "tuned";
  bzImage: ArtefactReference;
  /** Present for kernels whose drivers are modules. */
  initrd?: ArtefactReference;
  /** The kernel command line. */
  commandLine: string;
}

/** A saved machine, restored instead of booting. It fits only the engine that wrote it. */
export interface SnapshotReference {
  /** The emulator and its version, "v86@0.5.462"; another engine cannot restore the snapshot. */
  engine: string;
  /** The layout of the devices and of the two state files; see workers/machine/snapshot.ts. */
  layout: number;
  /** Processor, memory and devices: for the machine worker. */
  machine: ArtefactReference;
  /** Overlay and fids: for the kernel worker. */
  filesystem: ArtefactReference;
}

/** How a machine reaches the Internet where the visitor has not said it. */
export interface NetworkReference {
  /** `ws:` or `wss:` address of a relay. */
  relay: string;
  /** What the relay asks for. Whoever may open the image may read it. */
  token?: string;
}

/** One image. */
export interface Manifest {
  version: typeof MANIFEST_VERSION;
  name: string;
  /** One line for people: what is in it. */
  description: string;
  /** Debian's suite and point release: "trixie", "13.7". */
  suite: string;
  release: string;
  /** ISO 8601 date of the Debian Release file the image was made from. */
  date: string;
  memoryMegabytes: number;
  /** The login shell of a terminal, an absolute path in the tree. */
  shell: string;
  /** Environment of login shells. */
  environment: Record<string, string>;
  network?: NetworkReference;
  /** The tree: see images/format/tree-index.ts. */
  index: ArtefactReference;
  /** Files in the tree, and their bytes when unpacked. */
  files: number;
  bytes: number;
  bios: ArtefactReference;
  kernel: KernelReference;
  snapshot?: SnapshotReference;
  /** Files of the tree that visitors' first commands read, worth fetching once the prompt stands. */
  prefetch: ArtefactReference[];
  sbom: ArtefactReference;
}

/** Where an artefact is in the store, relative to the folder `images/`. */
export function storePath(sha256: string): string {
  return `store/${sha256.slice(0, 2)}/${sha256}.zst`;
}

/**
 * Reads a manifest, checking every field.
 *
 * @param text the JSON
 * @param where what to call it in messages, usually its address
 * @throws TabnixError `malformed` (with the path of the offending field) or `wrong-version`
 */
export function parseManifest(text: string, where: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TabnixError("malformed", `${where} is not JSON.`, REBUILD, error);
  }
  const root = new Fields(value, where, "");
  const version = root.number("version");
  if (version !== MANIFEST_VERSION) {
    throw new TabnixError(
      "wrong-version",
      `${where} has version ${version}; this Tabnix reads version ${MANIFEST_VERSION}.`,
      "Reload the page without its cache, or build the image with the same version of Tabnix.",
    );
  }
  const kernel = root.object("kernel");
  const snapshot = root.optionalObject("snapshot");
  const flavour = kernel.string("flavour");
  if (flavour !== "stock" && flavour !== "tuned") {
    throw malformed(where, "kernel.flavour", '"stock" or "tuned"');
  }
  return {
    version: MANIFEST_VERSION,
    name: root.string("name"),
    description: root.string("description"),
    suite: root.string("suite"),
    release: root.string("release"),
    date: root.string("date"),
    memoryMegabytes: root.number("memoryMegabytes"),
    shell: root.string("shell"),
    environment: root.object("environment").strings(),
    ...(root.has("network") ? { network: readNetwork(root.object("network"), where) } : {}),
    index: root.artefact("index"),
    files: root.number("files"),
    bytes: root.number("bytes"),
    bios: root.artefact("bios"),
    kernel: {
      release: kernel.string("release"),
      flavour,
      bzImage: kernel.artefact("bzImage"),
      ...(kernel.has("initrd") ? { initrd: kernel.artefact("initrd") } : {}),
      commandLine: kernel.string("commandLine"),
    },
    ...(snapshot
      ? {
          snapshot: {
            engine: snapshot.string("engine"),
            layout: snapshot.number("layout"),
            machine: snapshot.artefact("machine"),
            filesystem: snapshot.artefact("filesystem"),
          },
        }
      : {}),
    prefetch: root.artefacts("prefetch"),
    sbom: root.artefact("sbom"),
  };
}

function readNetwork(fields: Fields, where: string): NetworkReference {
  const relay = fields.string("relay");
  if (!isRelayAddress(relay)) throw malformed(where, "network.relay", "a ws: or wss: address");
  return { relay, ...(fields.has("token") ? { token: fields.string("token") } : {}) };
}
