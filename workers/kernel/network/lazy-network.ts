/**
 * The network before it is loaded: nothing before the prompt needs it, and so it is not fetched before. The
 * machine's frames wait in their port until then.
 */
import type { NetworkRequest } from "./contract.ts";

/** The machine's end of its network. */
export interface NetworkLink {
  frames: MessagePort;
  hostname: string;
}

/** What is loaded: {@link NetworkService}. */
export interface LoadedNetwork {
  attach(frames: MessagePort, hostname: string): void;
  handle(request: NetworkRequest): void;
  close(): void;
}

export class LazyNetwork {
  readonly #load: () => Promise<LoadedNetwork>;
  #link: NetworkLink | undefined;
  #loaded: LoadedNetwork | undefined;
  #loading: Promise<LoadedNetwork> | undefined;

  constructor(load: () => Promise<LoadedNetwork>) {
    this.#load = load;
  }

  /** Joins a machine to the network, in place of the one before, now or when it is loaded. */
  join(link: NetworkLink): void {
    this.#link = link;
    this.#loaded?.attach(link.frames, link.hostname);
  }

  /** Gives everything back; there is no network any more. */
  close(): void {
    this.#link?.frames.close();
    this.#loaded?.close();
    // One that is still loading finds that its port is closed.
    void this.#loading?.then((network) => network.close()).catch(() => {});
  }

  /** Loads it, unless that is done. @throws what loading throws; the next call tries again */
  open(): Promise<LoadedNetwork> {
    this.#loading ??= this.#begin();
    return this.#loading;
  }

  /** Passes on what the page asks. @throws as `open` does, and as handling does */
  async ask(request: NetworkRequest): Promise<void> {
    (await this.open()).handle(request);
  }

  async #begin(): Promise<LoadedNetwork> {
    try {
      const network = await this.#load();
      this.#loaded = network;
      if (this.#link) network.attach(this.#link.frames, this.#link.hostname);
      return network;
    } catch (error) {
      this.#loading = undefined;
      throw error;
    }
  }
}
