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

/** A part of the file is in a format of its own, of another version. */
export function otherFormat(reason: string): TabnixError {
  return new TabnixError(
    "wrong-version",
    `The file's image was made for another Tabnix: ${reason}.`,
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
      ? `${UNTOUCHED} Import it where that version runs, or export it there with its image.`
      : `${UNTOUCHED} Open this page with ?image=${needed.image} and import it there, or export it with its image.`,
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

export function alreadyHere(image: string): TabnixError {
  return new TabnixError(
    "exists",
    `This machine was imported already, as ${image}.`,
    `${UNTOUCHED} Open it under “Imported machines…”, or remove it there and import the file again.`,
  );
}

/** A whole machine cannot be kept. */
export function nowhere(cause?: unknown): TabnixError {
  return new TabnixError(
    "unsupported",
    "This browser keeps nothing for this page, so a whole machine cannot be imported.",
    "Use a window that is not private, and a page over https.",
    cause,
  );
}

/** What an error of the disk, or of the browser's cache, means to who imports. */
export function explainImport(error: unknown): unknown {
  if (isQuota(error)) return noRoom(error);
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
  if (error instanceof TabnixError && error.code === "unreachable") return notAllHere(error);
  if (!isQuota(error)) return error;
  return new TabnixError(
    "full",
    "There is no room for the exported file.",
    "Free some, or choose another place.",
    error,
  );
}

function isQuota(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

function notAllHere(cause: TabnixError): TabnixError {
  return new TabnixError(
    "unreachable",
    `This browser does not have all of the image yet. ${cause.message}`,
    "Check the connection and export again. The changes alone can be exported without it.",
    cause,
  );
}
