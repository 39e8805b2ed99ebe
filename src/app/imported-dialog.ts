/** The machines that were imported with their images: to open one, and to remove it. */
import {
  type ImportedMachine,
  listMachines,
  removeMachine,
  removeUnfinished,
} from "../../workers/kernel/imported/machine-list.ts";
import { addressOf } from "./address.ts";
import { confirmed } from "./confirm-dialog.ts";
import { openDialog } from "./dialog.ts";
import { button, element } from "./element.ts";
import { formatBytes } from "./format.ts";

export interface ImportedOptions {
  /** Name of the image that is open. */
  image: string;
  onError(error: unknown): void;
}

/** Shows what this browser has. */
export async function openImported(options: ImportedOptions): Promise<void> {
  const list = element("div", { class: "fields" });
  const none = element("p", {}, "None. A file that was exported with its image becomes one.");
  const show = async () => {
    const machines = await listMachines();
    const rows = machines.map((machine) => row(machine, options, () => show()));
    list.replaceChildren(...(rows.length > 0 ? rows : [none]));
  };
  await removeUnfinished();
  await show();
  openDialog("Imported machines", list);
}

function row(
  machine: ImportedMachine,
  { image: open, onError }: ImportedOptions,
  onRemoved: () => Promise<void>,
): HTMLElement {
  const { image, made, bytes } = machine;
  const remove = async () => {
    const isSure = await confirmed({
      title: `Remove ${image}?`,
      text: "Its image and everything that was changed in it are deleted from this browser.",
      action: "Remove",
    });
    if (!isSure) return;
    await removeMachine(image);
    await onRemoved();
  };
  const told = `Image of ${formatBytes(bytes)}, exported on ${new Date(made).toLocaleString()}`;
  return element(
    "div",
    { class: "field" },
    element(
      "span",
      { class: "field-label" },
      element("a", { href: addressOf(image) }, image),
      element("small", {}, told),
    ),
    image === open
      ? element("span", {}, "Open")
      : button({ label: "Remove", onPress: () => void remove().catch(onError) }),
  );
}
