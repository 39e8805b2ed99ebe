/** WASI's clocks, in nanoseconds. One set for each program: its processor time starts with it. */
import { WasiError } from "./errno.ts";

/** clockid. */
export const Clock = { realtime: 0, monotonic: 1, processTime: 2, threadTime: 3 } as const;

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
const NANOSECONDS = Number(NANOSECONDS_PER_MILLISECOND);
/** How far the fine clock may be from the coarse one: beyond its grain somebody has set it. */
const MOST_DRIFT_MS = 5;
/** What browsers leave of performance.now(), in an isolated page and in others. */
const ISOLATED_RESOLUTION = 5_000n;
const RESOLUTION = 100_000n;

export class Clocks {
  private readonly started = performance.now();
  private origin = performance.timeOrigin;

  /** @throws WasiError EINVAL when there is no such clock */
  now(clock: number): bigint {
    switch (clock) {
      case Clock.realtime:
        return toNanoseconds(this.realtime());
      case Clock.monotonic:
        return toNanoseconds(performance.now());
      case Clock.processTime:
      case Clock.threadTime:
        // Waiting included: what a worker really spends nobody tells.
        return toNanoseconds(performance.now() - this.started);
      default:
        throw new WasiError("EINVAL");
    }
  }

  /** The same for all clocks. @throws WasiError EINVAL when there is no such clock */
  resolution(clock: number): bigint {
    if (clock > Clock.threadTime) throw new WasiError("EINVAL");
    return globalThis.crossOriginIsolated ? ISOLATED_RESOLUTION : RESOLUTION;
  }

  /** When, by performance.now(), a clock that one can wait for shows a time, or that time has passed. */
  deadline(clock: number, time: bigint, isAbsolute: boolean): number {
    if (clock > Clock.monotonic) throw new WasiError("EINVAL");
    const milliseconds = Number(time) / NANOSECONDS;
    if (!isAbsolute) return performance.now() + milliseconds;
    if (clock === Clock.monotonic) return milliseconds;
    return milliseconds - this.realtime() + performance.now();
  }

  /** The system's time with the fine clock's grain. The fine clock alone misses when the system sleeps. */
  private realtime(): number {
    const coarse = Date.now();
    const fine = performance.now();
    if (Math.abs(this.origin + fine - coarse) > MOST_DRIFT_MS) this.origin = coarse - fine;
    return this.origin + fine;
  }
}

function toNanoseconds(milliseconds: number): bigint {
  const whole = Math.floor(milliseconds);
  const rest = Math.floor((milliseconds - whole) * NANOSECONDS);
  return BigInt(whole) * NANOSECONDS_PER_MILLISECOND + BigInt(rest);
}
