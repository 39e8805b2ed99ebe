/** Set-ups: what a machine is to be, as a document that a link can carry. docs/setup.md has the format. */
import type { RelaySettings } from "../../workers/kernel/network/contract.ts";

/** What a file is to hold: bytes that the document has, or an address to fetch them from. */
export type SetupContent = { bytes: Uint8Array<ArrayBuffer> } | { url: string };

export interface SetupFile {
  /** Absolute and normalised. */
  path: string;
  content: SetupContent;
  /** Permission bits; undefined for those that a file gets by itself. */
  mode: number | undefined;
}

/**
 * What of the network the machine may use: nothing, not even the relay of its image; what the visitor's
 * settings and the image say; or this relay and this network of tabs.
 */
export type SetupNetwork = "none" | "visitor" | { relay?: RelaySettings; lan?: string };

/** Something beside the terminals. */
export type SetupPane = "files" | "preview";

/** A set-up with its defaults. */
export interface Setup {
  /** One line, or empty. */
  title: string;
  description: string;
  /** Name of one of the site's images. */
  image: string;
  files: readonly SetupFile[];
  /** Over that of the image. */
  environment: Readonly<Record<string, string>>;
  /** The commands of each terminal, of which there is at least one. */
  terminals: readonly (readonly string[])[];
  /** The first of them on which a server listens is shown. */
  ports: readonly number[];
  panes: readonly SetupPane[];
  network: SetupNetwork;
  /** It runs on the visitor's saved files of the image, and not on a fresh copy that nothing is kept of. */
  persist: boolean;
}

/** A set-up, and where it is from. */
export interface LoadedSetup {
  setup: Setup;
  /** The document as it was written. */
  text: string;
  /** Its own address, or that of the page when a link carries it; other addresses in it are relative to this one. */
  base: URL;
  /** It was fetched from {@link base}, and not carried by the link. */
  isFetched: boolean;
}
