/** Lets the page around the frame in: its parent and nobody else, with a hello of the right shape and one port. */
import { EMBED_CONNECTIONS } from "../../../workers/shared/limits.ts";
import { EMBED_VERSION, type FrameEvent, type FromFrame, type Ready } from "../contract.ts";
import { isHello } from "../messages.ts";
import { Connection } from "./connection.ts";
import type { EmbedMachine } from "./machine.ts";

export class Visitors {
  readonly #machine: EmbedMachine | undefined;
  readonly #connections = new Set<Connection>();
  /** When this document began: another load has another. */
  readonly #load = performance.timeOrigin;
  #size: FrameEvent | undefined;

  /** @param machine undefined when there is none to be had */
  constructor(machine: EmbedMachine | undefined) {
    this.#machine = machine;
    machine?.on((event) => this.#tellAll(event));
  }

  /** Begins to listen, and says so. Any page may have the frame: its host says which ones may not. */
  listen(): void {
    if (window.parent === window) return;
    window.addEventListener("message", ({ data, source, ports }: MessageEvent<unknown>) => {
      const [port] = ports;
      if (source !== window.parent || !isHello(data) || !port || ports.length > 1) return;
      this.#welcome(port, data.version);
    });
    const ready: Ready = { type: "tabnix-embed-ready", version: EMBED_VERSION, load: this.#load };
    window.parent.postMessage(ready, "*");
  }

  /** The frame would like to be so high, in CSS pixels. */
  tellSize(height: number): void {
    this.#size = { type: "size", height };
    this.#tellAll(this.#size);
  }

  #welcome(port: MessagePort, version: number): void {
    const machine = this.#machine;
    if (version !== EMBED_VERSION) {
      turnAway(port, { type: "wrong-version", version: EMBED_VERSION });
    } else if (!machine) {
      turnAway(port, { type: "refused" });
    } else if (this.#connections.size >= EMBED_CONNECTIONS) {
      port.close();
    } else {
      this.#admit(port, machine);
    }
  }

  #admit(port: MessagePort, machine: EmbedMachine): void {
    const onBye = () => {
      this.#connections.delete(connection);
      connection.close();
    };
    const connection = new Connection({ port, machine, load: this.#load, onBye });
    this.#connections.add(connection);
    port.addEventListener("close", onBye);
    if (this.#size) connection.tell(this.#size);
  }

  #tellAll(event: FrameEvent): void {
    for (const connection of this.#connections) connection.tell(event);
  }
}

function turnAway(port: MessagePort, event: FrameEvent): void {
  port.postMessage({ id: 1, ...event } satisfies FromFrame);
  port.close();
}
