/** 9P requests to the kernel worker over a MessagePort, and replies by it or by the shared slot. */
import type { Mount, NinepLink, NinepReply, NinepRequest } from "../kernel/contract.ts";
import { nextRequest, ReplySlot } from "../kernel/reply-slot.ts";
import type { NinepTransport } from "./machine.ts";

export class PortTransport implements NinepTransport {
  private readonly port: MessagePort;
  private readonly slot: ReplySlot | undefined;
  private readonly replies = new Map<number, (bytes: Uint8Array) => void>();
  private nextId = 1;

  constructor({ port, slot }: NinepLink) {
    this.port = port;
    this.slot = slot && new ReplySlot(slot);
    port.onmessage = ({ data }: MessageEvent<NinepReply>) => this.reply(data.id, data.bytes);
  }

  request(mount: Mount, bytes: Uint8Array, reply: (bytes: Uint8Array) => void): void {
    const id = this.nextId;
    this.nextId = nextRequest(id);
    this.replies.set(id, reply);
    const message: NinepRequest = { mount, id, bytes };
    this.slot?.open(id);
    this.port.postMessage(message, [bytes.buffer]);
    const answer = this.slot?.take();
    if (answer) this.reply(id, answer);
  }

  private reply(id: number, bytes: Uint8Array): void {
    const reply = this.replies.get(id);
    this.replies.delete(id);
    reply?.(bytes);
  }
}
