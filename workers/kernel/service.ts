/**
 * The kernel worker's side of workers/kernel/contract.ts: opens an image's tree and the disk that keeps
 * its changes, and serves it to machines over 9P. Knows no DOM; worker.ts joins it to a worker's port.
 */

import type { ArtefactReference, Manifest } from "../../images/format/manifest.ts";
import { decodeTreeIndex, type TreeIndex } from "../../images/format/tree-index.ts";
import { type ErrorMessage, TabnixError, toErrorMessage } from "../shared/errors.ts";
import { MAX_PATHS_SHOWN } from "../shared/limits.ts";
import type { ImageStore, StoreLocation } from "../shared/store.ts";
import type {
  DiskRequest,
  FromKernel,
  NinepLink,
  NinepRequest,
  StorageKind,
  ToKernel,
  ToNinepClient,
} from "./contract.ts";
import type { DiskHandlers, OpenDisk } from "./disk/open-disk.ts";
import { Epochs, SharedEpochs } from "./epoch.ts";
import type { FileRequest } from "./files/contract.ts";
import { FileService } from "./files/file-service.ts";
import { BaseChanges } from "./filesystem/base-changes.ts";
import { explainFailure } from "./filesystem/base-failure.ts";
import { FileSystem } from "./filesystem/filesystem.ts";
import type { OverlayBackend } from "./filesystem/overlay.ts";
import { LazyNetwork } from "./network/lazy-network.ts";
import { NinepServer } from "./ninep/server.ts";
import { ServiceFiles } from "./ninep/service-files.ts";
import { Processes } from "./process/processes.ts";
import type { WasiThreads } from "./process/wasi-worker.ts";
import type { WasixThreads } from "./process/wasix-program.ts";
import { type NewBase, rebaseDisk } from "./rebase/rebase-disk.ts";
import { ReplySlot } from "./reply-slot.ts";
import { openSessions, type Sessions } from "./sessions.ts";
import type { TransferRequest } from "./transfer/contract.ts";
import type { Machines } from "./transfer/machines.ts";
import type { OpenState } from "./transfer/replacement.ts";
import { TransferService } from "./transfer/transfer-service.ts";

type Open = Extract<ToKernel, { type: "open" }>;

/** What the service needs of where it runs. */
export interface KernelServices {
  post(message: FromKernel, transfer?: Transferable[]): void;
  openStore(location: StoreLocation): Promise<ImageStore>;
  openDisk(
    request: DiskRequest,
    base: string,
    handlers: DiskHandlers,
  ): Promise<OpenDisk | undefined>;
  machines: Machines;
  wasiThreads: WasiThreads;
  /** Workers for WASIX programs, where one could run. @param sdkUrl the SDK's main script */
  wasixThreads?(sdkUrl: string): WasixThreads;
}

export class KernelService {
  private readonly services: KernelServices;
  /** What the first commands read, until it is fetched. */
  private firstReads: ArtefactReference[] = [];
  private store: ImageStore | undefined;
  private wasmerUrl: string | undefined;
  /** What the visitor is to know, once there is a prompt. */
  private news: TabnixError | undefined;
  /** The image's tree index, until it is kept beside the disk. */
  private unsavedIndex: Uint8Array | undefined;
  private server: NinepServer | undefined;
  private processes: Processes | undefined;
  private readonly epochs = new Epochs();
  private files: FileService | undefined;
  private transfers: TransferService | undefined;
  private disk: OpenDisk | undefined;
  /** What machines get for their replicas, where memory may be shared. */
  private base: { index: Uint8Array; changes: BaseChanges } | undefined;
  private readonly network = new LazyNetwork(async () => {
    const { NetworkService } = await import("./network/network-service.ts");
    return new NetworkService((report) => this.post({ type: "network", report }));
  });
  private offerReplica = () => {};
  private detach = () => {};

  constructor(services: KernelServices) {
    this.services = services;
  }

