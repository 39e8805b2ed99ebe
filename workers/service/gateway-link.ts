import { HttpError } from "../kernel/network/http/http-error.ts";
import { ArrivingBody } from "../kernel/network/preview/arriving-body.ts";
import type {
  FromGateway,
  PreviewFailure,
  PreviewRequest,
  PreviewResponse,
  PreviewWebSocket,
  ToGateway,
} from "../kernel/network/preview/contract.ts";
import { Credit } from "../kernel/network/preview/credit.ts";
import { ownBytes } from "../kernel/network/preview/exchange.ts";
import { HTTP_PIECE_BYTES, PREVIEW_ACCEPT_MS } from "../shared/limits.ts";

/** The machine did not take the request at all: another way to it may. */
export class LinkLost extends Error {
  override readonly name = "LinkLost";
}

/** The gateway could not get an answer from the guest's server. */
export class GatewayFailure extends Error {
  override readonly name = "GatewayFailure";
  readonly failure: PreviewFailure;

  constructor(failure: PreviewFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

export interface LinkResponse {
  head: PreviewResponse;
  body: ArrivingBody;
  /** Tells the gateway that nobody reads on. */
  cancel(): void;
}

/** A request that waits for its head, then for its body. */
interface Pending {
  accept(): void;
  /** The gateway has it: to ask again might do something twice. */
  isAccepted: boolean;
  resolve(head: PreviewResponse): void;
  fail(error: Error): void;
  body: ArrivingBody;
  credit: Credit;
}

/** The service worker's way to the gateway of one machine. */
export class GatewayLink {
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Pending>();
  readonly #asked = new Map<number, (cookies: string) => void>();
  #next = 1;
  /** The other end is known to be gone. */
  isLost = false;

  /** @param port on which the gateway has said hello */
  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<FromGateway>) => this.#receive(data);
    port.addEventListener("close", () => this.lose());
  }

  /** Somebody waits for an answer, or reads one. */
  get isBusy(): boolean {
    return this.#pending.size > 0;
  }

  /**
   * Sends a request with its content.
   *
   * @throws LinkLost; GatewayFailure
   */
  async request(request: PreviewRequest, content: Blob | undefined): Promise<LinkResponse> {
    const id = this.#next++;
    const body = new ArrivingBody((pieces) => this.#post({ type: "more", id, pieces }));
    const credit = new Credit();
    const cancel = () => {
      if (this.#pending.delete(id)) this.#post({ type: "cancel", id });
      credit.close();
      body.fail(new HttpError("cancelled", "The request was cancelled."));
    };
    const head = await new Promise<PreviewResponse>((resolve, reject) => {
      const timer = setTimeout(() => this.lose(), PREVIEW_ACCEPT_MS);
      this.#pending.set(id, {
        accept: () => clearTimeout(timer),
        isAccepted: false,
        resolve,
        fail: (error) => {
          clearTimeout(timer);
          credit.close();
          body.fail(error);
          reject(error);
        },
        body,
        credit,
      });
      this.#post({ type: "request", id, ...request });
      // Only what was accepted asks for content, so that another way may be tried with it.
      if (content) this.#sendContent(id, content, credit).catch(cancel);
    });
    return { head, body, cancel };
  }

  /** What a page's script may see. @returns empty when nobody answers */
  cookies(port: number, path: string): Promise<string> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      setTimeout(() => this.#answer(id, ""), PREVIEW_ACCEPT_MS);
      this.#post({ type: "cookies", id, port, path });
    });
  }

  /** What a page's script has set. */
  setCookie(port: number, path: string, cookie: string): void {
    this.#post({ type: "set-cookie", port, path, cookie });
  }

  /** Gives a page's WebSocket a way to the guest that does without this worker. */
  openWebSocket(request: PreviewWebSocket, channel: MessagePort): void {
    this.#post({ type: "websocket", request, channel }, [channel]);
  }

  /** The other end is gone: everything that waits for it fails. */
  lose(): void {
    this.isLost = true;
    this.#port.close();
    const gone = "The page that runs the machine is gone.";
    for (const { fail, isAccepted } of this.#pending.values()) {
      fail(
        isAccepted
          ? new GatewayFailure({ code: "unreachable", message: gone })
          : new LinkLost(gone),
      );
    }
    this.#pending.clear();
    for (const id of [...this.#asked.keys()]) this.#answer(id, "");
  }

  async #sendContent(id: number, content: Blob, credit: Credit): Promise<void> {
    const reader = content.stream().getReader();
    try {
      for (;;) {
        const { value } = await reader.read();
        if (!value) break;
        for (let at = 0; at < value.length; at += HTTP_PIECE_BYTES) {
          if (!(await credit.take())) return;
          const bytes = ownBytes(value.subarray(at, at + HTTP_PIECE_BYTES));
          this.#post({ type: "piece", id, bytes }, [bytes.buffer]);
        }
      }
      this.#post({ type: "end", id });
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  #receive(message: FromGateway): void {
    if (message.type === "hello") return;
    const pending = "id" in message ? this.#pending.get(message.id) : undefined;
    switch (message.type) {
      case "ping":
        this.#post({ type: "pong" });
        break;
      case "cookies":
        this.#answer(message.id, message.cookies);
        break;
      case "accepted":
        if (pending) pending.isAccepted = true;
        pending?.accept();
        break;
      case "more":
        pending?.credit.grant(message.pieces);
        break;
      case "head":
        pending?.resolve(message);
        break;
      case "piece":
        pending?.body.push(message.bytes);
        break;
      case "end":
        this.#pending.delete(message.id);
        pending?.body.complete();
        break;
      case "failed":
        this.#pending.delete(message.id);
        pending?.fail(new GatewayFailure(message.failure));
        break;
    }
  }

  #answer(id: number, cookies: string): void {
    this.#asked.get(id)?.(cookies);
    this.#asked.delete(id);
  }

  #post(message: ToGateway, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}
