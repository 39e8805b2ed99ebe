import { TabnixError } from "../../workers/shared/errors.ts";
import { SETUP_BYTES } from "../../workers/shared/limits.ts";
import { packSetup } from "../setup/link.ts";
import { parseSetup } from "../setup/parse.ts";
import { hasFiles } from "./file-panel/drop-target.ts";

/**
 * Takes set-ups that are dropped on an element, where nothing in it takes them first: the file panel puts
 * every file into the machine.
 */
export function takeDroppedSetups(target: HTMLElement, onError: (error: unknown) => void): void {
  target.addEventListener("dragover", (event) => {
    if (event.defaultPrevented || !hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  });
  target.addEventListener("drop", (event) => {
    if (event.defaultPrevented || !event.dataTransfer || !hasFiles(event)) return;
    event.preventDefault();
    open([...event.dataTransfer.files]).catch(onError);
  });
}

/** Goes on as a link with that set-up would. @throws TabnixError `invalid-input` */
async function open([file, ...others]: readonly File[]): Promise<void> {
  if (!file?.name.endsWith(".json") || others.length > 0) {
    throw new TabnixError(
      "invalid-input",
      "Only a set-up can be dropped here: one file, such as tabnix.json.",
      "To put files into the machine, open the file panel and drop them on it.",
    );
  }
  if (file.size > SETUP_BYTES) {
    throw new TabnixError(
      "invalid-input",
      `${file.name} is larger than ${SETUP_BYTES} bytes, which no set-up is.`,
    );
  }
  const text = await file.text();
  parseSetup(text);
  const address = new URL(location.pathname, location.href);
  address.hash = await packSetup(text);
  const isOpen = address.href === location.href;
  location.assign(address);
  if (isOpen) location.reload();
}
