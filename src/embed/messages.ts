/** What a message of the protocol may be. Whatever is not exactly that is no message. */
import type { FileVersion } from "../../workers/kernel/files/contract.ts";
import type { FromPrograms, ToPrograms } from "../../workers/machine/programs/contract.ts";
import type { ErrorCode, ErrorMessage } from "../../workers/shared/errors.ts";
import {
  AGENT_STRINGS,
  DEFAULT_OVERLAY_BYTES,
  EMBED_ARGUMENT_CHARACTERS,
  EMBED_CODE_CHARACTERS,
  EMBED_MAX_HEIGHT,
  EMBED_PATH_CHARACTERS,
  EMBED_TEXT_CHARACTERS,
  FILE_PIECE_BYTES,
  MAX_LISTENING_PORTS,
  MAX_NAME_BYTES,
  MAX_PROGRAMS,
  MAX_TERMINALS,
  MAX_TRANSFER_FILES,
  PROGRAM_OUTPUT_BYTES,
  PROGRAM_WRITE_BYTES,
  TERMINAL_OUTPUT_BYTES,
  TERMINAL_PASTE_BYTES,
} from "../../workers/shared/limits.ts";
import { MAX_PORT } from "../../workers/shared/port-number.ts";
import type { BootProgress } from "../computer.ts";
import type { FileEntry, FileStatus } from "../file-access.ts";
import type {
  Answers,
  Call,
  FromFrame,
  FromTerminals,
  Hello,
  Ready,
  ToFrame,
  ToTerminals,
} from "./contract.ts";
import { isFromServers, isToServers } from "./server-messages.ts";
import {
  anything,
  blob,
  bytes,
  either,
  entries,
  flag,
  type Is,
  list,
  number,
  oneOf,
  optional,
  shape,
  text,
  whole,
} from "./shapes.ts";

const LAST_STATUS = 255;
const LAST_SIGNAL = 64;
/** Rows and columns of a terminal: a kernel has 16 bits for each. */
const LAST_ROW = 65_535;
const MODE_BITS = 0o7777;

const version = whole(1);
const id = whole(1);

export const isReady: Is<Ready> = shape({
  type: oneOf("tabnix-embed-ready"),
  version,
  load: number,
});

export const isHello: Is<Hello> = shape({ type: oneOf("tabnix-embed-hello"), version });

const isError: Is<ErrorMessage> = shape({
  // One that a later version has is for who reads it.
  code: text(EMBED_CODE_CHARACTERS, 1) as Is<string> as Is<ErrorCode>,
  message: text(EMBED_TEXT_CHARACTERS),
  hint: text(EMBED_TEXT_CHARACTERS),
});

const pathText = text(EMBED_PATH_CHARACTERS);
const path: Is<string> = (value): value is string => pathText(value) && value.startsWith("/");
const argument = text(EMBED_ARGUMENT_CHARACTERS);
const fileVersion = { inode: whole(), version: whole() };
const isVersion: Is<FileVersion> = shape(fileVersion);
const kind = oneOf("file", "directory", "link", "device");
const status = {
  ...fileVersion,
  kind,
  size: whole(),
  mode: whole(),
  uid: whole(),
  gid: whole(),
  mtime: number,
  target: optional(pathText),
  leadsTo: optional(kind),
};
const isStatus: Is<FileStatus> = shape(status);
const isEntry: Is<FileEntry> = shape({ ...status, name: text(MAX_NAME_BYTES, 1) });

const program = whole(0, MAX_PROGRAMS - 1);
const descriptor = oneOf(1, 2);

const isToPrograms: Is<ToPrograms> = either(
  shape({
    program,
    type: oneOf("start"),
    request: shape({
      command: either(argument, list(argument, AGENT_STRINGS, 1)),
      directory: optional(path),
      environment: entries(argument, argument, AGENT_STRINGS),
    }),
  }),
  shape({ program, type: oneOf("write"), bytes: bytes(PROGRAM_WRITE_BYTES) }),
  shape({ program, type: oneOf("end-input") }),
  shape({ program, type: oneOf("read"), descriptor, bytes: whole(1, PROGRAM_OUTPUT_BYTES) }),
  shape({ program, type: oneOf("stop-reading"), descriptor }),
  shape({ program, type: oneOf("signal"), signal: whole(1, LAST_SIGNAL) }),
);

