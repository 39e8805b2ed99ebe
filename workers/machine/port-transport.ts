/**
 * 9P requests to the kernel worker over a MessagePort, and replies by it or by the shared slot. Where
 * the kernel offers what a replica of the base needs, that answers first.
 */
import type {
  Mount,
  NinepLink,
  NinepRequest,
  ReplicaSource,
  ToNinepClient,
} from "../kernel/contract.ts";
import { SharedEpochs } from "../kernel/epoch.ts";
import type { BaseReplica } from "../kernel/ninep/base-replica.ts";
import type { FidRecord } from "../kernel/ninep/fid.ts";
import { TYPE_OFFSET, request as types } from "../kernel/ninep/protocol.ts";
import type { Reply } from "../kernel/ninep/session.ts";
import { nextRequest, ReplySlot } from "../kernel/reply-slot.ts";
import type { NinepTransport } from "./machine.ts";

export class PortTransport implements NinepTransport {
  private readonly port: MessagePort;
  private readonly slot: ReplySlot | undefined;
  private readonly replies = new Map<number, Reply>();
  private replica: BaseReplica | undefined;
  private readonly sharedEpochs: SharedEpochs | undefined;
  private readonly toldEpochs: Record<Mount, number> = { system: 0, live: 0 };
  private nextId = 1;

  constructor({ port, slot, epochs }: Omit<NinepLink, "frames">) {
    this.port = port;
    this.slot = slot && new ReplySlot(slot);
    this.sharedEpochs = epochs && new SharedEpochs(epochs);
    port.onmessage = ({ data }: MessageEvent<ToNinepClient>) => {
      if (data.type === "reply") this.reply(data.id, data.bytes);
      else if (data.type === "epoch") this.toldEpochs[data.mount] = data.epoch;
      // Without a replica the kernel answers everything.
      else this.makeReplica(data).catch(() => {});
    };
  }

  epoch(mount: Mount): number {
    return this.sharedEpochs?.get(mount) ?? this.toldEpochs[mount];
  }

  request(mount: Mount, bytes: Uint8Array, reply: Reply): void {
    if (mount === "system" && this.replica) {
      this.replica.handle(bytes, reply, (request, fids, answer) =>
        this.send(mount, request, fids, answer),
      );
    } else {
      this.send(mount, bytes, [], reply);
    }
  }

  private send(mount: Mount, bytes: Uint8Array, fids: FidRecord[], reply: Reply): void {
    const id = this.nextId;
    this.nextId = nextRequest(id);
    this.replies.set(id, reply);
    const message: NinepRequest = { mount, id, bytes, fids };
    // The reply to Tflush must not overtake that to the request it is about, which may be a message on its
    // way: after Rflush the guest has given that request's memory to another.
    const slot = bytes[TYPE_OFFSET] === types.flush ? undefined : this.slot;
    slot?.open(id);
    this.port.postMessage(message, [bytes.buffer]);
    slot?.take((answer) => this.reply(id, answer));
  }

  private async makeReplica(source: ReplicaSource): Promise<void> {
    // Not needed before the prompt, and so not loaded before it.
    const { openReplica } = await import("../kernel/ninep/base-replica.ts");
    this.replica = openReplica(source);
  }

  private reply(id: number, bytes: Uint8Array): void {
    const reply = this.replies.get(id);
    this.replies.delete(id);
    reply?.(bytes);
  }
}
