/** Streams whose bytes are counted and kept to a rate. */
import type { ByteStream } from "../workers/shared/byte-stream.ts";
import type { Account } from "./access/accounts.ts";

/** The same stream, whose reader waits as long as the account's rate asks for. */
export function metered(
  stream: ByteStream,
  account: Account,
  count: (bytes: number) => void,
): ByteStream {
  return {
    read: async () => {
      const bytes = await stream.read();
      if (!bytes) return undefined;
      count(bytes.length);
      const pause = account.spend(bytes.length);
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      return bytes;
    },
    write: (bytes) => stream.write(bytes),
    end: () => stream.end(),
    abort: () => stream.abort(),
  };
}
