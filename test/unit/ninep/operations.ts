/** Random operations on a tree of a few names, so that they meet each other. */
import fc from "fast-check";
import { OPEN_FLAGS, type Operation } from "./two-trees.ts";

const LONGEST_SEQUENCE = 60;
const LARGEST_FILE = 200_000;

const name = fc.constantFrom("a", "b", "c");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const mode = fc.constantFrom(0o700, 0o755, 0o777, 0o750);
const handle = fc.integer({ min: 0, max: 3 });
const offset = fc.oneof(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: LARGEST_FILE }));
const bytes = fc.uint8Array({ maxLength: 3000 });
const flags = fc.constantFrom(...OPEN_FLAGS);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("open"), handle, path, flags, mode }) },
  fc.record({ kind: fc.constant("close"), handle }),
  fc.record({
    kind: fc.constant("read"),
    handle,
    offset,
    count: fc.integer({ min: 1, max: 9000 }),
  }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("write"), handle, offset, bytes }) },
  fc.record({ kind: fc.constant("truncate"), handle, size: offset }),
  fc.record({ kind: fc.constant("fstat"), handle }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("mkdir"), path, mode }) },
  fc.record({ kind: fc.constant("symlink"), path, target: name }),
  fc.record({ kind: fc.constant("link"), from: path, to: path }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("rename"), from: path, to: path }) },
  fc.record({ kind: fc.constant("unlink"), path }),
  fc.record({ kind: fc.constant("rmdir"), path }),
  fc.record({ kind: fc.constant("chmod"), path, mode }),
  fc.record({ kind: fc.constant("utimes"), path, seconds: fc.integer({ min: 0, max: 4e9 }) }),
  fc.record({ kind: fc.constant("stat"), path }),
  fc.record({ kind: fc.constant("list"), path }),
);

/** A history of a small tree, with a few files open. */
export const sequence = fc.array(operation, { maxLength: LONGEST_SEQUENCE });
