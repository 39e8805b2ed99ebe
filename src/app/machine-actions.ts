/** What a visitor does with the machine as one file: takes it away, and brings another. */
import type { ExportSummary, MachineTransfer } from "../machine-transfer.ts";
import { confirmed } from "./confirm-dialog.ts";
import { element } from "./element.ts";
import type { Progress, Transfers } from "./file-panel/transfers.ts";
import { formatBytes } from "./format.ts";
import { saveBlob } from "./save.ts";

export interface MachineActionsOptions {
  /** Name of the image. */
  image: string;
  /** The machine that runs. @throws TabnixError when none does */
  machine(): MachineTransfer;
  transfers: Transfers;
  /** A machine was added: shows those that there are. */
  showImported(): Promise<void>;
  /** Something went as it should. */
  onDone(message: string): void;
  onError(error: unknown): void;
}

const EXTENSION = ".tabnix";

/** File System Access: TypeScript does not know it, and Firefox and Safari do not have it. */
interface SavePicker {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
}

export class MachineActions {
  readonly #options: MachineActionsOptions;

  constructor(options: MachineActionsOptions) {
    this.#options = options;
  }

  /**
   * Hands the machine's changes, or the machine with its image, to the visitor as a file.
   *
   * @throws TabnixError; AbortError
   */
  async export({ withImage }: { withImage: boolean }): Promise<void> {
    const { image, machine, transfers, onDone } = this.#options;
    const made = new Date();
    // Names of files must not have the colon of imported ones everywhere.
    const name = `${image.replace(":", "-")}-${dayOf(made)}${EXTENSION}`;
    // Asked for at once: the browser wants to see the press that it comes from.
    const to = await (window as SavePicker).showSaveFilePicker?.({ suggestedName: name });
    const { bytes, content } = await transfers.run("Exporting this machine", (progress) => {
      const options = { ...(to ? { to } : {}), ...reportTo(progress) };
      return withImage ? machine().exportMachine(options) : machine().exportChanges(options);
    });
    if (content) saveBlob(name, content);
    onDone(`This machine was exported to ${to?.name ?? name} (${formatBytes(bytes)}).`);
  }

  /** Lets the visitor choose a file, whose machine takes the place of this one or is put beside it. */
  chooseImport(): void {
    const input = element("input", { type: "file", accept: EXTENSION });
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      if (file) this.#import(file).catch(this.#options.onError);
    });
    input.click();
  }

  /** Checks a file, asks, and imports it. @throws TabnixError; AbortError */
  async #import(file: File): Promise<void> {
    const { machine, transfers, showImported } = this.#options;
    const summary = await transfers.run(`Checking ${file.name}`, (progress) =>
      machine().inspectChanges(file, reportTo(progress)),
    );
    if (!(await confirmed(questionOf(summary)))) return;
    const { image } = await transfers.run(`Importing ${file.name}`, (progress) =>
      machine().importChanges(file, reportTo(progress)),
    );
    if (image !== undefined) await showImported();
  }
}

/** A computer tells how far it is, a line of {@link Transfers} is told how much is new. */
function reportTo({ signal, expect, onBytes }: Progress) {
  let last = 0;
  return {
    signal,
    onProgress: (done: number, total: number) => {
      expect({ bytes: total, files: 0 });
      onBytes(done - last);
      last = done;
    },
  };
}

function questionOf({ made, inodes, bytes, machine }: ExportSummary) {
  const when = new Date(made).toLocaleString();
  const content = `what was exported on ${when}: ${inodes} files and folders, ${formatBytes(bytes)}`;
  if (!machine) {
    return {
      title: "Replace this machine's files?",
      text: `Everything that was changed in this machine is lost. In its place comes ${content}. The machine restarts.`,
      action: "Replace",
    };
  }
  const { image } = machine;
  return {
    title: "Add this machine?",
    text: `It is kept in this browser as ${image}, beside this machine, which stays as it is. It has an image of its own (${formatBytes(machine.bytes)}) and ${content}.`,
    action: "Add",
  };
}

/** As in 2026-01-31, where the visitor is. */
function dayOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
