/** The kernel worker's side of transfer/contract.ts: one export or import at a time. */
import type { Manifest } from "../../../images/format/manifest.ts";
import type { TreeIndex } from "../../../images/format/tree-index.ts";
import { toErrorMessage } from "../../shared/errors.ts";
import type { ImageStore } from "../../shared/store.ts";
import type { OpenDisk } from "../disk/open-disk.ts";
import { FileSystem } from "../filesystem/filesystem.ts";
import type {
  Exported,
  ExportSummary,
  Imported,
  TransferAnswers,
  TransferCall,
  TransferReport,
  TransferRequest,
} from "./contract.ts";
import { exportChanges, type ImageIdentity } from "./export-changes.ts";
import { ExportFrames } from "./export-frames.ts";
import { exportedImage } from "./export-image.ts";
import { openTarget } from "./export-target.ts";
import { explainExport, explainImport, noRoom, oneAtATime } from "./failures.ts";
import { importChanges, type TreeRecords } from "./import-changes.ts";
import { importMachine, inspectMachine } from "./import-machine.ts";
import type { Machines } from "./machines.ts";
import { beginReplacement, type OpenState, roomBeside } from "./replacement.ts";

/** What the service needs of the kernel. */
export interface TransferHost {
  /** The image that is open, and where its objects are. */
  manifest: Manifest;
  store(): Pick<ImageStore, "getFrame">;
  /** Those that were imported. */
  machines: Machines;
  /** The tree that is served. */
  fs(): FileSystem;
  /** Where its changes are kept; undefined if that is memory. */
  disk(): OpenDisk | undefined;
  /** The image's tree. */
  index(): Promise<TreeIndex>;
  /** Serves another state of the tree. */
  adopt(index: TreeIndex, open: OpenState): Promise<void>;
  /** The tree was replaced, and the new one cannot be served: there is none any more. */
  onBroken(error: unknown): void;
  post(report: TransferReport): void;
}

/** A call that is under way. */
interface Running {
  id: number;
  abort: AbortController;
}

interface Way {
  signal: AbortSignal;
  onProgress(done: number, total: number): void;
}

export class TransferService {
  private readonly host: TransferHost;
  private running: Running | undefined;

  constructor(host: TransferHost) {
    this.host = host;
  }

  /** Takes one request. Failures become reports. */
  async handle({ id, ...call }: TransferRequest): Promise<void> {
    const { post } = this.host;
    if (call.op === "cancel") {
      if (this.running?.id === id) this.running.abort.abort();
      return;
    }
    if (this.running) {
      post({ id, type: "failed", error: toErrorMessage(oneAtATime(), "busy") });
      return;
    }
    const abort = new AbortController();
    this.running = { id, abort };
    const onProgress = (done: number, total: number) => post({ id, type: "progress", done, total });
    try {
      const answer = await this.perform(call, { signal: abort.signal, onProgress });
      post({ id, type: "done", answer });
    } catch (error) {
      post({ id, type: "failed", error: toErrorMessage(error, "unsupported") });
    } finally {
      this.running = undefined;
    }
  }

  private perform(call: TransferCall, way: Way): Promise<TransferAnswers[TransferCall["op"]]> {
    if (call.op === "export") return this.export(call, way);
    if (call.op === "inspect") return this.inspect(call.file, way);
    return this.import(call.file, way);
  }

  private async export(
    { to, withImage }: Extract<TransferCall, { op: "export" }>,
    way: Way,
  ): Promise<Exported> {
    const { host } = this;
    try {
      const whole = withImage
        ? exportedImage(host.manifest, await host.index(), host.store())
        : undefined;
      const target = await openTarget(to);
      const options = { image: this.image, made: Date.now(), whole, ...way };
      try {
        for await (const piece of exportChanges(host.fs(), options)) await target.write(piece);
      } catch (error) {
        await target.abandon();
        throw error;
      }
      return await target.finish();
    } catch (error) {
      throw explainExport(error);
    }
  }

  private async inspect(file: Blob, way: Way): Promise<ExportSummary> {
    const { host } = this;
    const frames = await ExportFrames.open(file, way);
    const { image, release, date, made, inodes, bytes, whole } = frames.header;
    const summary = { image, release, date, made, inodes, bytes };
    if (whole) return { ...summary, machine: await inspectMachine(frames, whole, host.machines) };
    const tree = new FileSystem({ index: await host.index() });
    await importChanges(frames, { image: this.image, tree, write: () => {} });
    // Said before the visitor is asked. What blocks and the journal take beside is seen by the import.
    if (bytes > roomBeside(host.disk())) throw noRoom();
    return summary;
  }

  private async import(file: Blob, way: Way): Promise<Imported> {
    const frames = await ExportFrames.open(file, way);
    const { whole } = frames.header;
    if (!whole) return this.importHere(frames, way);
    try {
      return { image: await importMachine(frames, whole, this.host.machines) };
    } catch (error) {
      throw explainImport(error);
    }
  }

  /** In place of the changes that this machine has. */
  private async importHere(frames: ExportFrames, way: Way): Promise<Imported> {
    const { host } = this;
    const index = await host.index();
    const open = await this.replace(frames, index, way);
    try {
      await host.adopt(index, open);
    } catch (error) {
      host.onBroken(error);
      throw error;
    }
    return {};
  }

  private async replace(frames: ExportFrames, index: TreeIndex, way: Way): Promise<OpenState> {
    const { image } = this;
    const replacement = beginReplacement(this.host.disk());
    let records: TreeRecords;
    try {
      const { write } = replacement;
      records = await importChanges(frames, { image, tree: new FileSystem({ index }), write });
      way.signal.throwIfAborted();
    } catch (error) {
      replacement.abandon();
      throw explainImport(error);
    }
    try {
      return await replacement.commit(records);
    } catch (error) {
      throw explainImport(error);
    }
  }

  private get image(): ImageIdentity {
    const { name, release, date, index } = this.host.manifest;
    return { image: name, release, date, base: index.sha256 };
  }
}
