const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;
const STEP = 1000;
/** Below this a digit after the point still says something. */
const WHOLE_FROM = 100;

/** Bytes in decimal units, three digits at most: `3.9 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= STEP && unit < UNITS.length - 1) {
    value /= STEP;
    unit += 1;
  }
  const digits = unit === 0 || value >= WHOLE_FROM ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

const BYTES_PER_MIB = 2 ** 20;

/** Memory as it is sold, in binary units: `128 MiB`. */
export function formatMemory(bytes: number): string {
  return `${Math.round(bytes / BYTES_PER_MIB)} MiB`;
}
