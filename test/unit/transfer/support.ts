import type { ArtefactReference, Manifest } from "../../../images/format/manifest.ts";
import type { TreeIndex } from "../../../images/format/tree-index.ts";
import type { OpenDisk } from "../../../workers/kernel/disk/open-disk.ts";
import { loadIndex, saveIndex } from "../../../workers/kernel/disk/saved-index.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import {
  linkPath,
  makeDirectories,
  makeNode,
  makeSymlink,
  remove,
  resolvePath,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { setXattr } from "../../../workers/kernel/filesystem/xattrs.ts";
import type {
  TransferAnswers,
  TransferCall,
  TransferReport,
} from "../../../workers/kernel/transfer/contract.ts";
import type { ImageIdentity } from "../../../workers/kernel/transfer/export-changes.ts";
import { TransferService } from "../../../workers/kernel/transfer/transfer-service.ts";
import { fromErrorMessage } from "../../../workers/shared/errors.ts";
import type { ObjectStore } from "../../../workers/shared/store.ts";
import type { MemoryFolder } from "../disk/memory-folder.ts";
import { BASE, type StartOptions, start } from "../disk/support.ts";
import { type Base, baseOf } from "../ninep/near-session.ts";
import { MemoryMachines } from "./memory-machines.ts";
import type { WholeImage } from "./whole-image.ts";

export const IMAGE: ImageIdentity = {
  image: "base",
  release: "13.1",
  date: "2026-01-02",
  base: BASE,
};

export const text = (value: string) => new TextEncoder().encode(value);

export interface MachineOptions {
  base: { index: TreeIndex; store: ObjectStore };
  /** In memory unless given. */
  folder?: MemoryFolder;
  image?: ImageIdentity;
  /** The image with all its objects, where the whole machine is exported. */
  whole?: WholeImage;
  disk?: StartOptions;
}

type CallOf<Op extends TransferCall["op"]> = Extract<TransferCall, { op: Op }>;

/** A kernel's tree and what exports and imports it. */
export class TestMachine {
  readonly service: TransferService;
  readonly machines = new MemoryMachines();
  /** What the kernel could not go on from. */
  broken: unknown;
  fs: FileSystem;
  readonly disk: OpenDisk | undefined;
  private readonly reports: TransferReport[] = [];
  private next = 1;

  private constructor(fs: FileSystem, disk: OpenDisk | undefined, options: MachineOptions) {
    this.fs = fs;
    this.disk = disk;
    const { index, store } = options.base;
    this.service = new TransferService({
      manifest: options.whole?.manifest ?? manifestOf(options.image ?? IMAGE),
      store: () => (options.whole as WholeImage).store,
      machines: this.machines,
      fs: () => this.fs,
      disk: () => this.disk,
      index: async () => index,
      adopt: async (tree, open) => {
        const { overlay, begin } = await open();
        this.fs = new FileSystem({ index: tree, store, overlay });
        await begin(this.fs);
      },
      onBroken: (error) => {
        this.broken = error;
      },
      post: (report) => this.reports.push(report),
    });
  }

  static async start(options: MachineOptions): Promise<TestMachine> {
    const { base, folder } = options;
    if (!folder) return new TestMachine(new FileSystem(base), undefined, options);
    const opened = await start(folder, { ...base, ...options.disk });
    const disk: OpenDisk = {
      overlay: opened.disk,
      storage: "opfs",
      saveIndex: (of, bytes) => saveIndex(folder, of, bytes),
      loadIndex: (of) => loadIndex(folder, of),
      reopen: async () => {
        disk.overlay = (await start(folder, { ...base, ...options.disk, begins: false })).disk;
      },
      release: () => {},
    };
    return new TestMachine(opened.fs, disk, options);
  }

  /** Progress that was told of. */
  get progress(): { done: number; total: number }[] {
    return this.reports.flatMap((report) =>
      report.type === "progress" ? [{ done: report.done, total: report.total }] : [],
    );
  }

  /** @throws TabnixError */
  async call<Op extends TransferCall["op"]>(call: CallOf<Op>): Promise<TransferAnswers[Op]> {
    const id = this.next++;
    await this.service.handle({ id, ...call });
    const report = this.reports.find((each) => each.id === id && each.type !== "progress");
    if (report?.type === "failed") throw fromErrorMessage(report.error);
    if (report?.type !== "done") throw new Error("there is no outcome");
    return report.answer as TransferAnswers[Op];
  }

  async export(): Promise<Blob> {
    return (await this.call({ op: "export" })).content as Blob;
  }

  async import(file: Blob): Promise<void> {
    await this.call({ op: "import", file });
  }
}

/** The manifest of an image of which nothing but its tree is used. */
function manifestOf({ image, release, date, base }: ImageIdentity): Manifest {
  const unused: ArtefactReference = { sha256: "0".repeat(64), size: 0, compressedSize: 0 };
  return {
    version: 1,
    name: image,
    description: "",
    suite: "trixie",
    release,
    date,
    memoryMegabytes: 64,
    shell: "/bin/sh",
    environment: {},
    index: { ...unused, sha256: base },
    files: 0,
    bytes: 0,
    bios: unused,
    kernel: { release: "6", flavour: "tuned", bzImage: unused, commandLine: "" },
    prefetch: [],
    sbom: unused,
  };
}

/** A base with something to change and something to delete. */
export async function smallBase(): Promise<Base> {
  const made = new FileSystem();
  await writeFile(made, "/etc/hostname", text("tabnix"));
  await writeFile(made, "/etc/gone", text("gone"));
  await writeFile(made, "/etc/kept", text("kept"));
  makeDirectories(made, "/usr/share/doc");
  return baseOf(made);
}

/** Changes of every kind, to {@link smallBase}. */
export async function changeEverything(fs: FileSystem): Promise<void> {
  await writeFile(fs, "/etc/hostname", text("another"));
  fs.setAttributes(resolvePath(fs, "/etc/kept"), { mode: 0o4750, uid: 1000, gid: 2000 });
  remove(fs, "/etc/gone");
  remove(fs, "/usr/share");
  makeDirectories(fs, "/home/user");
  await writeFile(fs, "/home/user/file", text("written"));
  linkPath(fs, "/home/user/file", "/home/hard");
  makeSymlink(fs, "/home/link", "user/file");
  makeNode(fs, "/home/device", 0x103, { mode: 0o020666 });
  makeNode(fs, "/home/pipe", 0, { mode: 0o010600 });
  makeNode(fs, "/home/socket", 0, { mode: 0o140600 });
  await writeFile(fs, "/home/n\xe4me", text("bytes"));
  setXattr(fs, resolvePath(fs, "/home/user/file"), "user.mark", new Uint8Array([0, 1, 255]));
  const time = { seconds: -5, nanoseconds: 999_999_999 };
  fs.setAttributes(resolvePath(fs, "/home/user"), { atime: time, mtime: time });
  const sparse = fs.create(fs.root, "sparse", { mode: 0o644, uid: 0, gid: 0 });
  await fs.write(sparse, 100_000, text("behind a hole"));
  await fs.truncate(sparse, 3_000_000);
  fs.rename(fs.root, "etc", resolvePath(fs, "/home"), "etc");
}
