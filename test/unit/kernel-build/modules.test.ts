import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { loadOrder, moduleDependencies, moduleName } from "../../../images/build/kernel/modules.ts";

/** The smallest ELF32 file that has a `.modinfo`. */
function elfModule(...info: string[]): Uint8Array {
  const names = "\0.modinfo\0.shstrtab\0";
  const contents = info.map((line) => `${line}\0`).join("");
  const header = Buffer.alloc(52);
  header.write("\x7fELF\x01\x01", "latin1");
  header.writeUInt32LE(52, 32);
  header.writeUInt16LE(2, 48);
  header.writeUInt16LE(1, 50);
  const sections = Buffer.alloc(80);
  const start = 52 + sections.length;
  const putSection = (index: number, name: number, offset: number, size: number) => {
    sections.writeUInt32LE(name, index * 40);
    sections.writeUInt32LE(offset, index * 40 + 16);
    sections.writeUInt32LE(size, index * 40 + 20);
  };
  putSection(0, names.indexOf(".modinfo"), start, contents.length);
  putSection(1, names.indexOf(".shstrtab"), start + contents.length, names.length);
  return Buffer.concat([header, sections, Buffer.from(contents + names, "latin1")]);
}

const needs = (...names: string[]) => elfModule("license=GPL", `depends=${names.join(",")}`);

test("a module's name is that of its file, as the kernel writes it", () => {
  expect(moduleName("kernel/drivers/net/virtio-net.ko")).toBe("virtio_net");
});

test("dependencies are read from .modinfo", () => {
  expect(moduleDependencies("9p", needs("9pnet", "fscache", "cdc-ether"))).toEqual([
    "9pnet",
    "fscache",
    "cdc_ether",
  ]);
  expect(moduleDependencies("virtio", needs())).toEqual([]);
});

test("a file that is not a module is refused", () => {
  for (const bytes of [new Uint8Array(), Buffer.from("text"), elfModule("license=GPL")]) {
    expect(() => moduleDependencies("broken", bytes)).toThrow(
      expect.objectContaining({
        code: "malformed",
        message: 'The kernel module "broken" does not say what it needs.',
      }),
    );
  }
});

test("each module comes once, after what it depends on; built-in ones are left out", () => {
  const available = new Map([
    ["9p", needs("9pnet", "fscache")],
    ["9pnet_virtio", needs("9pnet", "virtio_ring")],
    ["9pnet", needs("core")],
    ["fscache", needs()],
    ["virtio_ring", needs()],
    ["unused", needs()],
  ]);
  const order = loadOrder(["9pnet_virtio", "9p", "core"], available, new Set(["core"]));
  expect(order.map(({ name }) => name)).toEqual([
    "9pnet",
    "virtio_ring",
    "9pnet_virtio",
    "fscache",
    "9p",
  ]);
});

test("a module that is nowhere is named", () => {
  expect(() => loadOrder(["a"], new Map([["a", needs("b")]]), new Set())).toThrow(
    expect.objectContaining({
      code: "not-found",
      message: 'The kernel package has no module "b".',
    }),
  );
});
