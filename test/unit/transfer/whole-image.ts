/** A small image as a site has it: its objects are zstd frames. */
import { Zstd } from "@hpcc-js/wasm-zstd";
import type { ArtefactReference, Manifest } from "../../../images/format/manifest.ts";
import { decodeTreeIndex, type TreeIndex } from "../../../images/format/tree-index.ts";
import { exportTree } from "../../../workers/kernel/filesystem/export.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { makeDirectories, writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import type { ImageIdentity } from "../../../workers/kernel/transfer/export-changes.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { sha256Hex } from "../../../workers/shared/hash.ts";
import { ImportedStore } from "../../../workers/shared/imported-store.ts";
import { text } from "./support.ts";

const zstd = await Zstd.load();

export class WholeImage {
  /** Frames by SHA-256. */
  readonly objects = new Map<string, Uint8Array>();
  readonly store = new ImportedStore({ get: async (sha256) => this.objects.get(sha256) });
  manifest!: Manifest;
  index!: TreeIndex;

  /** The tree of `smallBase`. */
  static async build(): Promise<WholeImage> {
    const made = new FileSystem();
    await writeFile(made, "/etc/hostname", text("tabnix"));
    await writeFile(made, "/etc/gone", text("gone"));
    await writeFile(made, "/etc/kept", text("kept"));
    makeDirectories(made, "/usr/share/doc");
    const image = new WholeImage();
    const { index } = await exportTree(made, { put: (content) => image.put(content) });
    image.index = decodeTreeIndex(index);
    image.manifest = await image.manifestOf(await image.put(index));
    return image;
  }

  get identity(): ImageIdentity {
    const { name, release, date, index } = this.manifest;
    return { image: name, release, date, base: index.sha256 };
  }

  async put(bytes: Uint8Array): Promise<ArtefactReference> {
    const sha256 = await sha256Hex(bytes);
    const frame = zstd.compress(bytes);
    this.objects.set(sha256, frame);
    return { sha256, size: bytes.length, compressedSize: frame.length };
  }

  /** @throws TabnixError `unreachable` from now on, for that object */
  loseConnectionTo(sha256: string): void {
    const { store } = this;
    const getFrame = store.getFrame.bind(store);
    store.getFrame = async (reference, options) => {
      if (reference.sha256 !== sha256) return getFrame(reference, options);
      throw new TabnixError("unreachable", "It cannot be fetched: offline.");
    };
  }

  private async manifestOf(index: ArtefactReference): Promise<Manifest> {
    const put = (content: string) => this.put(text(content));
    const hostname = await put("tabnix");
    return {
      version: 1,
      name: "small",
      description: "for tests",
      suite: "trixie",
      release: "13.1",
      date: "2026-01-02",
      memoryMegabytes: 64,
      shell: "/bin/sh",
      environment: { LANG: "C.UTF-8" },
      index,
      files: 3,
      bytes: 14,
      bios: await put("bios"),
      kernel: {
        release: "6",
        flavour: "tuned",
        bzImage: await put("kernel"),
        commandLine: "quiet",
      },
      snapshot: {
        engine: "v86@0",
        layout: 1,
        machine: await put("machine"),
        filesystem: await put("filesystem"),
      },
      prefetch: [hostname],
      sbom: await put("materials"),
    };
  }
}
