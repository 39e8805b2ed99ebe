/**
 * The kernel's end of one channel to the agent: frames to it wait until it reads, frames from it come in
 * writes. One conversation at a time: a question to the agent waits for the answer to the one before.
 */
import {
  EXEC_NOTHING_MS,
  MAX_EXEC_REQUEST_BYTES,
  PROCESS_OUTPUT_BYTES,
} from "../../shared/limits.ts";
import type { Eventually } from "../filesystem/contents.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { Channel } from "../ninep/service-files.ts";
import {
  type ExecFrame,
  type ExecRequest,
  FromAgent,
  frame,
  frameLength,
  numberOf,
  readFrames,
  readRequest,
  ToAgent,
} from "./exec-protocol.ts";

/** Who is told what the agent says. */
export interface ExecListener {
  onRequest(request: ExecRequest): void;
  /** Writing to a descriptor failed, some time ago. */
  onWriteError(descriptor: number, errno: number): void;
  /** The agent is gone: the program ends. */
  onClose(): void;
}

/** An answer of the agent: bytes or a number, or an error of the guest's. */
export type ExecAnswer = { frame: ExecFrame } | { errno: number };

interface Question {
  bytes: Uint8Array;
  descriptor: number;
  resolve(answer: ExecAnswer): void;
}

export class ExecChannel implements Channel {
  private readonly listener: ExecListener;
  private readonly queue: Uint8Array[] = [];
  private queuedBytes = 0;
  private request: Uint8Array | undefined = new Uint8Array(0);
  /** The first of them is asked. */
  private readonly questions: Question[] = [];
  private wake: (() => void) | undefined;
  private drained: (() => void)[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(listener: ExecListener) {
    this.listener = listener;
  }

  /** Sends a frame to the agent. */
  send(bytes: Uint8Array): void {
    this.queue.push(bytes);
    this.queuedBytes += bytes.length;
    this.wakeReader();
  }

  /** Sends a question, and waits for its answer. */
  ask(bytes: Uint8Array, descriptor: number): Promise<ExecAnswer> {
    return new Promise((resolve) => {
      const length = this.questions.push({ bytes, descriptor, resolve });
      if (length === 1) this.send(bytes);
    });
  }

  /** Done when the agent is not too far behind. */
  drain(): Eventually<void> {
    if (this.queuedBytes < PROCESS_OUTPUT_BYTES) return;
    return new Promise((resolve) => {
      this.drained.push(resolve);
    });
  }

  ready(): Eventually<void> {
    if (this.queue.length > 0) return;
    return new Promise((resolve) => {
      this.wake = resolve;
      // A process that waits in 9P sees only deadly signals; between two reads it sees the others.
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.send(frame(ToAgent.nothing, 0, new Uint8Array(0)));
      }, EXEC_NOTHING_MS);
    });
  }

  take(most: number): Uint8Array {
    let length = 0;
    let count = 0;
    for (const bytes of this.queue) {
      if (length + bytes.length > most) break;
      length += bytes.length;
      count += 1;
    }
    const taken = new Uint8Array(length);
    let at = 0;
    for (const bytes of this.queue.splice(0, count)) {
      taken.set(bytes, at);
      at += bytes.length;
    }
    this.queuedBytes -= length;
    if (this.queuedBytes < PROCESS_OUTPUT_BYTES) {
      for (const resolve of this.drained.splice(0)) resolve();
    }
    return taken;
  }

  write(bytes: Uint8Array): void {
    if (this.request) this.collect(this.request, bytes);
    else for (const one of readFrames(bytes)) this.receive(one);
  }

  close(): void {
    clearTimeout(this.timer);
    this.listener.onClose();
  }

  /** The request may come in pieces. @throws PosixError E2BIG, EPROTO */
  private collect(before: Uint8Array, bytes: Uint8Array): void {
    const whole = new Uint8Array(before.length + bytes.length);
    whole.set(before);
    whole.set(bytes, before.length);
    const length = frameLength(whole) ?? 0;
    if (Math.max(length, whole.length) > MAX_EXEC_REQUEST_BYTES) throw new PosixError("E2BIG");
    this.request = whole;
    if (length === 0 || whole.length < length) return;
    this.request = undefined;
    const [first] = readFrames(whole);
    if (first) this.listener.onRequest(readRequest(first));
  }

  private receive(received: ExecFrame): void {
    const { type, descriptor, payload } = received;
    // Preview 1 of WASI has no way to tell a program the size of its terminal.
    if (type === FromAgent.size) return;
    const [asked] = this.questions;
    if (type === FromAgent.error && asked?.descriptor !== descriptor) {
      this.listener.onWriteError(descriptor, numberOf(received));
    } else {
      if (!asked) throw new PosixError("EPROTO", "an answer that nobody waits for");
      this.questions.shift();
      const [next] = this.questions;
      if (next) this.send(next.bytes);
      const isError = type === FromAgent.error;
      // The bytes are the 9P message's, which is another's soon.
      const answer = { ...received, payload: payload.slice() };
      asked.resolve(isError ? { errno: numberOf(received) } : { frame: answer });
    }
  }

  private wakeReader(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.wake?.();
    this.wake = undefined;
  }
}
