/** Files as text that can be edited without changing anything else. */
import { TabnixError } from "../../../workers/shared/errors.ts";

/** Text with LF between lines, and what it was in the file. */
export interface TextContent {
  text: string;
  lineEnd: "\n" | "\r\n";
}

/** @throws TabnixError `invalid-input` when it is none, or would not come out as it went in */
export function textOf(path: string, bytes: Uint8Array): TextContent {
  const text = decode(bytes);
  if (text === undefined || text.includes("\0")) {
    throw new TabnixError("invalid-input", `${path} is not a text file.`, "Download it instead.");
  }
  const unix = text.replaceAll("\r\n", "\n");
  const lineEnd = unix === text ? "\n" : "\r\n";
  if (unix.includes("\r") || unix.replaceAll("\n", lineEnd) !== text) {
    throw new TabnixError(
      "invalid-input",
      `${path} has different line ends, which the editor would change.`,
      "Edit it in the terminal.",
    );
  }
  return { text: unix, lineEnd };
}

/** The opposite of {@link textOf}. */
export function contentOf({ text, lineEnd }: TextContent): Blob {
  return new Blob([text.replaceAll("\n", lineEnd)]);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    // What marks the order of bytes stays in the text, and so in the file.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
