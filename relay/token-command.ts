/** `relay token`: makes a token. */
import { parseArgs } from "node:util";
import { TabnixError } from "../workers/shared/errors.ts";
import { isScope, signToken } from "./access/token.ts";
import { readSecret } from "./options.ts";

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const HINT = "relay token --secret-file relay.secret --scope egress --expires 30d [--subject anna]";

/**
 * Makes a token as the arguments say.
 *
 * @param now in milliseconds since 1970
 * @throws TabnixError "invalid-input"
 */
export function makeToken(args: string[], now: number): string {
  const values = parse(args);
  const file = values["secret-file"];
  const scope = values.scope ?? [];
  if (file === undefined) throw wrong("A token needs the relay's secret: --secret-file.");
  if (scope.length === 0)
    throw wrong("A token needs a scope: --scope egress or --scope ingress:name.");
  for (const one of scope) {
    if (!isScope(one)) {
      throw wrong(`"${one}" is no scope. There are egress, ingress:<name> and ingress:*.`);
    }
  }
  const exp = Math.floor(now / 1000) + readDuration(values.expires);
  const { subject } = values;
  if (subject !== undefined && !/^[\x21-\x7e]{1,64}$/.test(subject)) {
    throw wrong("--subject takes 1 to 64 letters, digits and signs without blanks.");
  }
  return signToken(
    { exp, scope, ...(subject === undefined ? {} : { sub: subject }) },
    readSecret(file),
  );
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        "secret-file": { type: "string" },
        scope: { type: "string", multiple: true },
        expires: { type: "string" },
        subject: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

function readDuration(text: string | undefined): number {
  const [, amount, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text ?? "") ?? [];
  const seconds = Number(amount) * (UNITS[unit] ?? 0);
  if (seconds > 0) return seconds;
  throw wrong(
    text === undefined
      ? "A token needs an end: --expires 30d."
      : `"${text}" is no duration. Use a number and s, m, h or d: 30d.`,
  );
}

function wrong(message: string): TabnixError {
  return new TabnixError("invalid-input", message, HINT);
}
