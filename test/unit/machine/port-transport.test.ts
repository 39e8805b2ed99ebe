/** The way of 9P messages between workers: what may be answered in shared memory, and what must keep its turn. */
import { expect, test } from "vitest";
import type { NinepRequest, ToNinepClient } from "../../../workers/kernel/contract.ts";
import { request as types } from "../../../workers/kernel/ninep/protocol.ts";
import { ReplySlot } from "../../../workers/kernel/reply-slot.ts";
import { PortTransport } from "../../../workers/machine/port-transport.ts";

/** A kernel that answers within the post of a request, in the slot where it may; messages wait. */
class Kernel {
  readonly slot = new ReplySlot();
  readonly waiting: ToNinepClient[] = [];
  onRequest: (request: NinepRequest) => void = () => {};
  readonly port = {
    onmessage: (_event: { data: ToNinepClient }): void => {},
    postMessage: (request: NinepRequest) => this.onRequest(request),
  };

  reply(id: number, ...bytes: number[]): void {
    const reply = Uint8Array.from(bytes);
    if (!this.slot.put(id, reply)) this.waiting.push({ type: "reply", id, bytes: reply });
  }

  /** The machine's event loop gets to the messages. */
  deliver(): void {
    for (const data of this.waiting.splice(0)) this.port.onmessage({ data });
  }
}

function connected() {
  const kernel = new Kernel();
  const port = kernel.port as unknown as MessagePort;
  const transport = new PortTransport({ port, slot: kernel.slot.memory });
  const replies: string[] = [];
  const request = (type: number, name: string) =>
    transport.request("live", Uint8Array.of(7, 0, 0, 0, type, 0, 0), () => replies.push(name));
  return { kernel, request, replies };
}

test("what is answered at once is there at once", () => {
  const { kernel, request, replies } = connected();
  kernel.onRequest = ({ id }) => kernel.reply(id, 1);
  request(types.getattr, "attributes");
  expect(replies).toEqual(["attributes"]);
});

test("the reply to a flush comes after that to the request it is about", () => {
  const { kernel, request, replies } = connected();
  let old = 0;
  kernel.onRequest = ({ id }) => {
    old = id;
  };
  request(types.read, "old");
  // The server ends what waits, and then says so.
  kernel.onRequest = ({ id }) => {
    kernel.reply(old, 4);
    kernel.reply(id, 109);
  };
  request(types.flush, "flush");
  kernel.deliver();
  expect(replies).toEqual(["old", "flush"]);
});
