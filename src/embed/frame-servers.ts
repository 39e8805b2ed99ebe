/** Requests to servers of a machine in a frame: the frame does what a gateway does for a local machine. */
import type { ToGateway } from "../../workers/kernel/network/preview/contract.ts";
import { ownBytes } from "../../workers/kernel/network/preview/exchange.ts";
import type { FromServers, ToServers } from "./contract.ts";

/** A request that is under way. */
interface UnderWay {
  /** To who asks. */
  port: MessagePort;
  /** What that calls it. */
  id: number;
}

export class FrameServers {
  readonly #send: (about: ToServers, transfer: Transferable[]) => void;
  /** By the numbers that the frame knows. */
  readonly #underWay = new Map<number, UnderWay>();
  #last = 0;

  constructor(send: (about: ToServers, transfer: Transferable[]) => void) {
    this.#send = send;
  }

  /** @param port whose other end is to find a gateway here, for requests only */
  connect(port: MessagePort): void {
    port.onmessage = ({ data }: MessageEvent<ToGateway>) => {
      switch (data.type) {
        case "request": {
          this.#last += 1;
          this.#underWay.set(this.#last, { port, id: data.id });
          this.#send({ ...data, id: this.#last }, []);
          break;
        }
        case "piece":
        case "end":
        case "more":
        case "cancel": {
          const number = this.#numberOf(port, data.id);
          if (number === undefined) break;
          if (data.type === "cancel") this.#underWay.delete(number);
          const transfer = data.type === "piece" ? [data.bytes.buffer as ArrayBuffer] : [];
          this.#send({ ...data, id: number }, transfer);
          break;
        }
      }
    };
  }

  /** What the frame tells. Who asks knows by itself what may come when. */
  receive(about: FromServers): void {
    const asked = this.#underWay.get(about.id);
    if (!asked) return;
    const { port, id } = asked;
    if (about.type === "end" || about.type === "failed") this.#underWay.delete(about.id);
    if (about.type === "piece") {
      const bytes = ownBytes(about.bytes);
      port.postMessage({ ...about, id, bytes }, [bytes.buffer]);
    } else {
      port.postMessage({ ...about, id });
    }
  }

  /** The machine has stopped under them. */
  end(message: string): void {
    for (const { port, id } of this.#underWay.values()) {
      port.postMessage({ type: "failed", id, failure: { code: "unreachable", message } });
    }
    this.#underWay.clear();
  }

  #numberOf(port: MessagePort, id: number): number | undefined {
    for (const [number, asked] of this.#underWay) {
      if (asked.port === port && asked.id === id) return number;
    }
    return undefined;
  }
}
