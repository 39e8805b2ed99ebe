/** The ports of the guest that have a public address at the relay, whoever has asked for it: the page or the guest. */
import { type ByteStream, NetworkError } from "../../shared/byte-stream.ts";
import { MAX_SHARES } from "../../shared/limits.ts";
import type { WebSocketFactory } from "../../shared/mux/web-socket.ts";
import type { NetworkReport, RelaySettings } from "./contract.ts";
import { ShareRefusal, type ShareRequest } from "./control/protocol.ts";
import { IngressClient } from "./relay/ingress-client.ts";
import { UNREACHED } from "./relay/ingress-connection.ts";

type ShareState = Extract<NetworkReport, { type: "share" }>["state"];

/** Why a share is over, in a sentence or two for people. */
export interface ShareEnd {
  /** It did not go as whoever asked wanted. */
  isFailure: boolean;
  text: string;
}

/** Who is told of one share, beside the page. */
export interface ShareFollower {
  /** It is there, or there again. */
  online(address: string): void;
  /** The relay is gone, and tried again; told once until it is back. */
  away(reason: string): void;
  /** It is over, and not by this follower. */
  ended(end: ShareEnd): void;
}

export interface SharesOptions {
  /** Connects to a server of the guest. */
  connect(port: number): Promise<ByteStream>;
  /** Tells the page: it must always know what is public. */
  report(port: number, state: ShareState): void;
  /** Whether the relay answers on its other path. */
  relayAnswers(): boolean;
  /** Makes WebSockets; the browser's own unless given. */
  socket?: WebSocketFactory;
}

interface Share {
  request: ShareRequest;
  client: IngressClient;
  follower: ShareFollower | undefined;
  state: ShareState;
  wasOnline: boolean;
  isAway: boolean;
}

/** Where a relay takes ingress connections: beside its folder for WISP. */
const INGRESS_PATH = "../ingress";
const NO_RELAY =
  "No relay is set, so there is no public address. Settings in the page has a place for its address.";

export class Shares {
  readonly #options: SharesOptions;
  readonly #shares = new Map<number, Share>();
  #relay: RelaySettings | undefined;

  constructor(options: SharesOptions) {
    this.#options = options;
  }

  /** The relay from now on. What is at another one ends. */
  useRelay(relay: RelaySettings | undefined): void {
    this.#relay = relay;
    const text = relay
      ? "The page uses another relay now. Try again."
      : "The relay was taken away.";
    for (const share of [...this.#shares.values()]) this.#end(share, { isFailure: true, text });
  }

  /** Tells the page again of a port that is public under this name, or any if none is asked for. */
  repeat({ port, name }: ShareRequest): boolean {
    const share = this.#shares.get(port);
    if (!share || (name !== undefined && name !== share.request.name)) return false;
    this.#options.report(port, share.state);
    return true;
  }

  /**
   * Gives a port a public address, as long as the relay does at the first attempt.
   *
   * @returns what ends it
   * @throws ShareRefusal
   */
  open(request: ShareRequest, follower?: ShareFollower): () => void {
    const { port, name } = request;
    if (!this.#relay) throw new ShareRefusal(NO_RELAY);
    const other = this.#shares.get(port)?.state;
    if (other) {
      const where = other.state === "online" ? `, at ${other.server.address}` : "";
      throw new ShareRefusal(`Port ${port} is shared already${where}.`);
    }
    if (this.#shares.size >= MAX_SHARES) {
      throw new ShareRefusal(`${MAX_SHARES} ports are shared already. End one of them first.`);
    }
    const { url, token } = this.#relay;
    const client = new IngressClient({
      url: new URL(INGRESS_PATH, url).href,
      port,
      connect: (to) => this.#options.connect(to),
      ...(token === undefined ? {} : { token }),
      ...(name === undefined ? {} : { name }),
      ...(this.#options.socket ? { socket: this.#options.socket } : {}),
      onState: (state) => this.#onState(share, state),
    });
    const state = { state: "idle" } as const;
    const share: Share = { request, client, follower, state, wasOnline: false, isAway: false };
    this.#shares.set(port, share);
    client.start().catch((error: unknown) => {
      // What became of an attempt is told by states. Without one: the browser takes the relay's token for none.
      if (error instanceof NetworkError || !this.#isOpen(share)) return;
      this.#end(share, { isFailure: true, text: `The relay cannot be used: ${String(error)}` });
    });
    return () => {
      if (!this.#isOpen(share)) return;
      share.follower = undefined;
      this.#end(share, { isFailure: false, text: "" });
    };
  }

  /** Tries the relay at once for those that have lost it. */
  retry(): void {
    for (const { client } of this.#shares.values()) client.retry();
  }

  /** The page ends a share, whoever began it. */
  close(port: number): void {
    const share = this.#shares.get(port);
    if (share) this.#end(share, { isFailure: false, text: "The page has ended it." });
  }

  #isOpen(share: Share): boolean {
    return this.#shares.get(share.request.port) === share;
  }

  #onState(share: Share, state: ShareState): void {
    if (!this.#isOpen(share)) return;
    const { follower, request } = share;
    if (state.state === "offline" && (!share.wasOnline || state.retryMs === undefined)) {
      this.#end(share, { isFailure: true, text: this.#explain(share, state.reason) });
      return;
    }
    share.state = state;
    this.#options.report(request.port, state);
    if (state.state === "online") {
      share.wasOnline = true;
      share.isAway = false;
      follower?.online(state.server.address);
    } else if (state.state === "offline" && !share.isAway) {
      share.isAway = true;
      follower?.away(state.reason);
    }
  }

  #end(share: Share, end: ShareEnd): void {
    const { client, follower, request } = share;
    const { port } = request;
    this.#shares.delete(port);
    client.close();
    const { report } = this.#options;
    if (end.isFailure) report(port, { state: "offline", reason: end.text, retryMs: undefined });
    report(port, { state: "idle" });
    follower?.ended(end);
  }

  /** Browsers keep from pages why a relay refuses. That it answers otherwise leaves one reason. */
  #explain({ request, wasOnline }: Share, reason: string): string {
    if (reason !== UNREACHED) return reason;
    if (wasOnline || !this.#options.relayAnswers()) {
      return `${reason} Settings in the page has its address and its token.`;
    }
    const { name } = request;
    const what = name === undefined ? "a public address" : `the name "${name}"`;
    return `The relay does not give ${what} to this token: it needs the scope ingress:${name ?? "*"}.`;
  }
}
