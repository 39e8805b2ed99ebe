/** Messages between the page and the kernel worker, and between the kernel and the machine. */
import type { Manifest } from "../../images/format/manifest.ts";
import type { ErrorMessage } from "../shared/errors.ts";
import type { StoreLocation } from "../shared/store.ts";
import type { FileReply, FileRequest } from "./files/contract.ts";
import type { HostIdentity, NetworkReport, NetworkRequest } from "./network/contract.ts";
import type { FidRecord } from "./ninep/fid.ts";
import type { TransferReport, TransferRequest } from "./transfer/contract.ts";

/** Page → kernel. */
export type ToKernel =
  | {
      type: "open";
      location: StoreLocation;
      /** The main script of the Wasmer SDK, absolute. */
      wasmerUrl: string | undefined;
      manifest: Manifest;
      /** The machine goes on from the snapshot: restore the fids that belong to it. */
      fromSnapshot: boolean;
      /** Where to keep what changes; in memory unless given. */
      disk?: DiskRequest;
      machine: NinepLink;
      /** What the machine is called on its network. */
      hostname: string;
    }
  /** Another machine on the same tree: after a reboot. It starts with no fids. */
  | { type: "attach"; machine: NinepLink; hostname: string }
  /** The prompt stands: do what could wait. */
  | { type: "prompt" }
  /** Make what has changed so far durable. */
  | { type: "save" }
  /** After `asked`: save everything and let the other tab have it; `lost` follows. */
  | { type: "release" }
  | { type: "file"; request: FileRequest }
  | { type: "transfer"; request: TransferRequest }
  | { type: "network"; request: NetworkRequest }
  | { type: "statistics" };

/** Kernel → page. */
export type FromKernel =
  /** Compressed bytes of what the tree starts from: its index, and its part of the snapshot. */
  | { type: "progress"; loaded: number; total: number }
  /** The tree is served; the machine may start. */
  | { type: "ready" }
  /** The saved files do not go with the snapshot: attach a machine that starts from its kernel. */
  | { type: "no-snapshot" }
  /** Another tab asks for the disk: make the guest write out what it holds back, then send `release`. */
  | { type: "asked" }
  /** A program that was killed has changed what the guest caches: make the guest forget it. */
  | { type: "changed" }
  /** Another tab has taken the disk, which is closed; nothing is served any more. */
  | { type: "lost" }
  | { type: "failed"; error: ErrorMessage }
  /** Something went wrong that does not stop the machine: a stored file that is damaged. */
  | { type: "notice"; error: ErrorMessage }
  | { type: "file"; reply: FileReply }
  | { type: "transfer"; report: TransferReport }
  | { type: "network"; report: NetworkReport }
  | { type: "statistics"; statistics: KernelStatistics };

export interface KernelStatistics {
  /** Bytes fetched from the store, compressed, since the page was opened. */
  fetchedBytes: number;
  /** Files fetched from the network, and served from the browser's cache. */
  fetchedFiles: number;
  cachedFiles: number;
  /** Bytes of the overlay: what the guest wrote. */
  overlayBytes: number;
  /** Bytes that it may have. */
  capacityBytes: number;
  /** Something of it is not durable yet. */
  isUnsaved: boolean;
  /** Where the overlay lives. */
  storage: StorageKind;
}

/** The origin private file system, IndexedDB, or nothing that lasts. */
export type StorageKind = "opfs" | "indexeddb" | "memory";

export interface DiskRequest {
  /** As part of names in the browser's storage: letters, digits, dots and dashes. */
  name: string;
  /** Take it from the tab that has it. */
  take: boolean;
  /** Forget what is on it. */
  erase: boolean;
}

/** Kernel → machine, by {@link NinepLink.frames}. */
export type ToNetworkCard = Uint8Array | HostIdentity;

/** Which of the guest's two mounts a 9P message belongs to. */
export type Mount = "system" | "live";

/** One end of the way between the kernel and a machine. */
export interface NinepLink {
  /** {@link NinepRequest} to the kernel, {@link ToNinepClient} to the machine. */
  port: MessagePort;
  /**
   * Ethernet frames, each a Uint8Array: the guest's to the kernel, the network's to the machine. Each that the
   * machine gets is one or a {@link HostIdentity}; it reads them when its guest runs.
   */
  frames: MessagePort;
  /** Memory of a {@link ReplySlot} that both share, where the page is isolated. */
  slot?: SharedArrayBuffer;
  /** Memory of {@link SharedEpochs}, where the page is isolated; else the epochs come as messages. */
  epochs?: SharedArrayBuffer;
}

/** Machine → kernel: one 9P message. `id` pairs it with its reply; tags are the guest's own. */
export interface NinepRequest {
  mount: Mount;
  id: number;
  bytes: Uint8Array;
  /** Fids of the mount that the machine's replica has walked to since the last request. */
  fids: FidRecord[];
}

/** Kernel → machine. */
export type ToNinepClient =
  | { type: "reply"; id: number; bytes: Uint8Array }
  | { type: "epoch"; mount: Mount; epoch: number }
  | ({ type: "base" } & ReplicaSource);

/** What a machine makes its replica of the system mount from; see ninep/base-replica.ts. */
export interface ReplicaSource {
  /** The tree index. */
  index: Uint8Array;
  /** Memory of the kernel's {@link BaseChanges}. */
  changes: SharedArrayBuffer;
  /** The size of messages that the mount's session has agreed on; 0 before it has. */
  messageBytes: number;
}
