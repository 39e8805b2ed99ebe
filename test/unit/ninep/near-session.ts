/** A session as a machine with a replica of the base has it. */
import { decodeTreeIndex, type TreeIndex } from "../../../images/format/tree-index.ts";
import { BaseChanges } from "../../../workers/kernel/filesystem/base-changes.ts";
import { exportTree } from "../../../workers/kernel/filesystem/export.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import type { Clock } from "../../../workers/kernel/filesystem/time.ts";
import { BaseReplica } from "../../../workers/kernel/ninep/base-replica.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import type { NinepSession, Reply } from "../../../workers/kernel/ninep/session.ts";
import { MemoryStore } from "../store/memory-store.ts";

/** What an image's tree is opened from. */
export interface Base {
  index: TreeIndex;
  store: MemoryStore;
}

/** What is in `fs`, as a base. */
export async function baseOf(fs: FileSystem): Promise<Base> {
  const store = new MemoryStore();
  const { index } = await exportTree(fs, { put: (content) => store.put(content) });
  return { index: decodeTreeIndex(index), store };
}

/** A tree on that base, and its server. The clock ticks by itself, so that two trees stay equal. */
export function serve({ index, store }: Base) {
  const changes = BaseChanges.of(index.inodes.length);
  const fs = new FileSystem({ index, store, baseChanges: changes, clock: tickingClock() });
  return { fs, changes, server: new NinepServer(fs) };
}

export class NearSession {
  readonly far: NinepSession;
  /** Types of the requests that the kernel served. */
  readonly forwarded: number[] = [];
  private readonly replica: BaseReplica;
  private gate: Promise<void> | undefined;

  /** @param messageBytes given when the session has begun without a replica */
  constructor(far: NinepSession, { index }: Base, changes: BaseChanges, messageBytes = 0) {
    this.far = far;
    this.replica = new BaseReplica(index, new BaseChanges(changes.memory), messageBytes);
  }

  handle(request: Uint8Array, reply: Reply): void {
    this.replica.handle(request, reply, (bytes, fids, answer) => {
      this.forwarded.push(bytes[4] ?? 0);
      const serveFar = () => {
        this.far.adopt(structuredClone(fids));
        this.far.handle(bytes, answer);
      };
      if (this.gate) void this.gate.then(serveFar);
      else serveFar();
    });
  }

  /** Holds back what is for the kernel. @returns what lets it go */
  hold(): () => void {
    let release = () => {};
    this.gate = new Promise((resolve) => {
      release = () => {
        this.gate = undefined;
        resolve();
      };
    });
    return release;
  }
}

function tickingClock(): Clock {
  let seconds = 1_000_000;
  return () => ({ seconds: seconds++, nanoseconds: 0 });
}
