/**
 * Which of a kernel's loadable modules to load, in which order. Debian ships no modules.dep (depmod
 * writes it on the installed system), so the dependencies are read from the modules themselves: the
 * `depends=` line of their ELF section `.modinfo`.
 */
import { Buffer } from "node:buffer";
import { TabnixError } from "../../../workers/shared/errors.ts";

/** A module: its name as the kernel writes it ("virtio_pci") and its ELF file. */
export interface KernelModule {
  name: string;
  bytes: Uint8Array;
}

/** The name of the module in a file: "kernel/drivers/virtio/virtio-pci.ko" is "virtio_pci". */
export function moduleName(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.ko$/, "").replaceAll("-", "_");
}

/**
 * The modules that `wanted` needs, each after those it depends on.
 *
 * @param wanted names
 * @param available every loadable module, by name
 * @param builtIn names that are part of the kernel itself
 * @throws TabnixError `not-found` when a module is neither loadable nor built in
 */
export function loadOrder(
  wanted: readonly string[],
  available: ReadonlyMap<string, Uint8Array>,
  builtIn: ReadonlySet<string>,
): KernelModule[] {
  const order = new Map<string, KernelModule>();
  const add = (name: string) => {
    if (order.has(name) || builtIn.has(name)) return;
    const bytes = available.get(name);
    if (!bytes) throw new TabnixError("not-found", `The kernel package has no module "${name}".`);
    for (const dependency of moduleDependencies(name, bytes)) add(dependency);
    order.set(name, { name, bytes });
  };
  for (const name of wanted) add(name);
  return [...order.values()];
}

/** Offsets in the header and in a section header of an ELF32 file, little-endian; elf(5). */
const ELF = { magic: "\x7fELF\x01\x01", sections: 32, count: 48, names: 50 } as const;
const SECTION = { name: 0, offset: 16, size: 20, length: 40 } as const;

/**
 * The modules that this one names as its dependencies.
 *
 * @throws TabnixError `malformed` when it is not a 32-bit ELF file with a `.modinfo`
 */
export function moduleDependencies(name: string, bytes: Uint8Array): string[] {
  const info = section(bytes, ".modinfo")?.split("\0");
  const line = info?.find((entry) => entry.startsWith("depends="));
  if (line === undefined) {
    throw new TabnixError("malformed", `The kernel module "${name}" does not say what it needs.`);
  }
  return line
    .slice("depends=".length)
    .split(",")
    .filter((dependency) => dependency !== "")
    .map((dependency) => dependency.replaceAll("-", "_"));
}

/** A section's bytes as Latin-1 text; undefined when there is none or the file is not ELF32. */
function section(bytes: Uint8Array, wanted: string): string | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.toString("latin1", 0, ELF.magic.length) !== ELF.magic) return undefined;
  const start = file.readUInt32LE(ELF.sections);
  const contents = (index: number) => {
    const header = start + index * SECTION.length;
    const offset = file.readUInt32LE(header + SECTION.offset);
    const end = offset + file.readUInt32LE(header + SECTION.size);
    return {
      name: file.readUInt32LE(header + SECTION.name),
      text: () => file.toString("latin1", offset, end),
    };
  };
  const names = contents(file.readUInt16LE(ELF.names)).text();
  for (let index = 0; index < file.readUInt16LE(ELF.count); index++) {
    const { name, text } = contents(index);
    if (names.slice(name, names.indexOf("\0", name)) === wanted) return text();
  }
  return undefined;
}
