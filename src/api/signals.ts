import { TabnixError } from "../../workers/shared/errors.ts";

/** Signals by their names, with the numbers of Linux on i386. */
const NUMBERS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGWINCH: 28,
} as const;

/** A signal that can be sent. */
export type SignalName = keyof typeof NUMBERS;

/** @throws TabnixError `invalid-input` */
export function signalNumber(name: SignalName): number {
  if (Object.hasOwn(NUMBERS, name)) return NUMBERS[name];
  throw new TabnixError(
    "invalid-input",
    `${JSON.stringify(name)} is not a signal that can be sent.`,
    `Signals are ${Object.keys(NUMBERS).join(", ")}.`,
  );
}
