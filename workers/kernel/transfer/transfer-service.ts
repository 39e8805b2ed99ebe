/** The kernel worker's side of transfer/contract.ts: one export or import at a time. */
import type { TreeIndex } from "../../../images/format/tree-index.ts";
import { toErrorMessage } from "../../shared/errors.ts";
import type { OpenDisk } from "../disk/open-disk.ts";
import { FileSystem } from "../filesystem/filesystem.ts";
import type {
  Exported,
  ExportSummary,
  TransferAnswers,
  TransferCall,
  TransferReport,
  TransferRequest,
} from "./contract.ts";
import { exportChanges, type ImageIdentity } from "./export-changes.ts";
import { openTarget } from "./export-target.ts";
import { explainExport, explainImport, noRoom, oneAtATime } from "./failures.ts";
import { type Imported, importChanges, type WriteContent } from "./import-changes.ts";
import { beginReplacement, type OpenState, roomBeside } from "./replacement.ts";

/** What the service needs of the kernel. */
export interface TransferHost {
  /** The image that is open. */
  image: ImageIdentity;
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
    if (call.op === "export") return this.export(call.to, way);
    if (call.op === "inspect") return this.inspect(call.file, way);
    return this.import(call.file, way);
  }

  private async export(to: FileSystemFileHandle | undefined, way: Way): Promise<Exported> {
    const { host } = this;
    try {
      const target = await openTarget(to);
      const options = { image: host.image, made: Date.now(), ...way };
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
    const index = await this.host.index();
    const { header } = await this.read(file, index, () => {}, way);
    const { image, release, date, made, inodes, bytes } = header;
    // Said before the visitor is asked. What blocks and the journal take beside is seen by the import.
    if (bytes > roomBeside(this.host.disk())) throw noRoom();
    return { image, release, date, made, inodes, bytes };
  }

  private async import(file: Blob, way: Way): Promise<TransferAnswers["import"]> {
    const { host } = this;
    const index = await host.index();
    const open = await this.replace(file, index, way);
    try {
      await host.adopt(index, open);
    } catch (error) {
      host.onBroken(error);
      throw error;
    }
    return {};
  }

  private async replace(file: Blob, index: TreeIndex, way: Way): Promise<OpenState> {
    const replacement = beginReplacement(this.host.disk());
    let records: Imported["records"];
    try {
      const { write } = replacement;
      records = (await this.read(file, index, write, way)).records;
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

  private read(file: Blob, index: TreeIndex, write: WriteContent, way: Way): Promise<Imported> {
    const { image } = this.host;
    return importChanges(file, { image, tree: new FileSystem({ index }), write, ...way });
  }
}
