/** Puts the files of packages into a tree, as `dpkg --unpack` does, without running their scripts. */
import { TabnixError } from "../../../workers/shared/errors.ts";
import { type Deb, openDebFile } from "./deb.ts";
import { DPKG_RULES, isDocumentation } from "./documentation.ts";
import { addToDatabase, conffilePaths, type InstalledFiles, md5 } from "./dpkg-database.ts";
import { licencesOf } from "./licences.ts";
import type { DebianPackage } from "./packages.ts";
import type { TarEntry } from "./tar.ts";
import type { FileAttributes, TreeWriter } from "./tree-writer.ts";

/** How to unpack. */
export interface UnpackOptions {
  /** The guest's: "i386". */
  architecture: string;
  /** Keep manual pages, translations and the like. */
  documentation: boolean;
  /** Packages that are in the tree already. */
  installed?: readonly DebianPackage[];
  /** Leave packages unconfigured although they ask for it: for a tree that runs one known program. */
  unconfigured?: boolean;
  /** Modification time of what no package brings, in seconds: that of the Debian release. */
  mtime: number;
  /** Told how many bytes of .deb files have been unpacked. */
  advance?: (bytes: number) => void;
}

/** A package that is in the tree, for the bill of materials. Survives JSON. */
export interface UnpackedPackage {
  name: string;
  version: string;
  architecture: string;
  /** Of the .deb. */
  sha256: string;
  maintainer: string;
  /** Short names of licences as the package's copyright file states them; empty if it does not. */
  licences: string[];
}

/** Directories whose programs and libraries moved to /usr; Debian keeps links in their places. */
const MERGED = ["bin", "sbin", "lib"];

/**
 * Unpacks packages. If dpkg is among them or in the tree, its database says that they are unpacked
 * and `dpkg --configure -a` in the guest finishes them.
 *
 * @param packages with the path of each verified .deb
 * @throws TabnixError `malformed` for a damaged package, `invalid-input` for one that needs dpkg to
 * be configured while there is none
 */
export async function unpackPackages(
  packages: ReadonlyMap<DebianPackage, string>,
  tree: TreeWriter,
  options: UnpackOptions,
): Promise<UnpackedPackage[]> {
  const { installed = [], mtime } = options;
  const hasDpkg = [...packages.keys(), ...installed].some(({ name }) => name === "dpkg");
  await layOut(tree, { mode: 0o755, uid: 0, gid: 0, mtime });
  const unpacked: { entry: DebianPackage; files: InstalledFiles }[] = [];
  const copyrights = new Copyrights();
  for (const [entry, path] of packages) {
    const deb = await openDebFile(path);
    if (!hasDpkg && !options.unconfigured) refuseScripts(deb, entry.name);
    unpacked.push({ entry, files: await unpackOne(deb, entry.name, tree, copyrights, options) });
    options.advance?.(entry.size);
  }
  if (hasDpkg) {
    const all = unpacked.map(({ files }) => files);
    await addToDatabase(all, tree, options.architecture, mtime);
    if (!options.documentation) await writeRules(tree, mtime);
  }
  return unpacked.map(({ entry, files }) => {
    const { name, version, architecture, sha256 } = entry;
    const maintainer = files.deb.fields.get("Maintainer") ?? "";
    const licences = licencesOf(copyrights.of(name));
    return { name, version, architecture, sha256, maintainer, licences };
  });
}

/** The merged /usr comes first: later packages write through the links. */
async function layOut(tree: TreeWriter, attributes: FileAttributes): Promise<void> {
  await tree.makeDirectory("/usr", attributes);
  for (const name of MERGED) {
    await tree.makeDirectory(`/usr/${name}`, attributes);
    await tree.makeSymlink(`/${name}`, `usr/${name}`, { ...attributes, mode: 0o777 });
  }
}

async function writeRules(tree: TreeWriter, mtime: number): Promise<void> {
  const attributes = { mode: 0o644, uid: 0, gid: 0, mtime };
  for (const folder of ["/etc", "/etc/dpkg", "/etc/dpkg/dpkg.cfg.d"]) {
    await tree.makeDirectory(folder, { ...attributes, mode: 0o755 });
  }
  const path = "/etc/dpkg/dpkg.cfg.d/tabnix-documentation";
  await tree.writeFile(path, Buffer.from(DPKG_RULES), attributes);
}

function refuseScripts(deb: Deb, name: string): void {
  if (!deb.control.has("postinst")) return;
  throw new TabnixError(
    "invalid-input",
    `The package ${name} must be configured by dpkg, which is not among the packages.`,
    'Add "dpkg" to the recipe, or set "essential" to true.',
  );
}

async function unpackOne(
  deb: Deb,
  name: string,
  tree: TreeWriter,
  copyrights: Copyrights,
  { documentation }: UnpackOptions,
): Promise<InstalledFiles> {
  const paths: string[] = [];
  const isConffile = conffilePaths(deb);
  const conffiles = new Map<string, string>();
  const leftOut = new Map<string, TarEntry>();
  const postinst = Buffer.from(deb.control.get("postinst")?.bytes ?? "").toString();
  for await (const entry of deb.data()) {
    paths.push(entry.path);
    copyrights.note(entry);
    if (isConffile.has(entry.path)) conffiles.set(entry.path, md5(entry.bytes));
    if (!documentation && isDocumentation(entry, postinst)) {
      if (entry.type === "directory") leftOut.set(entry.path, entry);
      continue;
    }
    for (const folder of ancestors(entry.path)) {
      const needed = leftOut.get(folder);
      if (needed) await tree.makeDirectory(folder, needed);
      leftOut.delete(folder);
    }
    await put(entry, name, tree);
  }
  return { deb, paths, conffiles };
}

/** "/usr", "/usr/share" for "/usr/share/man". */
function ancestors(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(2).map((_, index) => parts.slice(0, index + 2).join("/"));
}

async function put(entry: TarEntry, name: string, tree: TreeWriter): Promise<void> {
  const { path, type, target, bytes } = entry;
  if (path === "/") return;
  switch (type) {
    case "directory":
      return await tree.makeDirectory(path, entry);
    case "file":
      return await tree.writeFile(path, bytes, entry);
    case "symlink":
      return await tree.makeSymlink(path, target, entry);
    case "link":
      return await tree.makeLink(target, path);
    case "character-device":
    case "block-device":
    case "fifo":
      throw new TabnixError(
        "malformed",
        `The package ${name} has a ${type} at ${path}; Debian's packages have none.`,
      );
  }
}

/** Copyright files by package. A package may share the documentation folder of another by a link. */
class Copyrights {
  readonly #texts = new Map<string, string>();
  readonly #sharedWith = new Map<string, string>();

  note({ path, type, target, bytes }: TarEntry): void {
    const [, name = "", file] = /^\/usr\/share\/doc\/([^/]+)(\/copyright)?$/.exec(path) ?? [];
    if (name === "") return;
    if (file !== undefined && type === "file") {
      this.#texts.set(name, Buffer.from(bytes).toString("utf8"));
    } else if (file === undefined && type === "symlink") {
      const [shared = ""] = target.replace(/^(\.\.\/doc\/|\/usr\/share\/doc\/)/, "").split("/");
      this.#sharedWith.set(name, shared);
    }
  }

  of(name: string): string {
    return this.#texts.get(name) ?? this.#texts.get(this.#sharedWith.get(name) ?? "") ?? "";
  }
}
