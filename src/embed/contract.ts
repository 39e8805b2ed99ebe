/**
 * The protocol between a frame with a machine (embed.html) and the page around it.
 *
 * The frame says {@link Ready} to its parent when it listens. The page answers with {@link Hello}, addressed to
 * the frame's origin, and a MessagePort; all else goes over that. Each side numbers its messages from 1, and
 * takes only the next number of the other's: what is out of order, replayed or not of these shapes is as if it
 * had not come. Neither believes the other: shapes and bounds are in messages.ts.
 */
import type { FileEntry, FileStatus } from "../../workers/kernel/files/contract.ts";
import type { FromGateway, ToGateway } from "../../workers/kernel/network/preview/contract.ts";
import type { FromMachine, ToMachine } from "../../workers/machine/contract.ts";
import type { FromPrograms, ToPrograms } from "../../workers/machine/programs/contract.ts";
import type { ErrorMessage } from "../../workers/shared/errors.ts";
import type { BootProgress, ComputerState } from "../computer.ts";
import type { Replaceable } from "../file-access.ts";

/** Of terminals, by numbers that the page gives them: what a page tells its own machine. */
export type ToTerminals = Extract<ToMachine, { terminal: number }>;
export type FromTerminals = Extract<FromMachine, { terminal: number }>;

/** Requests to servers, by numbers that the page gives them: what it asks the gateway of its own machine. */
export type ToServers = Extract<
  ToGateway,
  { type: "request" | "piece" | "end" | "more" | "cancel" }
>;
export type FromServers = Extract<
  FromGateway,
  { type: "accepted" | "more" | "head" | "piece" | "end" | "failed" }
>;

/** Another number is another protocol. */
export const EMBED_VERSION = 1;

/** Frame → window of the page: it listens. Holds nothing that anybody may not know. */
export interface Ready {
  type: "tabnix-embed-ready";
  version: number;
  /** Tells one load of the frame from the next. */
  load: number;
}

/** Window of the page → frame, with a port for all that follows. */
export interface Hello {
  type: "tabnix-embed-hello";
  version: number;
}

/** What is answered by {@link Answers}, or by an error. */
export type Call =
  /** Starts the machine; answered when it runs, at once if it does. */
  | { type: "start" }
  /** Stops it, and forgets its files. */
  | { type: "close" }
  | { type: "list"; path: string }
  | { type: "status"; path: string; follow: boolean }
  /** Opens a file. The answer numbers it for `more`; `cancel` with that number closes it. */
  | { type: "read"; path: string }
  /** The next piece of a file; null at its end, which closes it. */
  | { type: "more"; reader: number }
  | { type: "write"; path: string; content: Blob; replaces: Replaceable; mode?: number | undefined }
  | { type: "make-directory"; path: string }
  | { type: "rename"; path: string; to: string; replaces: "nothing" | "anything" }
  | { type: "remove"; path: string }
  /** All in which the files differ from the image (docs/export.md). */
  | { type: "export" };

/** What a call comes to. */
export interface Answers {
  start: null;
  close: null;
  list: FileEntry[];
  status: FileStatus;
  read: number;
  more: Uint8Array<ArrayBuffer> | null;
  write: FileStatus;
  "make-directory": null;
  rename: null;
  /** How many names are gone. */
  remove: number;
  export: Blob;
}

/** What is not answered. */
export type Note =
  /** Nobody waits for a call any more, or for more of a file. */
  | { type: "cancel"; call: number }
  | { type: "program"; about: ToPrograms }
  | { type: "terminal"; about: ToTerminals }
  | { type: "server"; about: ToServers }
  /** The page is done with the connection: what was begun for it ends. */
  | { type: "bye" };

/** Page → frame. A call is known by its number. */
export type ToFrame = { id: number } & (Call | Note);

/** Frame → page. */
export type FrameEvent =
  /** The first of all, or one of the next two, after which nothing comes. */
  | { type: "welcome"; load: number; state: ComputerState; ports: readonly number[] }
  | { type: "wrong-version"; version: number }
  /** It has no machine: what it was asked for is wrong, or needs a tab of its own. The frame itself says why. */
  | { type: "refused" }
  | { type: "state"; state: ComputerState }
  | { type: "ports"; ports: readonly number[] }
  | { type: "progress"; progress: BootProgress }
  | { type: "notice"; error: ErrorMessage }
  /** How high the frame would like to be, in CSS pixels. */
  | { type: "size"; height: number }
  | { type: "program"; about: FromPrograms }
  | { type: "terminal"; about: FromTerminals }
  | { type: "server"; about: FromServers };

/** What became of a call. */
export type Outcome =
  | { type: "answer"; call: number; answer: unknown }
  | { type: "failed"; call: number; error: ErrorMessage };

/** Frame → page. */
export type FromFrame = { id: number } & (FrameEvent | Outcome);

/** The call of that name. */
export type CallOf<Type extends Call["type"]> = Extract<Call, { type: Type }>;
