/** The kernel worker as the page holds it: started, asked, and listened to. */
import type { Manifest } from "../../images/format/manifest.ts";
import type {
  DiskRequest,
  FromKernel,
  KernelStatistics,
  NinepLink,
  ToKernel,
} from "../../workers/kernel/contract.ts";
import type { FileCall } from "../../workers/kernel/files/contract.ts";
import type { NetworkReport, NetworkRequest } from "../../workers/kernel/network/contract.ts";
import type { TransferAnswers, TransferCall } from "../../workers/kernel/transfer/contract.ts";
import { fromErrorMessage, type TabnixError } from "../../workers/shared/errors.ts";
import type { StoreLocation } from "../../workers/shared/store.ts";
import type { TransferOptions } from "../machine-transfer.ts";
import type { ComputerHost, WorkerPort } from "./computer-host.ts";
import { type AnswerOf, FileCalls } from "./file-calls.ts";
import { TransferCalls } from "./transfer-calls.ts";
import { workerFailure } from "./worker-failure.ts";

export interface KernelHandlers {
  /** Compressed bytes of the tree's index and of its part of the snapshot. */
  onProgress(loaded: number, total: number): void;
  /** Something is wrong with one file; the rest goes on. */
  onNotice(error: TabnixError): void;
  /** The files are open. */
  onReady(): void;
  /** They are, but do not go with the snapshot: attach a machine that starts from its kernel. */
  onNoSnapshot(): void;
  /** Another tab asks for the files: save them, then {@link KernelLink.release}. */
  onAsked(): void;
  onChanged(): void;
  /** Another tab has taken the files. */
  onLost(): void;
  onNetwork(report: NetworkReport): void;
  /** The worker cannot go on. */
  onFailure(error: TabnixError): void;
}

export class KernelLink {
  readonly #worker: WorkerPort;
  readonly #host: ComputerHost;
  readonly #handlers: KernelHandlers;
  readonly #waiting: ((statistics: KernelStatistics) => void)[] = [];
  readonly #files = new FileCalls((request, transfer) =>
    this.#post({ type: "file", request }, transfer),
  );
  readonly #transfers = new TransferCalls((request) => this.#post({ type: "transfer", request }));

  constructor(host: ComputerHost, handlers: KernelHandlers) {
    this.#host = host;
    this.#handlers = handlers;
    this.#worker = host.startKernel();
    this.#worker.onmessage = ({ data }: MessageEvent<FromKernel>) => this.#receive(data);
    this.#worker.onerror = (event) => handlers.onFailure(workerFailure("kernel", event));
  }

  /** Opens an image's tree and serves it on `machine`. */
  open(options: {
    location: StoreLocation;
    manifest: Manifest;
    fromSnapshot: boolean;
    machine: NinepLink;
    hostname: string;
    disk?: DiskRequest;
  }): void {
    const { wasmerUrl } = this.#host;
    this.#post({ type: "open", wasmerUrl, ...options }, [
      options.machine.port,
      options.machine.frames,
    ]);
  }

  /** Serves the open tree to another machine. */
  attach(machine: NinepLink, hostname: string): void {
    this.#post({ type: "attach", machine, hostname }, [machine.port, machine.frames]);
  }

  /** Asks something of the network; a port goes with it. */
  network(request: NetworkRequest): void {
    this.#post({ type: "network", request }, request.type === "preview" ? [request.port] : []);
  }

  /** The prompt stands: now is the time for what could wait. */
  prompt(): void {
    this.#post({ type: "prompt" });
  }

  /** Makes durable what was written so far. */
  save(): void {
    this.#post({ type: "save" });
  }

  /** Lets another tab have the files. */
  release(): void {
    this.#post({ type: "release" });
  }

  statistics(): Promise<KernelStatistics> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#post({ type: "statistics" });
    });
  }

  /** One call on the files. @throws TabnixError */
  callFiles<Call extends FileCall>(call: Call): Promise<AnswerOf<Call>> {
    return this.#files.call(call);
  }

  /** An export or import. @throws TabnixError; the signal's reason */
  transfer<Call extends TransferCall>(
    call: Call,
    options: TransferOptions,
  ): Promise<TransferAnswers[Call["op"]]> {
    return this.#transfers.call(call, options);
  }

  /** Ends the worker at once, with all that it holds. */
  terminate(): void {
    this.#worker.terminate();
    this.#files.end();
    this.#transfers.end();
  }

  #post(message: ToKernel, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromKernel): void {
    switch (message.type) {
      case "progress":
        this.#handlers.onProgress(message.loaded, message.total);
        break;
      case "ready":
        this.#handlers.onReady();
        break;
      case "no-snapshot":
        this.#handlers.onNoSnapshot();
        break;
      case "asked":
        this.#handlers.onAsked();
        break;
      case "changed":
        this.#handlers.onChanged();
        break;
      case "network":
        this.#handlers.onNetwork(message.report);
        break;
      case "lost":
        this.#handlers.onLost();
        break;
      case "failed":
        this.#handlers.onFailure(fromErrorMessage(message.error));
        break;
      case "notice":
        this.#handlers.onNotice(fromErrorMessage(message.error));
        break;
      case "file":
        this.#files.receive(message.reply);
        break;
      case "transfer":
        this.#transfers.receive(message.report);
        break;
      case "statistics":
        this.#waiting.shift()?.(message.statistics);
        break;
    }
  }
}
