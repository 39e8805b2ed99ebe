/** What WASI's two times and their flags ask for. */
import type { TimeChange } from "./contract.ts";
import { WasiError } from "./errno.ts";
import { TimeFlag } from "./layouts.ts";

const ALL_FLAGS = TimeFlag.atime | TimeFlag.atimeNow | TimeFlag.mtime | TimeFlag.mtimeNow;
const BITS = 64;

/** @throws WasiError EINVAL when flags contradict each other */
export function timeChanges(
  atime: bigint,
  mtime: bigint,
  flags: number,
): { atime?: TimeChange; mtime?: TimeChange } {
  if (flags & ~ALL_FLAGS) throw new WasiError("EINVAL");
  return {
    atime: timeChange(atime, flags & TimeFlag.atime, flags & TimeFlag.atimeNow),
    mtime: timeChange(mtime, flags & TimeFlag.mtime, flags & TimeFlag.mtimeNow),
  };
}

function timeChange(time: bigint, isGiven: number, isNow: number): TimeChange {
  if (isGiven && isNow) throw new WasiError("EINVAL");
  if (isNow) return "now";
  return isGiven ? String(BigInt.asUintN(BITS, time)) : undefined;
}
