/**
 * Writes tar archives: POSIX.1-1988 ("ustar") with the extended headers of POSIX.1-2001 ("pax") for what
 * does not fit. Contents pass through in pieces; nothing is compressed.
 */
import { TabnixError } from "../../../workers/shared/errors.ts";

/** One member. Texts are byte strings: one character a byte. */
export interface TarMember {
  /** Relative, without a slash at the end. */
  name: string;
  kind: "file" | "directory" | "link";
  mode: number;
  uid: number;
  gid: number;
  /** Milliseconds since 1970. */
  mtime: number;
  /** Of a symbolic link. */
  target?: string;
  /** Of a file: so many bytes, neither more nor less. */
  content?: { size: number; pieces: AsyncIterable<Uint8Array<ArrayBuffer>> };
}

type Bytes = Uint8Array<ArrayBuffer>;

const BLOCK = 512;
/** Where each field of a header is, and how long. */
const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  target: [157, 100],
  magic: [257, 8],
} as const;
const MAGIC = "ustar\x0000";
const TYPE = { file: "0", link: "2", directory: "5", extended: "x" } as const;
/** The archive ends with two blocks of zeros. */
const END_BLOCKS = 2;

type FieldName = keyof typeof FIELD;

/** The archive of some members, in pieces. @throws TabnixError `changed` when a file has another size */
export async function* tar(
  members: AsyncIterable<TarMember>,
): AsyncGenerator<Bytes, void, undefined> {
  for await (const member of members) {
    yield* header(member);
    if (member.content) yield* contentOf(member.name, member.content);
  }
  yield new Uint8Array(END_BLOCKS * BLOCK);
}

async function* contentOf(
  name: string,
  { size, pieces }: NonNullable<TarMember["content"]>,
): AsyncGenerator<Bytes, void, undefined> {
  let written = 0;
  for await (const piece of pieces) {
    written += piece.length;
    if (written > size) break;
    yield piece;
  }
  if (written !== size) {
    throw new TabnixError("changed", `${name} changed while it was read.`, "Try again.");
  }
  yield padding(size);
}

function* header(member: TarMember): Generator<Bytes, void, undefined> {
  const name = member.kind === "directory" ? `${member.name}/` : member.name;
  const target = member.target ?? "";
  const size = member.content?.size ?? 0;
  const seconds = Math.floor(member.mtime / 1000);
  const records: string[] = [];
  /** A field, or what stands for it when an extended header has it. */
  const field = (key: string, fits: boolean, value: string) => {
    if (!fits) records.push(record(key, value));
    return fits;
  };
  const numbers: [FieldName, string, number][] = [
    ["size", "size", size],
    ["mtime", "mtime", seconds],
    ["uid", "uid", member.uid],
    ["gid", "gid", member.gid],
  ];
  const block = new Block(TYPE[member.kind]);
  block.number("mode", member.mode);
  for (const [key, attribute, value] of numbers) {
    const [, room] = FIELD[key];
    const fits = value >= 0 && value < 8 ** (room - 1);
    block.number(key, field(attribute, fits, String(value)) ? value : 0);
  }
  field("path", name.length <= FIELD.name[1], name);
  field("linkpath", target.length <= FIELD.target[1], target);
  block.text("name", name);
  block.text("target", target);
  if (records.length > 0) yield* extendedHeader(records.join(""));
  yield block.toBytes();
}

function* extendedHeader(records: string): Generator<Bytes, void, undefined> {
  const block = new Block(TYPE.extended);
  block.text("name", "PaxHeader");
  block.number("mode", 0o644);
  for (const key of ["uid", "gid", "mtime"] as const) block.number(key, 0);
  block.number("size", records.length);
  yield block.toBytes();
  yield Uint8Array.from(records, (character) => character.charCodeAt(0));
  yield padding(records.length);
}

/** "LENGTH KEY=VALUE\n", where the length counts its own digits. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function padding(size: number): Bytes {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

/** A header while it is filled in. */
class Block {
  readonly #bytes = new Uint8Array(BLOCK);

  constructor(type: string) {
    this.text("magic", MAGIC);
    this.text("type", type);
  }

  /** What does not fit is cut off: an extended header has it whole. */
  text(field: FieldName, value: string): void {
    const [offset, room] = FIELD[field];
    for (let i = 0; i < Math.min(value.length, room); i++) {
      this.#bytes[offset + i] = value.charCodeAt(i);
    }
  }

  number(field: FieldName, value: number): void {
    const [, room] = FIELD[field];
    this.text(field, value.toString(8).padStart(room - 1, "0"));
  }

  /** The sum is of all bytes, those of the checksum's field taken as spaces. */
  toBytes(): Bytes {
    this.text("checksum", " ".repeat(FIELD.checksum[1]));
    const sum = this.#bytes.reduce((total, byte) => total + byte, 0);
    this.text("checksum", `${sum.toString(8).padStart(6, "0")}\0 `);
    return this.#bytes;
  }
}
