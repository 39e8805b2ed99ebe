/** Questions of DNS by way of one stream of datagrams, which is opened when it is needed. */
import { NetworkError } from "../../../shared/byte-stream.ts";
import type { Forward } from "../dns/server.ts";
import type { DatagramStream } from "../relay/datagrams.ts";
import type { Egress } from "./egress.ts";

/** Bytes of a message's id, which pairs an answer with its question (RFC 1035, 4.1.1). */
const ID_BYTES = 2;

/** @returns what asks a resolver; who asks gives each question under way an id of its own, and checks answers */
export function forwarderTo(egress: Egress): Forward {
  const waiting = new Map<string, (answer: Uint8Array | NetworkError) => void>();
  let stream: DatagramStream | undefined;
  const open = () => {
    const opened = egress.openResolver();
    opened.onMessage = (answer) => waiting.get(idOf(answer))?.(answer);
    opened.onClose = (error) => {
      stream = undefined;
      for (const settle of [...waiting.values()]) settle(error);
    };
    return opened;
  };
  return (query, signal) =>
    new Promise((resolve, reject) => {
      const id = idOf(query);
      const settle = (answer: Uint8Array | NetworkError) => {
        if (waiting.get(id) === settle) waiting.delete(id);
        if (answer instanceof NetworkError) reject(answer);
        else resolve(answer);
      };
      waiting.set(id, settle);
      signal.addEventListener("abort", () =>
        settle(new NetworkError("ETIMEDOUT", "The resolver has not answered.")),
      );
      stream ??= open();
      stream.send(query.slice());
    });
}

function idOf(message: Uint8Array): string {
  return message.subarray(0, ID_BYTES).join();
}
