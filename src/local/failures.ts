/** What can go wrong with a computer, in words. */
import { TabnixError } from "../../workers/shared/errors.ts";

export function panic(): TabnixError {
  return new TabnixError(
    "guest-failed",
    "The guest's kernel stopped with a panic.",
    "Its last messages are in the log. Start the machine again; your files in this page are kept.",
  );
}

export function stoppedWhileStarting(reason: "reboot" | "power-off"): TabnixError {
  const did = reason === "reboot" ? "started anew" : "switched off";
  return new TabnixError("guest-failed", `The machine ${did} while starting.`, "Try again.");
}

export function takenAway(): TabnixError {
  return new TabnixError(
    "busy",
    "Another tab has taken over these files.",
    "What was done here is saved. Go on there, or take them back.",
  );
}

/** @param made by which emulator, and which one runs here */
export function otherEngine(made: string, here: string): TabnixError {
  return new TabnixError(
    "wrong-version",
    `The image's snapshot was made by ${made}; this page runs ${here}.`,
    "The machine starts from its kernel instead. Building the image again makes it fast.",
  );
}

export function machineGone(): TabnixError {
  return new TabnixError(
    "guest-failed",
    "The machine has stopped, and the program with it.",
    "Start the machine again; what was saved is kept.",
  );
}

export function noFiles(): TabnixError {
  return new TabnixError("guest-failed", "No files are open.", "Start the machine first.");
}

export function deafExport(): TabnixError {
  return new TabnixError(
    "busy",
    "The machine does not answer, so what its programs wrote last may not be in the exported file.",
    "Wait until it is less busy, then export it again.",
  );
}

export function deafGuest(): TabnixError {
  return new TabnixError(
    "busy",
    "The machine does not answer, so it and the file panel may not see each other's last changes.",
    "Wait until it is less busy, then refresh.",
  );
}
