/** Messages of every kind, as an honest side sends them. */
import type { Answers, FromFrame, ToFrame } from "../../../src/embed/contract.ts";
import type { FileStatus } from "../../../src/file-access.ts";

const error = { code: "full", message: "There is no room.", hint: "" } as const;
const path = "/root/file";

export const STATUS: FileStatus = {
  kind: "link",
  inode: 7,
  version: 2,
  size: 3,
  mode: 0o777,
  uid: 0,
  gid: 0,
  mtime: 1.5,
  target: "there",
  leadsTo: "file",
};

export const TO_FRAME: readonly ToFrame[] = [
  { id: 1, type: "start" },
  { id: 2, type: "close" },
  { id: 3, type: "export" },
  { id: 4, type: "list", path },
  { id: 5, type: "status", path, follow: false },
  { id: 6, type: "read", path },
  { id: 7, type: "more", reader: 6 },
  { id: 8, type: "write", path, content: new Blob(["text"]), replaces: "nothing", mode: 0o600 },
  { id: 9, type: "write", path, content: new Blob(), replaces: { inode: 7, version: 2 } },
  { id: 10, type: "make-directory", path },
  { id: 11, type: "rename", path, to: "/root/other", replaces: "anything" },
  { id: 12, type: "remove", path },
  { id: 13, type: "cancel", call: 6 },
  {
    id: 14,
    type: "program",
    about: { program: 0, type: "start", request: { command: "ls", environment: { A: "b" } } },
  },
  {
    id: 15,
    type: "program",
    about: {
      program: 1,
      type: "start",
      request: { command: ["ls", "-l"], directory: "/root", environment: {} },
    },
  },
  { id: 16, type: "program", about: { program: 0, type: "write", bytes: Uint8Array.of(1) } },
  { id: 17, type: "program", about: { program: 0, type: "end-input" } },
  { id: 18, type: "program", about: { program: 0, type: "read", descriptor: 1, bytes: 5 } },
  { id: 19, type: "program", about: { program: 0, type: "stop-reading", descriptor: 2 } },
  { id: 20, type: "program", about: { program: 0, type: "signal", signal: 9 } },
  { id: 21, type: "bye" },
  {
    id: 22,
    type: "terminal",
    about: { type: "terminal-open", terminal: 15, rows: 24, columns: 80 },
  },
  {
    id: 23,
    type: "terminal",
    about: { type: "terminal-input", terminal: 0, bytes: Uint8Array.of(3) },
  },
  {
    id: 24,
    type: "terminal",
    about: { type: "terminal-resize", terminal: 0, rows: 2, columns: 9 },
  },
  { id: 25, type: "terminal", about: { type: "terminal-drawn", terminal: 0, bytes: 7 } },
  { id: 26, type: "terminal", about: { type: "terminal-close", terminal: 0 } },
  {
    id: 27,
    type: "server",
    about: {
      type: "request",
      id: 1,
      port: 80,
      method: "POST",
      target: "/?a=b",
      fields: [["accept", "*/*"]],
      length: 1,
    },
  },
  {
    id: 28,
    type: "server",
    about: { type: "request", id: 2, port: 65_535, method: "GET", target: "/", fields: [] },
  },
  { id: 29, type: "server", about: { type: "piece", id: 1, bytes: Uint8Array.of(1) } },
  { id: 30, type: "server", about: { type: "end", id: 1 } },
  { id: 31, type: "server", about: { type: "more", id: 1, pieces: 16 } },
  { id: 32, type: "server", about: { type: "cancel", id: 1 } },
];

export const FROM_FRAME: readonly FromFrame[] = [
  { id: 1, type: "welcome", load: 1.5, state: "stopped", ports: [] },
  { id: 2, type: "wrong-version", version: 2 },
  { id: 3, type: "refused" },
  { id: 4, type: "state", state: "running" },
  { id: 5, type: "ports", ports: [80, 8080] },
  {
    id: 6,
    type: "progress",
    progress: { stage: "download", loaded: 1, total: 2, coldBoot: false },
  },
  { id: 7, type: "notice", error },
  { id: 8, type: "size", height: 300 },
  { id: 9, type: "answer", call: 4, answer: 6 },
  { id: 10, type: "failed", call: 5, error },
  {
    id: 11,
    type: "program",
    about: { program: 0, type: "output", descriptor: 1, bytes: Uint8Array.of(1) },
  },
  { id: 12, type: "program", about: { program: 0, type: "taken", bytes: 1 } },
  { id: 13, type: "program", about: { program: 0, type: "exit", status: 137 } },
  { id: 14, type: "program", about: { program: 0, type: "failed", error } },
  {
    id: 15,
    type: "terminal",
    about: { type: "terminal-output", terminal: 0, bytes: Uint8Array.of(1) },
  },
  { id: 16, type: "terminal", about: { type: "terminal-exit", terminal: 0, status: 1 } },
  { id: 17, type: "server", about: { type: "accepted", id: 1 } },
  { id: 18, type: "server", about: { type: "more", id: 1, pieces: 1 } },
  {
    id: 19,
    type: "server",
    about: {
      type: "head",
      id: 1,
      status: 200,
      reason: "",
      fields: [["etag", '"1"']],
      cookies: "a=b",
    },
  },
  { id: 20, type: "server", about: { type: "head", id: 2, status: 404, reason: "No", fields: [] } },
  { id: 21, type: "server", about: { type: "piece", id: 1, bytes: Uint8Array.of(1) } },
  { id: 22, type: "server", about: { type: "end", id: 1 } },
  {
    id: 23,
    type: "server",
    about: { type: "failed", id: 2, failure: { code: "refused", message: "Nothing listens." } },
  },
];

export const ANSWERED: Answers = {
  start: null,
  close: null,
  list: [{ ...STATUS, name: "file" }],
  status: STATUS,
  read: 6,
  more: Uint8Array.of(1),
  write: STATUS,
  "make-directory": null,
  rename: null,
  remove: 3,
  export: new Blob(["export"]),
};
