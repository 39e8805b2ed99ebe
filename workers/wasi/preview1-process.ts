/** WASI functions about the program itself, the time and chance; and sockets, of which there are none. */
import { SUCCESS, WasiError } from "./errno.ts";
import { isShared, type Memory, textBytes } from "./memory.ts";
import type { Context } from "./preview1.ts";
import type { WasiFunctions } from "./steps.ts";

/** What crypto.getRandomValues gives at once. */
const RANDOM_BYTES = 65_536;

/** Thrown through the module by proc_exit. */
export class ProgramExit {
  readonly status: number;

  constructor(status: number) {
    this.status = status;
  }
}

/** Those of one program. */
export function processFunctions({ memory, files, clocks, program }: Context): WasiFunctions {
  const noSocket = (fd: number): number => {
    files.get(fd);
    throw new WasiError("ENOTSOCK");
  };

  return {
    ...stringFunctions(memory, "args", program.argv),
    ...stringFunctions(memory, "environ", program.environment),
    sock_accept: noSocket,
    sock_recv: noSocket,
    sock_send: noSocket,
    sock_shutdown: noSocket,

    clock_res_get(clock: number, result: number) {
      memory.setU64(result, clocks.resolution(clock));
      return SUCCESS;
    },

    clock_time_get(clock: number, _precision: bigint, result: number) {
      memory.setU64(result, clocks.now(clock));
      return SUCCESS;
    },

    random_get(pointer: number, length: number) {
      const target = memory.bytes(pointer, length);
      for (let at = 0; at < length; at += RANDOM_BYTES) {
        const part = target.subarray(at, at + RANDOM_BYTES);
        // Browsers put chance only into memory of one thread.
        if (isShared(target.buffer)) part.set(crypto.getRandomValues(new Uint8Array(part.length)));
        else crypto.getRandomValues(part);
      }
      return SUCCESS;
    },

    proc_exit(status: number) {
      throw new ProgramExit(status);
    },

    proc_raise() {
      throw new WasiError("ENOSYS");
    },

    sched_yield() {
      return SUCCESS;
    },
  };
}

/** The two functions that give a program a list of strings: their sizes first, for it to make room. */
function stringFunctions(
  memory: Memory,
  name: "args" | "environ",
  texts: readonly string[],
): WasiFunctions {
  const strings = texts.map((text) => textBytes(`${text}\0`));
  return {
    [`${name}_sizes_get`](count: number, length: number) {
      memory.setU32(count, strings.length);
      memory.setU32(
        length,
        strings.reduce((sum, string) => sum + string.length, 0),
      );
      return SUCCESS;
    },

    [`${name}_get`](pointers: number, buffer: number) {
      let at = buffer;
      strings.forEach((string, i) => {
        memory.bytes(at, string.length).set(string);
        memory.setU32(pointers + i * Uint32Array.BYTES_PER_ELEMENT, at);
        at += string.length;
      });
      return SUCCESS;
    },
  };
}
