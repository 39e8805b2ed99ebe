/** One WASI worker, as the kernel sees it: a place to run programs or their threads, one at a time. */
import { KernelChannel } from "../../wasi/channel.ts";
import type { Call, FromWasi, Program, Thread, ToWasi } from "../../wasi/contract.ts";
import type { MemoryImage } from "../../wasi/memory-image.ts";
import type { Eventually } from "../filesystem/contents.ts";
import type { Result } from "./result.ts";

/** Where a WASI worker is: a thread of the browser, or of a test. */
export interface WasiThread {
  post(message: ToWasi): void;
  onMessage: (message: FromWasi) => void;
  /** Ends it at once, whatever it does. */
  terminate(): void;
}

/** Where WASI workers come from. */
export interface WasiThreads {
  /** Starts a thread for one. */
  spawn(): WasiThread;
  /** Whether the kernel may share memory with them, and they with each other. */
  readonly mayShare: boolean;
  /** Why none could run a program here; the guest's own programs run instead. */
  obstacle?: string;
}

/** Serves one program, or one thread of it. */
export interface ProgramListener {
  /** Does what the program asks for; never throws. The last call is `exit` or `threadExit`. */
  onCall(
    call: Call,
    data: Uint8Array,
    room: ((length: number) => Uint8Array) | undefined,
  ): Eventually<Result>;
  /** What came is no call: the worker is not what it was. */
  onBroken(): void;
}

/** Serves a program that prepares itself. */
export interface PreparationListener extends ProgramListener {
  /** It has, or it has done something else. Called once. */
  onPrepared(image: MemoryImage | undefined): void;
}

export class WasiWorker {
  private readonly thread: WasiThread;
  /** Undefined where memory cannot be shared. */
  private readonly channel: KernelChannel | undefined;
  private listener: ProgramListener | undefined;
  private onPrepared: PreparationListener["onPrepared"] = () => {};
  private ready: Promise<void>;
  private setReady = () => {};

  constructor({ spawn, mayShare }: WasiThreads) {
    const thread = spawn();
    this.thread = thread;
    this.channel = mayShare ? new KernelChannel() : undefined;
    this.ready = this.nextReady();
    thread.onMessage = (message) => this.receive(message);
    thread.post({ type: "open", ...(this.channel ? { memory: this.channel.memory } : {}) });
  }

  /** Done when it can run a program. */
  whenReady(): Promise<void> {
    return this.ready;
  }

  /** @param thread which one of the program's to run, if not the first */
  run(program: Program, listener: ProgramListener, thread?: Thread): void {
    this.listener = listener;
    this.ready = this.nextReady();
    this.thread.post({ type: "start", program, ...(thread ? { thread } : {}) });
  }

  /** Has a program prepare itself. */
  prepare(program: Program, listener: PreparationListener): void {
    this.listener = listener;
    this.onPrepared = (image) => listener.onPrepared(image);
    this.ready = this.nextReady();
    this.thread.post({ type: "prepare", program });
  }

  terminate(): void {
    this.listener = undefined;
    this.thread.terminate();
  }

  private receive(message: FromWasi): void {
    if (message.type === "ready") this.setReady();
    else if (message.type === "prepared") this.onPrepared(message.image);
    else if (this.channel) this.answerInPlace(this.channel);
    else if (message.call) void this.answerByMessage(message.call, message.data);
  }

  private answerInPlace(channel: KernelChannel): void {
    const { listener } = this;
    if (!listener) return;
    let taken: ReturnType<KernelChannel["take"]>;
    try {
      taken = channel.take();
    } catch {
      listener.onBroken();
      return;
    }
    const room = (length: number) => channel.room(length);
    const result = listener.onCall(taken.call as Call, taken.data, room);
    if (result instanceof Promise)
      void result.then(({ answer, data }) => channel.answer(answer, data));
    else channel.answer(result.answer, result.data);
  }

  private async answerByMessage(call: Call, data: Uint8Array = new Uint8Array(0)): Promise<void> {
    const result = await this.listener?.onCall(call, data, undefined);
    if (result) this.thread.post({ type: "answer", ...result });
  }

  private nextReady(): Promise<void> {
    return new Promise((resolve) => {
      this.setReady = resolve;
    });
  }
}
