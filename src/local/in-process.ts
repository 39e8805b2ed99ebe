import type { WorkerPort } from "./computer-host.ts";

/** What a worker would run. */
export interface Service<Message> {
  handle(message: Message): Promise<void>;
  /** Gives back what it holds. */
  close(): void;
}

export type Post = (message: unknown, transfer?: Transferable[]) => void;

/** A service in this thread, spoken to as if it were a worker: messages are cloned, and come later. */
export function inProcess<Message>(start: (post: Post) => Service<Message>): WorkerPort {
  const { port1, port2 } = new MessageChannel();
  const service = start((message, transfer = []) => port2.postMessage(message, transfer));
  port2.onmessage = ({ data }: MessageEvent<Message>) => void service.handle(data);
  return {
    postMessage: (message, transfer) => port1.postMessage(message, transfer),
    get onmessage() {
      return port1.onmessage;
    },
    set onmessage(listener) {
      port1.onmessage = listener;
    },
    // What goes wrong in a service is a message too.
    onerror: null,
    terminate() {
      port1.close();
      port2.close();
      service.close();
    },
  };
}
