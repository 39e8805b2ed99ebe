/** poll_oneoff: waiting for clocks and files. */
import { Clock, type Clocks } from "./clocks.ts";
import { type WasiErrnoName, WasiError, wasiErrno } from "./errno.ts";
import { type FileTable, isStream } from "./file-table.ts";
import type { Memory } from "./memory.ts";
import type { Context } from "./preview1.ts";
import { ask, type Steps, type WasiFunctions } from "./steps.ts";

/**
 * u64 userdata, u8 type at 8, then at 16 a u32 descriptor, or a clock: u32 id, u64 time at 24, u16 flags
 * at 40.
 */
const SUBSCRIPTION_BYTES = 48;
/** u64 userdata, u16 error at 8, u8 type at 10, u64 bytes to read or to write at 16. */
const EVENT_BYTES = 32;
/** eventtype. */
const EventType = { clock: 0, read: 1, write: 2 } as const;
/** subclockflags: the time is that of the clock, not from now on. */
const ABSOLUTE = 1;
/** The longest that browsers' timers can wait. */
const MOST_MS = 2 ** 31 - 1;

/** What is waited for. One with neither of the last two is there already. */
interface Subscription {
  userdata: bigint;
  type: number;
  error?: WasiErrnoName;
  /** A clock: when, by performance.now(). */
  deadline?: number;
  /** A stream: the kernel's number. */
  stream?: number;
}

/** poll_oneoff of one program. */
export function pollFunctions({ memory, files, clocks }: Context): WasiFunctions {
  return {
    *poll_oneoff(subscriptions: number, events: number, count: number, result: number) {
      if (count === 0) throw new WasiError("EINVAL");
      // Before anything is waited for.
      memory.bytes(subscriptions, count * SUBSCRIPTION_BYTES);
      memory.bytes(events, count * EVENT_BYTES);
      const wanted = Array.from({ length: count }, (_, i) =>
        subscription(memory, subscriptions + i * SUBSCRIPTION_BYTES, files, clocks),
      );
      const happened = yield* firstOf(wanted);
      happened.forEach((one, i) => {
        putEvent(memory, events + i * EVENT_BYTES, one);
      });
      memory.setU32(result, happened.length);
    },
  };
}

function subscription(memory: Memory, at: number, files: FileTable, clocks: Clocks): Subscription {
  const userdata = memory.u64(at);
  const type = memory.u8(at + 8);
  const id = memory.u32(at + 16);
  if (type === EventType.clock) {
    const isAbsolute = (memory.u16(at + 40) & ABSOLUTE) !== 0;
    if (id > Clock.monotonic) return { userdata, type, error: "EINVAL" };
    return { userdata, type, deadline: clocks.deadline(id, memory.u64(at + 24), isAbsolute) };
  }
  if (type !== EventType.read && type !== EventType.write) throw new WasiError("EINVAL");
  const file = files.find(id);
  if (!file || !(type === EventType.read ? file.read : file.write)) {
    return { userdata, type, error: "EBADF" };
  }
  return isStream(file) ? { userdata, type, stream: file.file } : { userdata, type };
}

/** Waits until something of it has happened, and returns all that has. */
function* firstOf(wanted: readonly Subscription[]): Steps<Subscription[]> {
  const streams = wanted.filter(({ stream }) => stream !== undefined);
  const polled = streams.map(({ stream = 0, type }) => ({
    file: stream,
    write: type === EventType.write,
  }));
  for (;;) {
    const left = timeLeft(wanted);
    let ready: ReadonlySet<Subscription> = new Set();
    if (polled.length > 0 || left > 0) {
      const timeout = left === Infinity ? null : Math.min(Math.ceil(left), MOST_MS);
      const answer = yield* ask({ op: "poll", files: polled, timeout });
      ready = new Set(streams.filter((_, i) => answer.ready?.[i]));
    }
    const now = performance.now();
    const happened = wanted.filter(
      (one) => isThere(one) || ready.has(one) || (one.deadline ?? Infinity) <= now,
    );
    if (happened.length > 0) return happened;
  }
}

/** Milliseconds until the first of the clocks; Infinity if there is none. */
function timeLeft(wanted: readonly Subscription[]): number {
  if (wanted.some(isThere)) return 0;
  const first = wanted.reduce(
    (least, { deadline = Infinity }) => Math.min(least, deadline),
    Infinity,
  );
  return Math.max(0, first - performance.now());
}

function isThere({ deadline, stream }: Subscription): boolean {
  return deadline === undefined && stream === undefined;
}

function putEvent(memory: Memory, at: number, { userdata, type, error }: Subscription): void {
  const view = memory.structure(at, EVENT_BYTES);
  view.setBigUint64(0, userdata, true);
  if (error) view.setUint16(8, wasiErrno[error], true);
  view.setUint8(10, type);
  // How many bytes there are nobody knows; one at least, or the end.
  if (!error && type !== EventType.clock) view.setBigUint64(16, 1n, true);
}
