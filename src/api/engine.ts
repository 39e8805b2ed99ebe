/**
 * What a sandbox runs on: the part of a {@link Computer} that it uses. A computer in this page or under Node
 * is one as it is; one in a frame of another origin passes the same calls through a port.
 */
import type { Computer, ComputerOptions } from "../computer.ts";

export type SandboxEngine = Pick<
  Computer,
  | "state"
  | "files"
  | "ports"
  | "on"
  | "boot"
  | "startProgram"
  | "openTerminal"
  | "connectPreview"
  | "useRelay"
  | "joinNetwork"
  | "exportChanges"
  | "inspectChanges"
  | "importChanges"
  | "close"
  | "destroy"
>;

/** Where sandboxes run. */
export interface SandboxPlace {
  /**
   * The folder of images as an absolute address with a slash at its end.
   *
   * @throws TabnixError `invalid-input`
   */
  imagesUrl(base: string | URL | undefined): string;
  makeEngine(options: ComputerOptions): SandboxEngine;
}
