/** The network as the page sees it: one machine's {@link Network}, the relay it goes out by, ports that are shared. */
import { type ByteStream, NetworkError } from "../../shared/byte-stream.ts";
import { browserWebSocket, type WebSocketFactory } from "../../shared/mux/web-socket.ts";
import type { NetworkReport, NetworkRequest, RelaySettings } from "./contract.ts";
import { ControlService } from "./control/control-service.ts";
import { ShareRefusal, type ShareRequest } from "./control/protocol.ts";
import { browserLanHost, type LanHost } from "./lan/channel.ts";
import { LanService } from "./lan/lan-service.ts";
import { Switch } from "./lan/switch.ts";
import { Network } from "./network.ts";
import { PreviewGateway } from "./preview/gateway.ts";
import { WispClient } from "./relay/wisp-client.ts";
import { Shares } from "./shares.ts";

/** What the service needs of where it runs; the browser's own unless given. */
export interface NetworkServiceOptions {
  socket?: WebSocketFactory;
  /** What a network of tabs is made of. */
  lanHost?: LanHost | undefined;
  /** Where `online` is heard when the computer is on a network again; Node has none. */
  connectivity?: EventTarget | undefined;
}

export class NetworkService {
  readonly #post: (report: NetworkReport) => void;
  readonly #socket: WebSocketFactory;
  readonly #previews = new PreviewGateway({ connect: (port) => this.connect(port) });
  readonly #shares: Shares;
  readonly #control: ControlService;
  #network: Network | undefined;
  #relay: RelaySettings | undefined;
  #wisp: WispClient | undefined;
  readonly #lan: LanService;
  #frames: MessagePort | undefined;

  constructor(post: (report: NetworkReport) => void, options: NetworkServiceOptions = {}) {
    const { socket = browserWebSocket, lanHost = browserLanHost() } = options;
    const { connectivity = globalThis.self as EventTarget | undefined } = options;
    this.#post = post;
    this.#socket = socket;
    this.#lan = new LanService(lanHost, (state) => post({ type: "lan", state }));
    this.#shares = new Shares({
      connect: (port) => this.connect(port),
      report: (port, state) => post({ type: "share", port, state }),
      relayAnswers: () => this.#wisp?.state.state === "online",
      socket,
    });
    this.#control = new ControlService({
      share: (request, follower) => this.#shares.open(request, follower),
    });
    // Nobody waits out a pause of which the reason is gone.
    connectivity?.addEventListener("online", () => {
      this.#wisp?.start();
      this.#shares.retry();
    });
  }

  /**
   * Joins a machine to the network, in place of the one before. Its frames are the messages of `frames`, by
   * which it also gets a {@link HostIdentity}.
   */
  attach(frames: MessagePort, hostname: string): void {
    this.#network?.reset();
    this.#previews.reset();
    this.#frames?.close();
    this.#frames = frames;
    const bridge = new Switch({
      toGuest: (frame) => frames.postMessage(frame, [frame.buffer]),
      toGateway: (frame) => network.receive(frame),
    });
    const network = new Network({
      hostname,
      transmit: (frame) => bridge.toGuest(frame),
      onNoWayOut: () => this.#post({ type: "no-relay" }),
      control: this.#control,
    });
    this.#network = network;
    network.egress = this.#wisp;
    frames.onmessage = ({ data }: MessageEvent<Uint8Array>) => bridge.fromGuest(data);
    this.#lan.attach({
      network,
      bridge,
      hostname,
      identify: (identity) => frames.postMessage(identity),
    });
  }

  /** Ends every connection, and leaves every network. */
  close(): void {
    this.#network?.reset();
    this.#previews.close();
    this.#shares.useRelay(undefined);
    this.#wisp?.close();
    void this.#lan.join(undefined);
    this.#frames?.close();
  }

  /** Takes what the page asks. @throws TypeError where a relay's address is none */
  handle(request: NetworkRequest): void {
    if (request.type === "preview") this.#previews.serve(request.port);
    else if (request.type === "relay") this.#setRelay(request.relay);
    else if (request.type === "lan") void this.#lan.join(request.network);
    else if (request.type === "share") this.#share(request);
    else this.#shares.close(request.port);
  }

  /** Connects to a server of the guest. @throws NetworkError */
  async connect(port: number): Promise<ByteStream> {
    if (!this.#network) throw new NetworkError("EHOSTUNREACH", "There is no machine.");
    return this.#network.connect(port);
  }

  #setRelay(relay: RelaySettings | undefined): void {
    // Told again after a reboot: what is public stays so.
    if (relay && relay.url === this.#relay?.url && relay.token === this.#relay.token) {
      this.#wisp?.start();
      return;
    }
    this.#shares.useRelay(relay);
    this.#wisp?.close();
    this.#relay = relay;
    const socket = this.#socket;
    this.#wisp =
      relay &&
      new WispClient({ ...relay, socket, onState: (state) => this.#onRelay(relay, state) });
    if (this.#network) this.#network.egress = this.#wisp;
    if (this.#wisp) this.#wisp.start();
    else this.#post({ type: "relay", state: { state: "idle" } });
  }

  #onRelay(relay: RelaySettings, state: Extract<NetworkReport, { type: "relay" }>["state"]): void {
    if (relay === this.#relay) this.#post({ type: "relay", state });
  }

  #share({ port, name }: ShareRequest): void {
    if (!this.#relay) {
      this.#post({ type: "no-relay" });
      return;
    }
    const request = { port, ...(name === undefined ? {} : { name }) };
    if (this.#shares.repeat(request)) return;
    this.#shares.close(port);
    try {
      this.#shares.open(request);
    } catch (error) {
      if (!(error instanceof ShareRefusal)) throw error;
      const state = { state: "offline", reason: error.message, retryMs: undefined } as const;
      this.#post({ type: "share", port, state });
      this.#post({ type: "share", port, state: { state: "idle" } });
    }
  }
}
