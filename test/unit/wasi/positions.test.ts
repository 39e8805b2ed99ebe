/** Random reading, writing and seeking on two descriptors of one file keeps in step with a model. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { APPEND, CREATE, DirectProgram } from "./direct-program.ts";

/** A file as an array, with positions as Linux has them. */
class Model {
  bytes: number[] = [];
  readonly positions = [0, 0];
  readonly append = [false, false];

  read(which: number, length: number, offset = this.positions[which] as number): string {
    return String.fromCharCode(...this.bytes.slice(offset, offset + length));
  }

  write(text: string, offset: number): number {
    if (text === "") return offset;
    while (this.bytes.length < offset) this.bytes.push(0);
    this.bytes.splice(offset, text.length, ...Buffer.from(text));
    return offset + text.length;
  }

  resize(size: number): void {
    while (this.bytes.length < size) this.bytes.push(0);
    this.bytes.length = size;
  }
}

const which = fc.constantFrom(0, 1);
const small = fc.nat(20);
const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 });
const operation = fc.oneof(
  fc.record({ op: fc.constant("read" as const), which, length: small }),
  fc.record({ op: fc.constant("pread" as const), which, length: small, offset: small }),
  fc.record({ op: fc.constant("write" as const), which, text }),
  fc.record({ op: fc.constant("pwrite" as const), which, text, offset: small }),
  fc.record({ op: fc.constant("seek" as const), which, offset: small, whence: fc.nat(2) }),
  fc.record({ op: fc.constant("append" as const), which, on: fc.boolean() }),
  fc.record({ op: fc.constant("resize" as const), which, size: small }),
  fc.record({ op: fc.constant("tell" as const), which }),
);

test("positions and contents are those of the model", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const program = new DirectProgram();
      const fds = [program.open("file", { how: CREATE }), program.open("file")];
      const model = new Model();
      for (const one of operations) {
        const i = one.which;
        const fd = fds[i] as number;
        const position = model.positions[i] as number;
        const end = model.bytes.length;
        if (one.op === "read") {
          const expected = model.read(i, one.length);
          expect(program.read(fd, one.length)).toBe(expected);
          model.positions[i] = position + expected.length;
        } else if (one.op === "pread") {
          const expected = model.read(i, one.length, one.offset);
          expect(program.read(fd, one.length, BigInt(one.offset))).toBe(expected);
        } else if (one.op === "write") {
          program.write(fd, one.text);
          const start = model.append[i] && one.text !== "" ? end : position;
          model.positions[i] = model.write(one.text, start);
          // Where appending has led to is asked at once: the other may append too.
          expect(program.tell(fd)).toBe(model.positions[i]);
        } else if (one.op === "pwrite") {
          const { at, length } = program.put(one.text);
          const vectors = program.vectors({ at, length });
          program.ok("fd_pwrite", fd, vectors, 1, BigInt(one.offset), 8);
          model.write(one.text, model.append[i] ? end : one.offset);
        } else if (one.op === "seek") {
          const base = [0, position, end][one.whence] as number;
          program.ok("fd_seek", fd, BigInt(one.offset), one.whence, 8);
          model.positions[i] = base + one.offset;
        } else if (one.op === "append") {
          program.ok("fd_fdstat_set_flags", fd, one.on ? APPEND : 0);
          model.append[i] = one.on;
        } else if (one.op === "resize") {
          program.ok("fd_filestat_set_size", fd, BigInt(one.size));
          model.resize(one.size);
        } else expect(program.tell(fd)).toBe(position);
      }
      expect(program.read(fds[0] as number, 1000, 0n)).toBe(model.read(0, 1000, 0));
    }),
    { numRuns: 200 },
  );
});