const isFromPrograms: Is<FromPrograms> = either(
  shape({ program, type: oneOf("output"), descriptor, bytes: bytes(PROGRAM_OUTPUT_BYTES) }),
  shape({ program, type: oneOf("taken"), bytes: whole(0, PROGRAM_WRITE_BYTES) }),
  shape({ program, type: oneOf("exit"), status: whole(0, LAST_STATUS) }),
  shape({ program, type: oneOf("failed"), error: isError }),
);

const terminal = whole(0, MAX_TERMINALS - 1);
const size = whole(1, LAST_ROW);

const isToTerminals: Is<ToTerminals> = either(
  shape({
    terminal,
    type: oneOf("terminal-open", "terminal-resize"),
    rows: size,
    columns: size,
  }),
  shape({ terminal, type: oneOf("terminal-input"), bytes: bytes(TERMINAL_PASTE_BYTES) }),
  shape({ terminal, type: oneOf("terminal-drawn"), bytes: whole(1, TERMINAL_OUTPUT_BYTES) }),
  shape({ terminal, type: oneOf("terminal-close") }),
);

const isFromTerminals: Is<FromTerminals> = either(
  shape({ terminal, type: oneOf("terminal-output"), bytes: bytes(TERMINAL_OUTPUT_BYTES) }),
  shape({ terminal, type: oneOf("terminal-exit"), status: whole(0, LAST_STATUS) }),
);

const nothingOrAnything = oneOf("nothing", "anything");

export const isToFrame: Is<ToFrame> = either(
  shape({ id, type: oneOf("start", "close", "export", "bye") }),
  shape({ id, type: oneOf("list", "read", "make-directory", "remove"), path }),
  shape({ id, type: oneOf("status"), path, follow: flag }),
  shape({ id, type: oneOf("more"), reader: id }),
  shape({
    id,
    type: oneOf("write"),
    path,
    content: blob(DEFAULT_OVERLAY_BYTES),
    replaces: either(nothingOrAnything, isVersion),
    mode: optional(whole(0, MODE_BITS)),
  }),
  shape({ id, type: oneOf("rename"), path, to: path, replaces: nothingOrAnything }),
  shape({ id, type: oneOf("cancel"), call: id }),
  shape({ id, type: oneOf("program"), about: isToPrograms }),
  shape({ id, type: oneOf("terminal"), about: isToTerminals }),
  shape({ id, type: oneOf("server"), about: isToServers }),
) as Is<unknown> as Is<ToFrame>;

const state = oneOf("booting", "running", "stopped", "failed");
const ports = list(whole(1, MAX_PORT), MAX_LISTENING_PORTS);
const isProgress: Is<BootProgress> = shape({
  stage: oneOf("manifest", "download", "restore", "boot", "ready"),
  loaded: whole(),
  total: whole(),
  coldBoot: flag,
});

/** Whether it may be a message of a frame; an answer is to be looked at by {@link ANSWERS} as well. */
export const isFromFrame: Is<FromFrame> = either(
  shape({ id, type: oneOf("welcome"), load: number, state, ports }),
  shape({ id, type: oneOf("wrong-version"), version }),
  shape({ id, type: oneOf("refused") }),
  shape({ id, type: oneOf("state"), state }),
  shape({ id, type: oneOf("ports"), ports }),
  shape({ id, type: oneOf("progress"), progress: isProgress }),
  shape({ id, type: oneOf("notice"), error: isError }),
  shape({ id, type: oneOf("size"), height: whole(1, EMBED_MAX_HEIGHT) }),
  shape({ id, type: oneOf("program"), about: isFromPrograms }),
  shape({ id, type: oneOf("terminal"), about: isFromTerminals }),
  shape({ id, type: oneOf("server"), about: isFromServers }),
  shape({ id, type: oneOf("answer"), call: id, answer: anything }),
  shape({ id, type: oneOf("failed"), call: id, error: isError }),
);

const nothing = oneOf(null);

/** What each call's answer may be. */
export const ANSWERS: { readonly [Type in Call["type"]]: Is<Answers[Type]> } = {
  start: nothing,
  close: nothing,
  list: list(isEntry, MAX_TRANSFER_FILES),
  status: isStatus,
  read: id,
  more: either(nothing, bytes(FILE_PIECE_BYTES)),
  write: isStatus,
  "make-directory": nothing,
  rename: nothing,
  remove: whole(),
  export: blob(Number.MAX_SAFE_INTEGER),
};
