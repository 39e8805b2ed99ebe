/** Files of the machine for the page around the frame: each call answered, contents in pieces that are asked for. */
import { TabnixError } from "../../../workers/shared/errors.ts";
import { EMBED_CALLS } from "../../../workers/shared/limits.ts";
import type { FileAccess } from "../../file-access.ts";
import type { Answers, Call, CallOf } from "../contract.ts";

/** Calls about files. */
export type FileCall = Exclude<Call, { type: "start" | "close" | "export" }>;

export class FileServer {
  readonly #files: () => FileAccess;
  readonly #readers = new Map<number, AsyncIterator<Uint8Array<ArrayBuffer>>>();

  /** @param files of the machine that runs. @throws TabnixError when none does */
  constructor(files: () => FileAccess) {
    this.#files = files;
  }

  /**
   * @param id the call's, which a reader gets too
   * @throws TabnixError
   */
  async answer(
    id: number,
    call: FileCall,
    signal: AbortSignal,
  ): Promise<Answers[FileCall["type"]]> {
    const files = this.#files();
    switch (call.type) {
      case "list":
        return files.list(call.path, { signal });
      case "status":
        return files.status(call.path, { follow: call.follow });
      case "read":
        if (this.#readers.size >= EMBED_CALLS) {
          throw new TabnixError("busy", "Too many files are open.", "Read some to their ends.");
        }
        this.#readers.set(id, files.read(call.path)[Symbol.asyncIterator]());
        return id;
      case "more":
        return this.#more(call);
      case "write": {
        const { path, content, replaces, mode } = call;
        return files.write(path, content, {
          replaces,
          signal,
          ...(mode === undefined ? {} : { mode }),
        });
      }
      case "make-directory":
        await files.makeDirectory(call.path);
        return null;
      case "rename":
        await files.rename(call.path, call.to, { replaces: call.replaces });
        return null;
      case "remove":
        return files.remove(call.path, { signal });
    }
  }

  /** Closes a file, if that is the number of one. */
  stop(reader: number): void {
    void this.#readers
      .get(reader)
      ?.return?.()
      ?.catch(() => {});
    this.#readers.delete(reader);
  }

  /** Closes all. */
  end(): void {
    for (const reader of [...this.#readers.keys()]) this.stop(reader);
  }

  async #more({ reader }: CallOf<"more">): Promise<Answers["more"]> {
    const iterator = this.#readers.get(reader);
    if (!iterator) throw new TabnixError("closed", "That file is not open any more.");
    try {
      const { done, value } = await iterator.next();
      if (!done) return value;
      this.#readers.delete(reader);
      return null;
    } catch (error) {
      this.#readers.delete(reader);
      throw error;
    }
  }
}
