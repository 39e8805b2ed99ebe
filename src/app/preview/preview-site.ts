/** Where previews are served: this very site, or the same site at another origin. */
import type {
  FromAppPageUnasked,
  FromBridge,
  FromBridgeReady,
  ToAppPage,
} from "../../../workers/service/contract.ts";
import { registerWorker, serviceWorkers } from "../site-worker.ts";
import { panesAreIsolated } from "./isolation-probe.ts";

/** Takes a service worker's question for a machine. */
export type AnswerWorker = (machine: string, port: MessagePort) => void;

export interface PreviewSite {
  /** The site's address, with a slash at its end. */
  readonly url: URL;
  /** Hears service workers from now on, also those that another tab has started. */
  listen(): void;
  /** Tells service workers that the machine that they know is gone. */
  forget(): void;
  /**
   * Starts the site's service worker, unless it runs.
   *
   * @returns whether a pane may show pages of the machine without their being able to touch this one
   */
  start(): Promise<boolean>;
}

/** How long the page of the other site may take, in milliseconds. */
const BRIDGE_MS = 20_000;

/** The site that the page's configuration names, or this one. @throws TypeError when that is no address */
export function previewSite(answer: AnswerWorker): PreviewSite {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="tabnix-preview-url"]');
  const configured = meta?.content ?? "";
  const own = new URL("./", document.baseURI);
  const url = configured === "" ? own : new URL(configured, own);
  return url.origin === location.origin ? new OwnSite(own, answer) : new OtherSite(url, answer);
}

class OwnSite implements PreviewSite {
  readonly url: URL;
  readonly #answer: AnswerWorker;

  constructor(url: URL, answer: AnswerWorker) {
    this.url = url;
    this.#answer = answer;
  }

  listen(): void {
    const workers = serviceWorkers();
    workers?.addEventListener("message", ({ data, ports }: MessageEvent<ToAppPage>) => {
      const [port] = ports;
      if (data?.type === "tabnix-preview-connect" && port) this.#answer(data.machine, port);
    });
    workers?.startMessages();
    addEventListener("pagehide", () => this.forget());
  }

  forget(): void {
    const message: FromAppPageUnasked = { type: "tabnix-preview-gone" };
    serviceWorkers()?.controller?.postMessage(message);
  }

  async start(): Promise<boolean> {
    const { pathname: scope } = this.url;
    await registerWorker(scope);
    return panesAreIsolated(scope);
  }
}

/** Another origin keeps what previews store apart from this site's. Its worker asks through a page there. */
class OtherSite implements PreviewSite {
  readonly url: URL;
  readonly #answer: AnswerWorker;
  #frame: HTMLIFrameElement | undefined;

  constructor(url: URL, answer: AnswerWorker) {
    this.url = url;
    this.#answer = answer;
  }

  listen(): void {
    // Its worker can reach this page only once the frame is there.
  }

  forget(): void {
    // Its worker finds out by itself, if later.
  }

  async start(): Promise<boolean> {
    this.#frame?.remove();
    const frame = document.createElement("iframe");
    this.#frame = frame;
    frame.hidden = true;
    frame.src = new URL("preview-bridge.html", this.url).href;
    await new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`${this.url.origin} does not answer.`));
      const timer = setTimeout(late, BRIDGE_MS);
      addEventListener(
        "message",
        ({ source, origin, data, ports }: MessageEvent<FromBridge | FromBridgeReady>) => {
          if (source !== frame.contentWindow || origin !== this.url.origin) return;
          const [port] = ports;
          if (data?.type === "tabnix-preview-bridge") {
            clearTimeout(timer);
            if (data.error === "") resolve();
            else reject(new Error(data.error));
          } else if (data?.type === "tabnix-preview-connect" && port) {
            this.#answer(String(data.machine), port);
          }
        },
      );
      document.body.append(frame);
    });
    return true;
  }
}
