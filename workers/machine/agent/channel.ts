/**
 * The host's end of the agent's stream: sends frames no faster than the guest reads them.
 *
 * v86 drops console input for which the guest has posted no buffer. The guest posts sixteen buffers
 * of a page each, and one message takes one buffer; the agent reports each buffer it has read. So a
 * bounded number of messages is under way at a time, and the rest waits here.
 */
import { AGENT_MESSAGE_BYTES, AGENT_MESSAGES_UNDER_WAY } from "../../shared/limits.ts";
import { encodeFrame, type Frame, FrameReader, FromGuest } from "./protocol.ts";

/** What the channel needs of the machine. */
export interface PortWriter {
  /** Gives one message, at most AGENT_MESSAGE_BYTES, to the guest. */
  write(bytes: Uint8Array): void;
}

export class AgentChannel {
  private readonly port: PortWriter;
  private readonly onFrame: (frame: Frame) => void;
  private readonly reader = new FrameReader();
  private queue: Uint8Array[] = [];
  private underWay = 0;

  /** @param onFrame gets every frame from the guest but the flow control of the port itself */
  constructor(port: PortWriter, onFrame: (frame: Frame) => void) {
    this.port = port;
    this.onFrame = onFrame;
  }

  /** True when nothing waits and everything sent has been read. */
  get idle(): boolean {
    return this.queue.length === 0 && this.underWay === 0;
  }

  /** Queues a frame. Frames arrive in order and whole. */
  send(type: number, channel: number, payload: Uint8Array): void {
    const bytes = encodeFrame(type, channel, payload);
    for (let at = 0; at < bytes.length; at += AGENT_MESSAGE_BYTES) {
      this.queue.push(bytes.subarray(at, at + AGENT_MESSAGE_BYTES));
    }
    this.pump();
  }

  /** Takes bytes that came from the guest. */
  receive(bytes: Uint8Array): void {
    for (const frame of this.reader.push(bytes)) {
      if (frame.type === FromGuest.received) {
        this.underWay = Math.max(0, this.underWay - (frame.payload[0] ?? 0));
        this.pump();
      } else {
        this.onFrame(frame);
      }
    }
  }

  private pump(): void {
    let sent = 0;
    while (this.underWay < AGENT_MESSAGES_UNDER_WAY && sent < this.queue.length) {
      this.underWay++;
      this.port.write(this.queue[sent++]!);
    }
    this.queue.splice(0, sent);
  }
}
