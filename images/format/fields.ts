/** Reads the JSON documents of images: every field is checked, and every message has its path. */
import { TabnixError } from "../../workers/shared/errors.ts";
import type { ArtefactReference } from "./manifest.ts";

/** What to do about a document that is not as it should be. */
export const REBUILD =
  "Build the image again with `npm run images`, or ask whoever serves this page to.";

export function malformed(where: string, path: string, expected: string): TabnixError {
  return new TabnixError("malformed", `${where}: "${path}" must be ${expected}.`, REBUILD);
}

/** Typed access to the fields of one JSON object, with the path in every message. */
export class Fields {
  private readonly values: Record<string, unknown>;
  private readonly where: string;
  private readonly prefix: string;

  constructor(value: unknown, where: string, path: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw malformed(where, path || "the document", "an object");
    }
    this.values = value as Record<string, unknown>;
    this.where = where;
    this.prefix = path === "" ? "" : `${path}.`;
  }

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  string(name: string): string {
    const value = this.values[name];
    if (typeof value !== "string") throw malformed(this.where, this.prefix + name, "a string");
    return value;
  }

  number(name: string): number {
    const value = this.values[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      throw malformed(this.where, this.prefix + name, "a whole number");
    }
    return value;
  }

  object(name: string): Fields {
    return new Fields(this.values[name], this.where, this.prefix + name);
  }

  optionalObject(name: string): Fields | undefined {
    return this.has(name) ? this.object(name) : undefined;
  }

  strings(): Record<string, string> {
    return Object.fromEntries(Object.keys(this.values).map((key) => [key, this.string(key)]));
  }

  objects(name: string): Fields[] {
    return this.#list(name, (list, at) => list.object(at));
  }

  artefacts(name: string): ArtefactReference[] {
    return this.#list(name, (list, at) => list.artefact(at));
  }

  artefact(name: string): ArtefactReference {
    const fields = this.object(name);
    const sha256 = fields.string("sha256");
    if (!/^[0-9a-f]{64}$/.test(sha256)) {
      throw malformed(this.where, `${this.prefix}${name}.sha256`, "64 hexadecimal digits");
    }
    return { sha256, size: fields.number("size"), compressedSize: fields.number("compressedSize") };
  }

  #list<Item>(name: string, read: (list: Fields, at: string) => Item): Item[] {
    const values = this.values[name];
    if (!Array.isArray(values)) throw malformed(this.where, this.prefix + name, "a list");
    const list = new Fields({ ...values }, this.where, this.prefix + name);
    return values.map((_, at) => read(list, String(at)));
  }
}
