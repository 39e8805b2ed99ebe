/** What the relay says: JSON lines for programs, plain lines for people. Never tokens, queries or payload. */

/** Fields of one event. */
export type LogFields = Record<string, string | number | boolean | undefined>;

/** Says one thing. `event` is a fixed phrase, what varies is in the fields. */
export type Log = (level: "info" | "warn", event: string, fields?: LogFields) => void;

/** What no line has in it, whatever a client puts into a name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals obey these
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** A log to a stream: JSON, or plain where somebody reads along. */
export function makeLog(
  write: (line: string) => void,
  plain: boolean,
  now = () => new Date(),
): Log {
  return (level, event, fields = {}) => {
    const time = now().toISOString();
    const clean = Object.entries(fields).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [[name, typeof value === "string" ? value.replace(CONTROL, "?") : value] as const],
    );
    if (plain) {
      const rest = clean.map(([name, value]) => ` ${name}=${value}`).join("");
      write(`${time.slice(11, 19)} ${level === "warn" ? "! " : ""}${event}${rest}\n`);
    } else write(`${JSON.stringify({ time, level, event, ...Object.fromEntries(clean) })}\n`);
  };
}