  /** Takes one message. Failures become `failed` messages. */
  async handle(message: ToKernel): Promise<void> {
    try {
      if (message.type === "open") await this.open(message);
      else if (message.type === "attach") this.attach(message.machine, message.hostname);
      else if (message.type === "prompt") this.onPrompt();
      else if (message.type === "save") await this.disk?.overlay.sync().catch(this.onDiskFailure);
      else if (message.type === "release") await this.leaveDisk();
      else if (message.type === "file") await this.serveFiles(message.request);
      else if (message.type === "transfer") await this.transfer(message.request);
      else if (message.type === "network")
        await this.network.ask(message.request).catch(this.onNetworkFailure);
      else this.sendStatistics();
    } catch (error) {
      this.post({ type: "failed", error: toErrorMessage(error, "malformed") });
    }
  }

  /** Gives back what would keep a process running, where no worker ends with it. */
  close(): void {
    this.detach();
    this.network.close();
    this.processes?.close();
  }

  private async open({
    location,
    wasmerUrl,
    manifest,
    fromSnapshot,
    machine,
    hostname,
    disk,
  }: Open): Promise<void> {
    this.network.join({ frames: machine.frames, hostname });
    this.wasmerUrl = wasmerUrl;
    this.firstReads = manifest.prefetch;
    const store = await this.services.openStore(location);
    this.store = store;
    const snapshot = fromSnapshot ? manifest.snapshot?.filesystem : undefined;
    const total = manifest.index.compressedSize + (snapshot?.compressedSize ?? 0);
    const loaded = { index: 0, snapshot: 0 };
    const progress = (part: keyof typeof loaded) => (bytes: number) => {
      loaded[part] = bytes;
      this.post({ type: "progress", loaded: loaded.index + loaded.snapshot, total });
    };
    const [index, saved] = await Promise.all([
      store.get(manifest.index, { onProgress: progress("index") }),
      snapshot && store.get(snapshot, { onProgress: progress("snapshot") }),
      disk && this.openDisk(disk, manifest.index.sha256),
    ]);
    const tree = decodeTreeIndex(index);
    await this.rebase({ index: tree, base: manifest.index.sha256, store });
    this.unsavedIndex = index;
    if (machine.slot) this.base = { index, changes: BaseChanges.of(tree.inodes.length) };
    const server = this.makeServer(tree, this.disk?.overlay);
    const sessions = await this.begin(server, saved, tree);
    if (sessions) this.serve(sessions, machine);
    this.files = new FileService(server.fs);
    this.transfers = this.makeTransfers(manifest);
    this.post({ type: sessions ? "ready" : "no-snapshot" });
  }

  /** A tree over an image, and what serves it; nothing has changed in it yet. */
  private makeServer(index: TreeIndex, overlay: OverlayBackend | undefined): NinepServer {
    const fs = new FileSystem({
      index,
      ...(this.store ? { store: this.store } : {}),
      ...(overlay ? { overlay } : {}),
      ...(this.base ? { baseChanges: this.base.changes } : {}),
    });
    fs.watch(this.epochs.changed);
    this.server = new NinepServer(fs);
    this.processes?.close();
    const { wasiThreads: threads, wasixThreads } = this.services;
    const wasix = this.wasmerUrl === undefined ? undefined : wasixThreads?.(this.wasmerUrl);
    this.processes = new Processes({
      fs,
      threads,
      ...(wasix ? { wasix } : {}),
      onUntoldChange: () => this.post({ type: "changed" }),
    });
    return this.server;
  }

  /** Makes the tree what it was. @returns undefined when the snapshot does not go with it */
  private async begin(
    server: NinepServer,
    saved: Uint8Array | undefined,
    tree: TreeIndex,
  ): Promise<Sessions | undefined> {
    const overlay = this.disk?.overlay;
    const isNew = overlay?.isNew ?? true;
    await overlay?.begin(server.fs);
    const sessions = this.openSessions(server);
    if (saved && isNew) {
      server.restore(saved);
      overlay?.checkpoint().catch(this.onDiskFailure);
    } else if (saved && !server.resume(saved, tree)) {
      return undefined;
    }
    server.fs.dropUnusedOrphans();
    return sessions;
  }

