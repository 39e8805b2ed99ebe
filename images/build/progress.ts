/** What a long build tells the person who waits for it. */

/** Reports stages, one after the other or nested. */
export interface Progress {
  /**
   * Begins a stage.
   *
   * @param label what is being done, "Download 107 packages"
   * @param total bytes to be processed, if they are known
   */
  stage(label: string, total?: number): Stage;
  /** One line that stays. */
  note(message: string): void;
}

/** One stage. */
export interface Stage {
  /** `bytes` more have been processed. */
  advance(bytes: number): void;
  /** What is being worked on now, where bytes say nothing: "12 of 107, bash". */
  at(item: string): void;
  /** A few words on where it is: "3 of 140, libc6". */
  at(position: string): void;
  /** The stage is over; `result` is a few words about what came out of it. */
  done(result?: string): void;
}

/** Reports nothing. */
export const silent: Progress = {
  stage: () => ({ advance() {}, at() {}, done() {} }),
  note() {},
};

/** The part of a stream that the reporter needs; `process.stderr` is one. */
export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const REWRITE_MILLISECONDS = 100;
const PLAIN_LINE_MILLISECONDS = 5000;
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = "\r\u001b[K";

/**
 * A reporter for people. On a terminal the current stage is one line that is rewritten; elsewhere, in
 * logs of continuous integration, a stage prints a line when it ends and one every five seconds.
 *
 * @param now the clock, in milliseconds
 */
export function reportTo(
  terminal: Terminal,
  now: () => number = () => performance.now(),
): Progress {
  const interactive = terminal.isTTY === true;
  const interval = interactive ? REWRITE_MILLISECONDS : PLAIN_LINE_MILLISECONDS;

  const transient = (line: string) => {
    if (interactive) {
      terminal.write(CLEAR_LINE + line.slice(0, (terminal.columns ?? DEFAULT_COLUMNS) - 1));
    } else terminal.write(`${line}\n`);
  };
  const permanent = (line: string) => terminal.write(`${interactive ? CLEAR_LINE : ""}${line}\n`);

  return {
    note: permanent,
    stage(label, total) {
      const start = now();
      let last = start;
      let bytes = 0;
      let position = "";
      const update = () => {
        if (now() - last < interval) return;
        last = now();
        transient(["…", label, position, amount(bytes, total)].filter(Boolean).join(" "));
      };
      if (interactive) transient(`… ${label}`);
      return {
        advance(more) {
          bytes += more;
          update();
        },
        at(where) {
          position = where;
          update();
        },
        done(result) {
          const facts = [result, amount(bytes), `${((now() - start) / 1000).toFixed(1)} s`];
          permanent(`✓ ${label} (${facts.filter(Boolean).join(", ")})`);
        },
      };
    },
  };
}

function amount(bytes: number, total?: number): string {
  if (total !== undefined && total > 0) return `${megabytes(bytes)} of ${megabytes(total)} MB`;
  return bytes === 0 ? "" : `${megabytes(bytes)} MB`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
