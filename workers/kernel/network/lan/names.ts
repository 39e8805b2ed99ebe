/** Host names on a network of tabs: each machine takes one that is free, and keeps it. */

/** One label of a host name (RFC 1123, 2.1), in lower case. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_LENGTH = 63;
const FALLBACK = "tabnix";
/** Names that mean something else; `tabnix` is in the /etc/hosts of images, where it is the machine itself. */
const RESERVED: ReadonlySet<string> = new Set(["gateway", "localhost", "tabnix"]);

export function isHostLabel(value: unknown): value is string {
  return typeof value === "string" && LABEL.test(value);
}

/**
 * The name that a machine wants, or that name with its number, as it is in its address: `demo`, `demo-3`.
 * Where that is taken too, another number follows.
 */
export function freeName(wanted: string, number: number, taken: ReadonlySet<string>): string {
  const name = labelOf(wanted);
  const isFree = (candidate: string) => !taken.has(candidate) && !RESERVED.has(candidate);
  const numbered = (count: number) => {
    const suffix = `-${count}`;
    return name.slice(0, LABEL_LENGTH - suffix.length) + suffix;
  };
  if (isFree(name)) return name;
  let count = number;
  while (!isFree(numbered(count))) count += 1;
  return numbered(count);
}

/** A label like a name that may be none. */
function labelOf(name: string): string {
  const [first = ""] = name.toLowerCase().split(".");
  const label = first
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, LABEL_LENGTH)
    .replace(/^-+|-+$/g, "");
  return label === "" ? FALLBACK : label;
}