  /** Another machine on the same files: what the one before held open is closed. */
  private attach(machine: NinepLink, hostname: string): void {
    const { server } = this.opened;
    this.network.join({ frames: machine.frames, hostname });
    this.detach();
    server.dropSessions();
    this.serve(this.openSessions(server), machine);
  }

  private openSessions(server: NinepServer): Sessions {
    const { processes } = this;
    return openSessions(server, {
      epochs: this.epochs,
      onFailure: (error) => this.notice(explainFailure(server.fs, error)),
      ...(processes ? { service: new ServiceFiles(() => processes.open()) } : {}),
    });
  }

  /** Serves a machine on its port. Requests that came before wait in the port. */
  private serve(sessions: Sessions, { port, slot: memory, epochs }: NinepLink): void {
    const slot = memory && new ReplySlot(memory);
    const send = (message: ToNinepClient, transfer: Transferable[] = []) =>
      port.postMessage(message, transfer);
    port.onmessage = ({ data }: MessageEvent<NinepRequest>) => {
      const session = sessions[data.mount];
      session.adopt(data.fids);
      const { id, bytes } = data;
      session.handle(
        bytes,
        (reply) => {
          if (slot?.put(id, reply)) return;
          send({ type: "reply", id, bytes: reply }, [reply.buffer]);
        },
        (length) => slot?.reserve(id, length),
      );
    };
    const shared = epochs && new SharedEpochs(epochs);
    this.epochs.follow((mount, epoch) => {
      if (shared) shared.set(mount, epoch);
      else send({ type: "epoch", mount, epoch });
    });
    this.detach = () => port.close();
    this.offerReplica = () => {
      if (!this.base) return;
      const { index, changes } = this.base;
      const { messageBytes } = sessions.system;
      send({ type: "base", index, changes: changes.memory, messageBytes });
    };
  }

  /** What goes wrong with the network does not stop the machine. */
  private readonly onNetworkFailure = (error: unknown): void => this.notice(error);

  private async serveFiles(request: FileRequest): Promise<void> {
    const { id } = request;
    const reply = (await this.files?.handle(request)) ?? { id, error: notOpenYet() };
    const read = "answer" in reply && "bytes" in reply.answer ? [reply.answer.bytes.buffer] : [];
    this.post({ type: "file", reply }, read);
  }

  private async transfer(request: TransferRequest): Promise<void> {
    if (this.transfers) return this.transfers.handle(request);
    const report = { id: request.id, type: "failed", error: notOpenYet() } as const;
    this.post({ type: "transfer", report });
  }

  /** What would have kept the visitor waiting before. */
  private onPrompt(): void {
    this.network.open().catch(this.onNetworkFailure);
    this.offerReplica();
    if (this.news) this.notice(this.news);
    this.news = undefined;
    this.server?.fs.prefetch(this.firstReads);
    this.firstReads = [];
    // Where it fails, there is no room for half a megabyte: it is tried again with the next prompt.
    const { disk, unsavedIndex } = this;
    if (unsavedIndex) disk?.saveIndex(disk.overlay.base, unsavedIndex).catch(() => {});
    this.unsavedIndex = undefined;
  }

  /** Carries files that were saved on another version of the image over to this one. */
  private async rebase(onto: NewBase): Promise<void> {
    const { disk } = this;
    if (!disk || disk.overlay.base === onto.base) return;
    try {
      const missing = await rebaseDisk(disk, onto);
      this.news = carriedOver(missing);
    } catch (error) {
      this.disk = undefined;
      disk.overlay.close();
      disk.release();
      throw error;
    }
  }

