/** The program a new terminal runs. */
import type { Manifest } from "../../images/format/manifest.ts";
import type { Program } from "./agent/protocol.ts";

/** What every login shell starts with; the image's own environment goes over it. */
const ENVIRONMENT = {
  HOME: "/root",
  USER: "root",
  LOGNAME: "root",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
  TERM: "xterm-256color",
  COLORTERM: "truecolor",
};

/**
 * The image's login shell, in root's home.
 *
 * @param own what one machine has over the image's environment
 */
export function loginShell(
  manifest: Pick<Manifest, "shell" | "environment">,
  own: Readonly<Record<string, string>> = {},
): Program {
  const environment = { ...ENVIRONMENT, ...manifest.environment, ...own, SHELL: manifest.shell };
  return {
    argv: [manifest.shell, "-l"],
    environment,
    directory: environment.HOME,
    raw: false,
  };
}
