/** What a process reads and writes beside files: the caller's pipes and terminal, by way of its agent. */
import { MAX_EXEC_INPUT_BYTES, STREAM_TURN_MS } from "../../shared/limits.ts";
import type { Eventually } from "../filesystem/contents.ts";
import { type ErrnoName, errno, PosixError } from "../filesystem/posix-error.ts";
import type { ExecAnswer, ExecChannel } from "./exec-channel.ts";
import { frame, MAX_FRAME_PAYLOAD, numberOf, numbersFrame, ToAgent } from "./exec-protocol.ts";

const FOREVER = -1;

/** One thing that a program waits for. */
export interface Interest {
  descriptor: number;
  write: boolean;
}

/** What is no file of the tree, by the caller's descriptors. */
export interface Streams {
  /** The next bytes; none at the end. @throws PosixError (by the promise) */
  read(descriptor: number, length: number): Promise<Uint8Array>;
  /** @returns how many bytes were taken @throws PosixError */
  write(descriptor: number, bytes: Uint8Array): Eventually<number>;
  /** Waits until one is ready. @returns for each whether it is */
  poll(interests: readonly Interest[], timeout: number | null): Promise<boolean[]>;
}

export class AgentStreams implements Streams {
  private readonly channel: ExecChannel;
  private readonly isShared: boolean;
  /** What writing to a descriptor came to, and how often; told by the next write. */
  private readonly failures = new Map<number, { errno: number; count: number }>();
  private told = 0;
  /** Done when nobody reads: two that did, one after the other was told that there is something, would wait. */
  private reading: Promise<unknown> = Promise.resolve();

  /**
   * @param isShared whether several threads read and write: an agent that waits for input does nothing
   * else, so it never waits long at once
   */
  constructor(channel: ExecChannel, isShared = false) {
    this.channel = channel;
    this.isShared = isShared;
  }

  /** The next bytes; none at the end. @throws PosixError (by the promise) the guest's own */
  read(descriptor: number, length: number): Promise<Uint8Array> {
    if (!this.isShared) return this.readNow(descriptor, length);
    const bytes = this.reading.then(async () => {
      await this.poll([{ descriptor, write: false }], null);
      return this.readNow(descriptor, length);
    });
    this.reading = bytes.catch(() => {});
    return bytes;
  }

  private async readNow(descriptor: number, length: number): Promise<Uint8Array> {
    const most = Math.min(length, MAX_EXEC_INPUT_BYTES);
    const answer = await this.channel.ask(numbersFrame(ToAgent.read, descriptor, most), descriptor);
    return frameOf(answer).payload.subarray(0, most);
  }

  /** Sends bytes; waits only while the agent is far behind. @returns how many were taken */
  write(descriptor: number, bytes: Uint8Array): Eventually<number> {
    const failure = this.failures.get(descriptor);
    if (failure !== undefined) {
      // Told once: a disk that was full may have room again.
      this.failures.delete(descriptor);
      this.told += failure.count;
      throw guestError(failure.errno);
    }
    const part = bytes.subarray(0, MAX_FRAME_PAYLOAD);
    this.channel.send(frame(ToAgent.write, descriptor, part));
    const drained = this.channel.drain();
    return drained ? drained.then(() => part.length) : part.length;
  }

  /** Waits until one is ready. @returns for each whether it is */
  async poll(interests: readonly Interest[], timeout: number | null): Promise<boolean[]> {
    if (!this.isShared) return this.pollOnce(interests, timeout);
    const end = performance.now() + (timeout ?? Number.POSITIVE_INFINITY);
    for (;;) {
      const left = Math.max(0, end - performance.now());
      const ready = await this.pollOnce(interests, Math.min(left, STREAM_TURN_MS));
      if (left === 0 || ready.includes(true)) return ready;
    }
  }

  private async pollOnce(
    interests: readonly Interest[],
    timeout: number | null,
  ): Promise<boolean[]> {
    const bits = (write: boolean) =>
      interests
        .filter((interest) => interest.write === write)
        .reduce((mask, { descriptor }) => mask | (1 << descriptor), 0);
    const wait = timeout === null ? FOREVER : Math.ceil(timeout);
    const question = numbersFrame(ToAgent.poll, 0, bits(false), bits(true), wait);
    const ready = numberOf(frameOf(await this.channel.ask(question, 0)));
    return interests.map(({ descriptor }) => (ready & (1 << descriptor)) !== 0);
  }

  /** The agent could not write. */
  fail(descriptor: number, number: number): void {
    const count = (this.failures.get(descriptor)?.count ?? 0) + 1;
    this.failures.set(descriptor, { errno: number, count });
  }

  /** How many failures the program knows of. */
  get toldFailures(): number {
    return this.told;
  }
}

function frameOf(answer: ExecAnswer) {
  if ("errno" in answer) throw guestError(answer.errno);
  return answer.frame;
}

/** An error of the guest's by its number; EIO for one that has no name here. */
function guestError(number: number): PosixError {
  const [name] = Object.entries(errno).find(([, value]) => value === number) ?? ["EIO"];
  return new PosixError(name as ErrnoName);
}
