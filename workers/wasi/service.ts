/** A WASI worker's side of contract.ts: runs programs, one after the other. */
import { ProgramChannel } from "./channel.ts";
import type { FromWasi, Program, Thread, ToWasi } from "./contract.ts";
import { WasiHost } from "./host.ts";
import { totalLength } from "./memory.ts";
import type { MemoryImage } from "./memory-image.ts";
import type { Reply, Request } from "./steps.ts";

export class WasiService {
  private readonly post: (message: FromWasi, transfer?: Transferable[]) => void;
  private channel: ProgramChannel | undefined;
  /** Gets the answer to the call that is under way as a message. */
  private answered: ((reply: Reply) => void) | undefined;

  constructor(post: (message: FromWasi, transfer?: Transferable[]) => void) {
    this.post = post;
  }

  /** Takes one message; done when what it asks for is, which for `start` is when the program or thread ends. */
  async handle(message: ToWasi): Promise<void> {
    switch (message.type) {
      case "open":
        if (message.memory) {
          this.channel = new ProgramChannel(message.memory, () => this.post({ type: "call" }));
        }
        this.post({ type: "ready" });
        break;
      case "start":
        await this.run(message.program, message.thread);
        this.post({ type: "ready" });
        break;
      case "prepare":
        await this.prepare(message.program);
        this.post({ type: "ready" });
        break;
      case "answer":
        this.answered?.({ answer: message.answer, data: message.data ?? new Uint8Array(0) });
        break;
    }
  }

  private async run(program: Program, thread: Thread | undefined): Promise<void> {
    const host = new WasiHost(program, thread);
    const { channel } = this;
    if (channel) host.run((request) => channel.call(request));
    else await host.runSuspended((request) => this.callByMessage(request));
  }

  private async prepare(program: Program): Promise<void> {
    const image = await this.imageOf(program).catch(() => undefined);
    this.post({ type: "prepared", ...(image ? { image } : {}) });
  }

  private async imageOf(program: Program): Promise<MemoryImage | undefined> {
    const host = new WasiHost(program);
    const { channel } = this;
    return channel
      ? host.prepare((request) => channel.call(request))
      : host.prepareSuspended((request) => this.callByMessage(request));
  }

  private callByMessage({ call, data }: Request): Promise<Reply> {
    return new Promise((resolve) => {
      this.answered = resolve;
      if (!data) return this.post({ type: "call", call });
      // Together and out of the module's memory, all of which would go along otherwise.
      const bytes = concatenate(data);
      this.post({ type: "call", call, data: bytes }, [bytes.buffer]);
    });
  }
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(totalLength(pieces));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
