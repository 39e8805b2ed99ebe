/** The network as the page sees it: one machine's {@link Network}, the relay it goes out by, ports that are shared. */
import { type ByteStream, NetworkError } from "../../shared/byte-stream.ts";
import type { NetworkReport, NetworkRequest, RelaySettings } from "./contract.ts";
import { browserLanHost, type LanHost } from "./lan/channel.ts";
import { LanService } from "./lan/lan-service.ts";
import { Switch } from "./lan/switch.ts";
import { Network } from "./network.ts";
import { PreviewGateway } from "./preview/gateway.ts";
import { IngressClient } from "./relay/ingress-client.ts";
import { WispClient } from "./relay/wisp-client.ts";

/** Where a relay takes ingress connections: beside its folder for WISP. */
const INGRESS_PATH = "../ingress";

export class NetworkService {
  readonly #post: (report: NetworkReport) => void;
  readonly #previews = new PreviewGateway({ connect: (port) => this.connect(port) });
  #network: Network | undefined;
  #relay: RelaySettings | undefined;
  #wisp: WispClient | undefined;
  readonly #shares = new Map<number, IngressClient>();
  readonly #lan: LanService;
  #frames: MessagePort | undefined;

  /** @param lanHost what a network of tabs is made of; undefined where the browser has none of it */
  constructor(
    post: (report: NetworkReport) => void,
    lanHost: LanHost | undefined = browserLanHost(),
  ) {
    this.#post = post;
    this.#lan = new LanService(lanHost, (state) => post({ type: "lan", state }));
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

  /** Takes what the page asks. @throws TypeError where a relay's address is none */
  handle(request: NetworkRequest): void {
    if (request.type === "preview") this.#previews.serve(request.port);
    else if (request.type === "relay") this.#setRelay(request.relay);
    else if (request.type === "lan") void this.#lan.join(request.network);
    else if (request.type === "share") this.#share(request.port, request.name);
    else this.#unshare(request.port);
  }

  /** Connects to a server of the guest. @throws NetworkError */
  async connect(port: number): Promise<ByteStream> {
    if (!this.#network) throw new NetworkError("EHOSTUNREACH", "There is no machine.");
    return this.#network.connect(port);
  }

  #setRelay(relay: RelaySettings | undefined): void {
    for (const port of [...this.#shares.keys()]) this.#unshare(port);
    this.#wisp?.close();
    this.#relay = relay;
    this.#wisp =
      relay && new WispClient({ ...relay, onState: (state) => this.#onRelay(relay, state) });
    if (this.#network) this.#network.egress = this.#wisp;
    if (this.#wisp) this.#wisp.start();
    else this.#post({ type: "relay", state: { state: "idle" } });
  }

  #onRelay(relay: RelaySettings, state: Extract<NetworkReport, { type: "relay" }>["state"]): void {
    if (relay === this.#relay) this.#post({ type: "relay", state });
  }

  #share(port: number, name: string | undefined): void {
    if (!this.#relay) {
      this.#post({ type: "no-relay" });
      return;
    }
    this.#unshare(port);
    const { url, token } = this.#relay;
    const client = new IngressClient({
      url: new URL(INGRESS_PATH, url).href,
      port,
      connect: (to) => this.connect(to),
      ...(token === undefined ? {} : { token }),
      ...(name === undefined ? {} : { name }),
      onState: (state) => this.#post({ type: "share", port, state }),
    });
    this.#shares.set(port, client);
    // What comes of it is told by its states.
    client.start().catch(() => {});
  }

  #unshare(port: number): void {
    const client = this.#shares.get(port);
    this.#shares.delete(port);
    client?.close();
  }
}
