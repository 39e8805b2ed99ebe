/** What runs on a new terminal, and for a command from outside. */
import type { Manifest } from "../../images/format/manifest.ts";
import type { Command, Program } from "./agent/protocol.ts";
import type { ProgramRequest } from "./programs/contract.ts";

/** What every program starts with; the image's own environment goes over it. */
const ENVIRONMENT = {
  HOME: "/root",
  USER: "root",
  LOGNAME: "root",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
};
/** What a login shell has beside that. */
const TERMINAL = { TERM: "xterm-256color", COLORTERM: "truecolor" };
/** Whatever the image says of terminals: there is none. */
const NO_TERMINAL = { TERM: "dumb" };

/**
 * The image's login shell, in root's home.
 *
 * @param own what one machine has over the image's environment
 */
export function loginShell(
  manifest: Pick<Manifest, "shell" | "environment">,
  own: Readonly<Record<string, string>> = {},
): Program {
  const environment = {
    ...ENVIRONMENT,
    ...TERMINAL,
    ...manifest.environment,
    ...own,
    SHELL: manifest.shell,
  };
  return {
    argv: [manifest.shell, "-l"],
    environment,
    directory: environment.HOME,
    raw: false,
  };
}

/** A command from outside, without a terminal: in root's home, unless it says where. */
export function commandOf(
  { command, directory, environment: own }: ProgramRequest,
  { shell, environment: ofImage }: Pick<Manifest, "shell" | "environment">,
): Command {
  const environment = { ...ENVIRONMENT, ...ofImage, ...NO_TERMINAL, SHELL: shell, ...own };
  return {
    argv: typeof command === "string" ? [shell, "-c", command] : command,
    environment,
    directory: directory ?? environment.HOME,
  };
}
