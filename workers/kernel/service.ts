/**
 * The kernel worker's side of workers/kernel/contract.ts: opens an image's tree and serves it to
 * machines over 9P. Knows no DOM; worker.ts joins it to a worker's message port.
 */
import type { ArtefactReference } from "../../images/format/manifest.ts";
import { decodeTreeIndex } from "../../images/format/tree-index.ts";
import { TabnixError, toErrorMessage } from "../shared/errors.ts";
import type { HttpStore } from "../shared/http-store.ts";
import type { FromKernel, NinepLink, NinepRequest, ToKernel, ToNinepClient } from "./contract.ts";
import { BaseChanges } from "./filesystem/base-changes.ts";
import { explainFailure } from "./filesystem/base-failure.ts";
import { FileSystem } from "./filesystem/filesystem.ts";
import { NinepServer } from "./ninep/server.ts";
import { ReplySlot } from "./reply-slot.ts";
import { openSessions } from "./sessions.ts";

type Open = Extract<ToKernel, { type: "open" }>;

export class KernelService {
  private readonly post: (message: FromKernel) => void;
  private readonly openStore: (imagesUrl: string) => Promise<HttpStore>;
  /** What the first commands read, until it is fetched. */
  private firstReads: ArtefactReference[] = [];
  private store: HttpStore | undefined;
  private fs: FileSystem | undefined;
  private server: NinepServer | undefined;
  /** What machines get for their replicas, where memory may be shared. */
  private base: { index: Uint8Array; changes: BaseChanges } | undefined;
  private offerReplica = () => {};

  constructor(
    post: (message: FromKernel) => void,
    openStore: (imagesUrl: string) => Promise<HttpStore>,
  ) {
    this.post = post;
    this.openStore = openStore;
  }

  /** Takes one message. Failures become `failed` messages. */
  async handle(message: ToKernel): Promise<void> {
    try {
      if (message.type === "open") await this.open(message);
      else if (message.type === "attach") this.attach(message.machine);
      else if (message.type === "prompt") this.onPrompt();
      else this.sendStatistics();
    } catch (error) {
      this.post({ type: "failed", error: toErrorMessage(error, "malformed") });
    }
  }

  private async open({ imagesUrl, manifest, fromSnapshot, machine }: Open): Promise<void> {
    this.firstReads = manifest.prefetch;
    const store = await this.openStore(imagesUrl);
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
    ]);
    const tree = decodeTreeIndex(index);
    if (machine.slot) {
      this.base = { index, changes: BaseChanges.of(tree.inodes.length) };
    }
    this.fs = new FileSystem({ index: tree, store, baseChanges: this.base?.changes });
    this.server = new NinepServer(this.fs);
    this.attach(machine);
    if (saved) this.server.restore(saved);
    this.post({ type: "ready" });
  }

  /** Serves a machine on its port. Requests that came before wait in the port. */
  private attach({ port, slot: memory }: NinepLink): void {
    if (!this.server) throw new TabnixError("invalid-input", "No image is open.");
    const { fs } = this.server;
    const sessions = openSessions(this.server, (error) =>
      this.post({ type: "notice", error: toErrorMessage(explainFailure(fs, error), "malformed") }),
    );
    const slot = memory && new ReplySlot(memory);
    const send = (message: ToNinepClient, transfer: Transferable[] = []) =>
      port.postMessage(message, transfer);
    port.onmessage = ({ data }: MessageEvent<NinepRequest>) => {
      const session = sessions[data.mount];
      session.adopt(data.fids);
      session.handle(data.bytes, (bytes) => {
        if (slot?.put(data.id, bytes)) return;
        send({ type: "reply", id: data.id, bytes }, [bytes.buffer]);
      });
    };
    this.offerReplica = () => {
      if (!this.base) return;
      const { index, changes } = this.base;
      const { messageBytes } = sessions.system;
      send({ type: "base", index, changes: changes.memory, messageBytes });
    };
  }

  /** What would have kept the visitor waiting before. */
  private onPrompt(): void {
    this.offerReplica();
    this.fs?.prefetch(this.firstReads);
    this.firstReads = [];
  }

  private sendStatistics(): void {
    const { fetchedBytes = 0, fetchedFiles = 0, cachedFiles = 0 } = this.store?.statistics ?? {};
    this.post({
      type: "statistics",
      statistics: {
        fetchedBytes,
        fetchedFiles,
        cachedFiles,
        overlayBytes: this.fs?.overlay.usage ?? 0,
        storage: "memory",
      },
    });
  }
}