  private makeTransfers(manifest: Manifest): TransferService {
    return new TransferService({
      manifest,
      store: () => this.opened.store,
      machines: this.services.machines,
      fs: () => this.opened.server.fs,
      disk: () => this.disk,
      index: async () => decodeTreeIndex(await this.opened.store.get(manifest.index)),
      adopt: (tree, open) => this.adopt(tree, open),
      onBroken: (error) => this.post({ type: "failed", error: toErrorMessage(error, "malformed") }),
      post: (report) => this.post({ type: "transfer", report }),
    });
  }

  /** Serves another state of the tree from now on, once a machine is attached. */
  private async adopt(index: TreeIndex, open: OpenState): Promise<void> {
    this.detach();
    this.server?.dropSessions();
    this.files = undefined;
    if (this.base) this.base.changes = BaseChanges.of(index.inodes.length);
    const { overlay, begin } = await open();
    const { fs } = this.makeServer(index, overlay);
    await begin(fs);
    this.files = new FileService(fs);
  }

  /** @throws TabnixError `invalid-input` */
  private get opened(): { server: NinepServer; store: ImageStore } {
    const { server, store } = this;
    if (!server || !store) throw new TabnixError("invalid-input", "No image is open.");
    return { server, store };
  }

  private async openDisk(request: DiskRequest, base: string): Promise<void> {
    this.disk = await this.services.openDisk(request, base, {
      onFailure: this.onDiskFailure,
      onAsked: () => this.post({ type: "asked" }),
      // The file system keeps the other tab out until this one has closed its files. IndexedDB does
      // not: what is written from now on would be written into the other's.
      onLost: () => void this.leaveDisk(this.disk?.storage === "opfs"),
    });
  }

  private readonly onDiskFailure = (error: unknown): void => {
    this.notice(
      new TabnixError(
        "unsaved",
        `What was changed last could not be saved: ${String(error)}.`,
        "Free some room, or keep this tab open: it is tried again with the next change.",
        error,
      ),
    );
  };

  /** Another tab wants the files: what this one has made is saved if it may be, and nothing is served any more. */
  private async leaveDisk(saves = true): Promise<void> {
    const { disk } = this;
    if (!disk) return;
    this.disk = undefined;
    this.files = undefined;
    this.detach();
    if (saves) await disk.overlay.sync().catch(this.onDiskFailure);
    disk.overlay.close();
    disk.release();
    this.post({ type: "lost" });
  }

  private sendStatistics(): void {
    const { fetchedBytes = 0, fetchedFiles = 0, cachedFiles = 0 } = this.store?.statistics ?? {};
    const { usage = 0, capacity = 0 } = this.server?.fs.overlay ?? {};
    const storage: StorageKind = this.disk?.storage ?? "memory";
    this.post({
      type: "statistics",
      statistics: {
        fetchedBytes,
        fetchedFiles,
        cachedFiles,
        overlayBytes: usage,
        capacityBytes: capacity,
        isUnsaved: this.disk?.overlay.isDirty ?? false,
        storage,
      },
    });
  }

  private notice(error: unknown): void {
    this.post({ type: "notice", error: toErrorMessage(error, "malformed") });
  }

  private post(message: FromKernel, transfer?: Transferable[]): void {
    this.services.post(message, transfer);
  }
}

function notOpenYet(): ErrorMessage {
  return { code: "busy", message: "The files are not open yet.", hint: "Wait for the prompt." };
}

/** @param missing paths of files that are not there any more */
function carriedOver(missing: readonly string[]): TabnixError {
  const shown = missing.slice(0, MAX_PATHS_SHOWN).join(", ");
  const more =
    missing.length > MAX_PATHS_SHOWN ? ` and ${missing.length - MAX_PATHS_SHOWN} more` : "";
  return new TabnixError(
    "wrong-version",
    "Your files were saved on another version of this image: what you had changed was carried over.",
    missing.length === 0
      ? "What this version has changed too is as you had it."
      : `Not there any more, because you had moved files of the old image: ${shown}${more}.`,
  );
}
