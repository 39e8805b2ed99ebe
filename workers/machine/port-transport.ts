/** 9P requests to the kernel worker over a MessagePort. */
import type { Mount, NinepReply, NinepRequest } from "../kernel/contract.ts";
import type { NinepTransport } from "./machine.ts";

export class PortTransport implements NinepTransport {
  private readonly port: MessagePort;
  private readonly replies = new Map<number, (bytes: Uint8Array) => void>();
  private nextId = 1;

  constructor(port: MessagePort) {
    this.port = port;
    port.onmessage = ({ data }: MessageEvent<NinepReply>) => {
      const reply = this.replies.get(data.id);
      this.replies.delete(data.id);
      reply?.(data.bytes);
    };
  }

  request(mount: Mount, bytes: Uint8Array, reply: (bytes: Uint8Array) => void): void {
    const id = this.nextId++;
    this.replies.set(id, reply);
    const message: NinepRequest = { mount, id, bytes };
    this.port.postMessage(message, [bytes.buffer]);
  }
}
