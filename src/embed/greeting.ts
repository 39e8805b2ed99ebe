/** The page's part of the first words: gives ports to a frame of the site that it asked for, and to nobody else. */
import { EMBED_VERSION, type Hello } from "./contract.ts";
import { isReady } from "./messages.ts";

export class Greeting {
  readonly #frame: HTMLIFrameElement;
  readonly #origin: string;
  readonly #listening = new AbortController();

  /**
   * @param frame its `src` is an embed.html, by which its origin is known
   * @param onReady the frame listens; told which load of it that is
   */
  constructor(frame: HTMLIFrameElement, onReady: (load: number) => void) {
    this.#frame = frame;
    this.#origin = new URL(frame.src, document.baseURI).origin;
    window.addEventListener(
      "message",
      ({ data, source, origin }: MessageEvent<unknown>) => {
        // Another document of that frame, and other windows that say the same, are not meant.
        const isMeant = source === frame.contentWindow && origin === this.#origin;
        if (isMeant && isReady(data)) onReady(data.load);
      },
      { signal: this.#listening.signal },
    );
  }

  /** Says hello. @returns a port to the frame, on which nothing comes if it does not listen */
  hello(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const message: Hello = { type: "tabnix-embed-hello", version: EMBED_VERSION };
    this.#frame.contentWindow?.postMessage(message, this.#origin, [port2]);
    return port1;
  }

  stop(): void {
    this.#listening.abort();
  }
}
