/** DNS over TCP: each message follows its length, two octets (RFC 1035, 4.2.2; RFC 7766). */
import type { ByteStream } from "../../../shared/byte-stream.ts";
import { read16, write16 } from "../link/addresses.ts";

const LENGTH_BYTES = 2;

/** A message with its length before it. */
export function framed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES + message.length);
  write16(bytes, 0, message.length);
  bytes.set(message, LENGTH_BYTES);
  return bytes;
}

/** Puts messages together from a stream that is cut anywhere. It holds one message, 64 KiB, at most. */
export class DnsStreamReader {
  private pending = new Uint8Array(0);

  /** Yields the messages that `bytes` completes. They are views: use them before the next push. */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    const data = new Uint8Array(this.pending.length + bytes.length);
    data.set(this.pending);
    data.set(bytes, this.pending.length);
    let at = 0;
    while (data.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + read16(data, at);
      if (end > data.length) break;
      yield data.subarray(at + LENGTH_BYTES, end);
      at = end;
    }
    this.pending = data.slice(at);
  }
}

/** Answers the questions of a connection in the order they come, until it ends. Never rejects. */
export async function serveDnsStream(
  stream: ByteStream,
  answer: (query: Uint8Array) => Promise<Uint8Array | undefined>,
): Promise<void> {
  const reader = new DnsStreamReader();
  try {
    for (let bytes = await stream.read(); bytes; bytes = await stream.read()) {
      for (const query of reader.push(bytes)) {
        const message = await answer(query.slice());
        if (message) await stream.write(framed(message));
      }
    }
    stream.end();
  } catch {
    stream.abort();
  }
}
