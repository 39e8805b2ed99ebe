/** A store in memory whose objects arrive when the test says so: later, but always in the end. */
import type { ArtefactReference } from "../../../images/format/manifest.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { sha256Hex } from "../../../workers/shared/hash.ts";
import type { ObjectStore } from "../../../workers/shared/store.ts";

export class MemoryStore implements ObjectStore {
  /** How often each object was asked for. */
  readonly requests = new Map<string, number>();
  private readonly objects = new Map<string, Uint8Array>();
  private gate: Promise<void> = Promise.resolve();

  async put(bytes: Uint8Array): Promise<ArtefactReference> {
    const sha256 = await sha256Hex(bytes);
    this.objects.set(sha256, bytes.slice());
    return { sha256, size: bytes.length, compressedSize: bytes.length };
  }

  /** Holds back everything that is asked for from now on. @returns what lets it go */
  hold(): () => void {
    let release = () => {};
    this.gate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** Loses an object. */
  lose({ sha256 }: ArtefactReference): void {
    this.objects.delete(sha256);
  }

  async get({ sha256 }: ArtefactReference): Promise<Uint8Array> {
    this.requests.set(sha256, (this.requests.get(sha256) ?? 0) + 1);
    await this.gate;
    const bytes = this.objects.get(sha256);
    if (!bytes) throw new TabnixError("not-found", `There is no object ${sha256}.`);
    return bytes;
  }
}
