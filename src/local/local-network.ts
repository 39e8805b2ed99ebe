/** The network of a computer in this page: what it is to be on, kept while no kernel worker runs. */
import type { Manifest } from "../../images/format/manifest.ts";
import type { NetworkRequest, RelaySettings } from "../../workers/kernel/network/contract.ts";
import { isImportedImage } from "../../workers/shared/image-name.ts";

export interface LocalNetworkHost {
  /** The image's name. */
  readonly image: string;
  /** The relay that the image brings may be used. */
  readonly usesImageRelay: boolean;
  /** The image's manifest, once it is there. */
  manifest(): Manifest | undefined;
  /** Asks the kernel worker. @throws TabnixError `guest-failed` where none runs */
  ask(request: NetworkRequest): void;
  /** Asks the kernel worker if one runs; one that starts later is told by {@link LocalNetwork.restore}. */
  tell(request: NetworkRequest): void;
}

export class LocalNetwork {
  readonly #host: LocalNetworkHost;
  #relay: RelaySettings | undefined;
  #lan: string | undefined;

  constructor(host: LocalNetworkHost) {
    this.#host = host;
  }

  /** The relay that the image brings, once its manifest is there. */
  get imageRelay(): RelaySettings | undefined {
    // What somebody else has exported must not choose through whom its machine talks.
    const { image, usesImageRelay } = this.#host;
    const isTrusted = usesImageRelay && !isImportedImage(image);
    const network = isTrusted ? this.#host.manifest()?.network : undefined;
    if (!network) return undefined;
    const { relay: url, token } = network;
    return { url, ...(token === undefined ? {} : { token }) };
  }

  /** The prompt stands: tells the kernel worker what was chosen so far, and the image's relay. */
  restore(): void {
    if (this.#relay ?? this.imageRelay) this.useRelay(this.#relay);
    if (this.#lan !== undefined) this.join(this.#lan);
  }

  /** Gives a service worker's port to the kernel worker. @throws TabnixError `guest-failed` */
  connectPreview(port: MessagePort): void {
    this.#host.ask({ type: "preview", port });
  }

  /** The relay to go out by from now on; without one the image's. */
  useRelay(relay: RelaySettings | undefined): void {
    this.#relay = relay;
    const used = relay ?? this.imageRelay;
    this.#host.tell({ type: "relay", ...(used ? { relay: used } : {}) });
  }

  /** The network of tabs to be on from now on; without a name, none. */
  join(name: string | undefined): void {
    this.#lan = name;
    this.#host.tell({ type: "lan", ...(name === undefined ? {} : { network: name }) });
  }

  /** Gives a port of the guest a public address, of this name if it is free. @throws TabnixError `guest-failed` */
  share(port: number, name?: string): void {
    this.#host.ask({ type: "share", port, ...(name === undefined ? {} : { name }) });
  }

  /** Takes a port's public address back. @throws TabnixError `guest-failed` */
  unshare(port: number): void {
    this.#host.ask({ type: "unshare", port });
  }
}
