/** Requests of the page around the frame to servers of its machine, by the numbers that it gives them. */
import type { FromGateway, ToGateway } from "../../../workers/kernel/network/preview/contract.ts";
import { ownBytes } from "../../../workers/kernel/network/preview/exchange.ts";
import { EMBED_TEXT_CHARACTERS, PREVIEW_WINDOW_PIECES } from "../../../workers/shared/limits.ts";
import type { Computer } from "../../computer.ts";
import type { FromServers, ToServers } from "../contract.ts";

/** What of a machine it needs. */
export type Gateway = Pick<Computer, "connectPreview">;

export interface GatewayServerOptions {
  /** The machine that runs. @throws TabnixError when none does */
  machine(): Gateway;
  send(about: FromServers, transfer?: Transferable[]): void;
}

export class GatewayServer {
  readonly #options: GatewayServerOptions;
  /** The way to the machine's gateway, and that machine: a fresh one has another. */
  #way: { port: MessagePort; machine: Gateway } | undefined;
  /** Of each request that is under way, how many pieces more of the response may come. */
  readonly #ready = new Map<number, number>();

  constructor(options: GatewayServerOptions) {
    this.#options = options;
  }

  /** What does not fit to what was before, as asking for more than may be on its way, changes nothing. */
  receive(about: ToServers): void {
    if (about.type === "request") {
      this.#start(about);
      return;
    }
    const ready = this.#ready.get(about.id);
    if (ready === undefined) return;
    switch (about.type) {
      case "more":
        if (ready + about.pieces > PREVIEW_WINDOW_PIECES) return;
        this.#ready.set(about.id, ready + about.pieces);
        this.#post(about);
        break;
      case "piece": {
        const bytes = ownBytes(about.bytes);
        this.#post({ ...about, bytes }, [bytes.buffer]);
        break;
      }
      case "cancel":
        this.#ready.delete(about.id);
        this.#post(about);
        break;
      case "end":
        this.#post(about);
        break;
    }
  }

  /** Nobody is there who waits for answers. */
  end(): void {
    for (const id of this.#ready.keys()) this.#post({ type: "cancel", id });
    this.#ready.clear();
    this.#way?.port.close();
    this.#way = undefined;
  }

  #start(request: Extract<ToServers, { type: "request" }>): void {
    const { id } = request;
    if (this.#ready.has(id)) return;
    try {
      this.#connect();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#options.send({ type: "failed", id, failure: { code: "unreachable", message } });
      return;
    }
    this.#ready.set(id, 0);
    this.#post(request);
  }

  /** @throws TabnixError when no machine runs */
  #connect(): void {
    const machine = this.#options.machine();
    if (machine === this.#way?.machine) return;
    // What was under way went with the machine.
    this.end();
    const { port1, port2 } = new MessageChannel();
    machine.connectPreview(port1);
    port2.onmessage = ({ data }: MessageEvent<FromGateway>) => this.#pass(data);
    this.#way = { port: port2, machine };
  }

  /** What the gateway says, to the page. */
  #pass(message: FromGateway): void {
    switch (message.type) {
      case "ping":
        this.#post({ type: "pong" });
        return;
      case "hello":
      case "cookies":
        return;
    }
    const ready = this.#ready.get(message.id);
    if (ready === undefined) return;
    const { send } = this.#options;
    switch (message.type) {
      case "piece": {
        this.#ready.set(message.id, ready - 1);
        const bytes = ownBytes(message.bytes);
        send({ ...message, bytes }, [bytes.buffer]);
        break;
      }
      case "failed": {
        this.#ready.delete(message.id);
        const { code, message: text } = message.failure;
        send({ ...message, failure: { code, message: text.slice(0, EMBED_TEXT_CHARACTERS) } });
        break;
      }
      case "end":
        this.#ready.delete(message.id);
        send(message);
        break;
      default:
        send(message);
    }
  }

  #post(message: ToGateway, transfer: Transferable[] = []): void {
    this.#way?.port.postMessage(message, transfer);
  }
}
