/** Why a machine cannot be exported, or a file not be imported, in words. */
import { TabnixError } from "../../shared/errors.ts";
import { PosixError } from "../filesystem/posix-error.ts";

const UNTOUCHED = "Nothing was changed.";

export function notOurs(): TabnixError {
  return new TabnixError(
    "invalid-input",
    "This file is not an exported machine.",
    `${UNTOUCHED} Exported machines end in .tabnix.`,
  );
}

export function tooNew(version: number, known: number): TabnixError {
  return new TabnixError(
    "wrong-version",
    `The file has version ${version}; this Tabnix reads up to ${known}.`,
    `${UNTOUCHED} Load the page again to get the newest Tabnix.`,
  );
}

/** @param needed, here the image that the file belongs to, and the one that runs */
export function otherImage(
  needed: { image: string; date: string },
  here: { image: string; date: string },
): TabnixError {
  const isSame = needed.image === here.image;
  return new TabnixError(
    "wrong-image",
    isSame
      ? `The file belongs to the image "${needed.image}" of ${needed.date}; here runs another version of it, of ${here.date}.`
      : `The file belongs to the image "${needed.image}" of ${needed.date}; here runs "${here.image}".`,
    isSame
      ? `${UNTOUCHED} Import it where that version runs.`
      : `${UNTOUCHED} Open this page with ?image=${needed.image} and import it there.`,
  );
}

export function damaged(reason: string): TabnixError {
  return new TabnixError(
    "corrupt",
    `The file is damaged: ${reason}.`,
    `${UNTOUCHED} Copy the file again, or export the machine again.`,
  );
}

export function cutShort(): TabnixError {
  return new TabnixError(
    "incomplete",
    "The file ends too soon: a part of it is missing.",
    `${UNTOUCHED} Copy the file again, or export the machine again.`,
  );
}

/** Its checksums are right, its content is not. */
export function malformed(reason: string): TabnixError {
  return new TabnixError(
    "malformed",
    `The file does not hold a machine: ${reason}.`,
    `${UNTOUCHED} Export the machine again.`,
  );
}

export function unreadable(cause: unknown): TabnixError {
  return new TabnixError(
    "not-found",
    "The file can no longer be read.",
    `${UNTOUCHED} It was moved, changed or deleted on your computer. Choose it again.`,
    cause,
  );
}

export function tooLarge(): TabnixError {
  return new TabnixError(
    "unsupported",
    "The machine has more files than one export can hold.",
    "Delete some, or download folders from the file panel.",
  );
}

export function oneAtATime(): TabnixError {
  return new TabnixError(
    "busy",
    "Another export or import is under way.",
    "Wait until it is done, or cancel it.",
  );
}

/** What an error of the disk means to who imports. */
export function explainImport(error: unknown): unknown {
  if (!(error instanceof PosixError)) return error;
  if (error.code !== "ENOSPC") {
    const said = `The files could not be saved: ${error.message}.`;
    return new TabnixError("unsaved", said, `${UNTOUCHED} Try again.`, error);
  }
  return noRoom(error);
}

export function noRoom(cause?: unknown): TabnixError {
  return new TabnixError(
    "full",
    "There is no room for the files, beside those that are here.",
    `${UNTOUCHED} Free some room on the device or in this machine, then try again.`,
    cause,
  );
}

/** What an error of the place that an export is written to means. */
export function explainExport(error: unknown): unknown {
  const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
  if (!isFull) return error;
  return new TabnixError(
    "full",
    "There is no room for the exported file.",
    "Free some, or choose another place.",
    error,
  );
}
