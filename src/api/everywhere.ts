/** What the API has in every place: a page, and Node. */
export { type ErrorCode, TabnixError } from "../../workers/shared/errors.ts";
export type { FileEntry, FileKind, FileStatus } from "../file-access.ts";
export type * from "./contract.ts";
export type { SandboxFiles } from "./files.ts";
export type { SandboxPorts } from "./ports.ts";
export type { Sandbox } from "./sandbox.ts";
export type { SignalName } from "./signals.ts";
