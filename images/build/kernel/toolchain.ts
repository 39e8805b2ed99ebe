/** The programs that compile a kernel. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { TabnixError } from "../../../workers/shared/errors.ts";

/** Each program and the Debian package that has it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  gcc: "gcc",
  ld: "binutils",
  make: "make",
  flex: "flex",
  bison: "bison",
  bc: "bc",
  patch: "patch",
  tar: "tar",
  xz: "xz-utils",
};

/** What is asked of the machine. */
export interface Host {
  platform: string;
  /** As `process.arch` names it. */
  architecture: string;
  /** The folders of PATH. */
  path: readonly string[];
}

/** This machine. */
export function thisHost(): Host {
  return {
    platform: process.platform,
    architecture: process.arch,
    path: (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""),
  };
}

/**
 * Checks that a kernel can be compiled here.
 *
 * @throws TabnixError `missing-tool`, naming all that is missing and the command that installs it
 */
export function checkToolchain({ platform, architecture, path }: Host): void {
  if (platform !== "linux" || !["x64", "ia32"].includes(architecture)) {
    throw new TabnixError(
      "missing-tool",
      `The tuned kernel can only be compiled on Linux on an x86 processor, not ${platform} on ${architecture}.`,
      "Images work without it: they use Debian's own kernel.",
    );
  }
  const missing = Object.keys(PROGRAMS).filter(
    (program) => !path.some((folder) => isExecutable(join(folder, program))),
  );
  if (missing.length === 0) return;
  const packages = missing.map((program) => PROGRAMS[program]).join(" ");
  throw new TabnixError(
    "missing-tool",
    `The tuned kernel cannot be compiled without ${missing.join(", ")}.`,
    `On Debian: apt install ${packages}. Images work without it: they use Debian's own kernel.`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
