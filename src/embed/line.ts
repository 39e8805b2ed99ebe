/** One end of the connection: numbers what it sends, and takes nothing but the other's next message. */

/** A message with its number. */
interface Numbered {
  id: number;
}

/** Each member of a union without its number. */
export type Unnumbered<Message> = Message extends unknown ? Omit<Message, "id"> : never;

export interface LineOptions<In extends Numbered> {
  port: MessagePort;
  /** The message, if it is one that may come now; undefined leaves everything as it is. */
  accept(data: unknown): In | undefined;
  onMessage(message: In): void;
}

export class Line<In extends Numbered, Out extends Numbered> {
  readonly #port: MessagePort;
  #sent = 0;
  #received = 0;

  constructor({ port, accept, onMessage }: LineOptions<In>) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      const message = accept(data);
      if (message?.id !== this.#received + 1) return;
      this.#received = message.id;
      onMessage(message);
    };
  }

  /** @returns its number */
  send(message: Unnumbered<Out>, transfer: Transferable[] = []): number {
    this.#sent += 1;
    this.#port.postMessage({ ...message, id: this.#sent }, transfer);
    return this.#sent;
  }

  close(): void {
    this.#port.onmessage = null;
    this.#port.close();
  }
}
