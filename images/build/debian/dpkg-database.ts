/**
 * The database of dpkg in /var/lib/dpkg, as it is after `dpkg --unpack`: `dpkg --configure -a` in the
 * guest then finishes every package.
 */
import { createHash } from "node:crypto";
import type { Deb } from "./deb.ts";
import type { FileAttributes, TreeWriter } from "./tree-writer.ts";

const FOLDER = "/var/lib/dpkg";
const FOLDERS = [FOLDER, ...["alternatives", "info", "parts", "triggers", "updates"].map(below)];

function below(name: string): string {
  return `${FOLDER}/${name}`;
}

/** A package whose files are in the tree. */
export interface InstalledFiles {
  deb: Deb;
  /** Every path of the package as it is in the archive, left out ones too, in order. */
  paths: readonly string[];
  /** MD5 of the files that the package marks as configuration, by path. */
  conffiles: ReadonlyMap<string, string>;
}

/**
 * Adds packages to the database, or makes it if there is none.
 *
 * @param architecture the guest's: "i386"
 * @param mtime of the files written, in seconds
 */
export async function addToDatabase(
  packages: readonly InstalledFiles[],
  tree: TreeWriter,
  architecture: string,
  mtime: number,
): Promise<void> {
  const attributes = (mode: number): FileAttributes => ({ mode, uid: 0, gid: 0, mtime });
  const read = async (path: string) => Buffer.from((await tree.readFile(path)) ?? "").toString();
  const write = async (path: string, text: string) => {
    await tree.writeFile(path, Buffer.from(text), attributes(0o644));
  };

  for (const folder of FOLDERS) await tree.makeDirectory(folder, attributes(0o755));
  await write(below("arch"), `${architecture}\n`);
  await write(below("info/format"), "1\n");
  if ((await tree.readFile(below("available"))) === undefined) await write(below("available"), "");

  for (const { deb, paths } of packages) {
    const info = `${below("info")}/${databaseName(deb)}`;
    await write(`${info}.list`, paths.map((path) => `${path === "/" ? "/." : path}\n`).join(""));
    for (const [name, { bytes, mode }] of deb.control) {
      if (name !== "control") await tree.writeFile(`${info}.${name}`, bytes, attributes(mode));
    }
  }
  const status = packages.map(statusStanza).join("\n");
  const before = await read(below("status"));
  await write(below("status"), before === "" ? status : `${before.trimEnd()}\n\n${status}`);

  for (const [file, lines] of triggerFiles(packages)) {
    const known = await read(below(`triggers/${file}`));
    const added = lines.filter((line) => !known.split("\n").includes(line));
    await write(below(`triggers/${file}`), known + added.map((line) => `${line}\n`).join(""));
  }
  await write(below("triggers/Unincorp"), await activatedFileTriggers(packages, read));
}

/** Marks configuration files with the MD5 of what the package brings; dpkg compares on upgrades. */
function statusStanza({ deb, conffiles }: InstalledFiles): string {
  const control = Buffer.from(deb.control.get("control")?.bytes ?? "").toString();
  const stanza = control.trimEnd().replace(/^(Package: .*)$/m, "$1\nStatus: install ok unpacked");
  const lines = [...conffiles].map(([path, md5]) => ` ${path} ${md5}\n`).join("");
  return `${stanza}\n${lines && `Conffiles:\n${lines}`}`;
}

/** The architecture is part of the name where several architectures can be installed together. */
function databaseName({ fields }: Deb): string {
  const name = fields.get("Package") ?? "";
  return fields.get("Multi-Arch") === "same" ? `${name}:${fields.get("Architecture")}` : name;
}

/** deb-triggers(5): the interests of a package as pairs of trigger and line in the database. */
function interests(deb: Deb): { trigger: string; interested: string }[] {
  const text = Buffer.from(deb.control.get("triggers")?.bytes ?? "").toString();
  return text.split("\n").flatMap((line) => {
    const match = /^\s*interest(-await|-noawait)?\s+(\S+)/.exec(line);
    if (!match) return [];
    const [, mode, trigger = ""] = match;
    const suffix = mode === "-noawait" ? "/noawait" : "";
    return [{ trigger, interested: databaseName(deb) + suffix }];
  });
}

/** Files of the trigger database and their lines: one for each named trigger, "File" for paths. */
function triggerFiles(packages: readonly InstalledFiles[]): Map<string, string[]> {
  const files = new Map<string, string[]>([["File", []]]);
  for (const { trigger, interested } of packages.flatMap(({ deb }) => interests(deb))) {
    const isPath = trigger.startsWith("/");
    const file = isPath ? "File" : trigger;
    const line = isPath ? `${trigger} ${interested}` : interested;
    files.set(file, [...(files.get(file) ?? []), line]);
  }
  return files;
}

/**
 * The paths in which some package is interested and below which files were unpacked, one
 * "path -" a line. Packages that are not configured yet ignore them.
 */
async function activatedFileTriggers(
  packages: readonly InstalledFiles[],
  read: (path: string) => Promise<string>,
): Promise<string> {
  const watched = new Set((await read(below("triggers/File"))).split("\n").map(firstWord));
  watched.delete("");
  const activated = [...watched].filter((trigger) =>
    packages.some(({ paths }) =>
      paths.some((path) => path === trigger || path.startsWith(`${trigger}/`)),
    ),
  );
  return activated.map((trigger) => `${trigger} -\n`).join("");
}

function firstWord(line: string): string {
  return line.split(" ")[0] ?? "";
}

/** The paths that a package's `conffiles` lists; those to be removed on upgrades are no files of it. */
export function conffilePaths(deb: Deb): Set<string> {
  const text = Buffer.from(deb.control.get("conffiles")?.bytes ?? "").toString();
  return new Set(text.split("\n").filter((line) => line.startsWith("/")));
}

/** As dpkg writes it. */
export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
