// The prompt of `qjs` without a file. The terminal edits the lines: a WebAssembly program cannot.
import * as std from "std";

const MORE =
  /unexpected end|unexpected token in expression: ''|expecting '[})\]]'|unterminated|unexpected token: ''/i;

/** A value as a line of a console: strings quoted, objects one level deep or as JSON. */
function show(value) {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return `[Function: ${value.name || "anonymous"}]`;
  if (value instanceof Error) return String(value);
  if (typeof value !== "object" || value === null)
    return Object.is(value, -0) ? "-0" : String(value);
  try {
    return JSON.stringify(
      value,
      (_, part) => (typeof part === "bigint" ? `${part}n` : part),
      1,
    ).replace(/\n */g, " ");
  } catch {
    return String(value);
  }
}

/** An error with where it came from, without the frames of this file. */
function explain(error) {
  const frames = (error.stack ?? "").split("\n");
  const own = frames.findIndex((frame) => frame.includes("evalScript (native)"));
  return [String(error), ...frames.slice(0, own)].join("\n");
}

console.log('QuickJS: "\\q" or Ctrl+D ends it');
for (let text = ""; ; ) {
  std.out.puts(text === "" ? "qjs > " : "  ... ");
  std.out.flush();
  const line = std.in.getline();
  if (line === null) {
    std.out.puts("\n");
    break;
  }
  if (text === "" && line.trim() === "\\q") break;
  const whole = text === "" ? line : `${text}\n${line}`;
  text = "";
  if (whole.trim() === "") continue;
  try {
    const value = std.evalScript(whole);
    globalThis._ = value;
    if (value !== undefined) console.log(show(value));
  } catch (error) {
    // An empty line ends what is not finished.
    if (error instanceof SyntaxError && line !== "" && MORE.test(error.message)) text = whole;
    else console.log(error instanceof Error ? explain(error) : show(error));
  }
}
