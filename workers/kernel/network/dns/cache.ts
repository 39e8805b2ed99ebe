/** Answers that still hold, the least recently used of which go first. */
import { DNS_CACHED_ANSWERS, DNS_CACHED_BYTES } from "../../../shared/limits.ts";
import type { ResolverAnswer } from "./resolver-answer.ts";

interface Kept {
  answer: ResolverAnswer;
  since: number;
}

export class AnswerCache {
  private readonly now: () => number;
  private readonly kept = new Map<string, Kept>();

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.now = now;
  }

  /** @returns an answer and its age in seconds */
  find(key: string): { answer: ResolverAnswer; age: number } | undefined {
    const kept = this.kept.get(key);
    if (!kept) return undefined;
    this.kept.delete(key);
    const age = Math.floor((this.now() - kept.since) / 1000);
    if (age >= kept.answer.seconds) return undefined;
    this.kept.set(key, kept);
    return { answer: kept.answer, age };
  }

  put(key: string, answer: ResolverAnswer): void {
    if (answer.seconds <= 0 || answer.bytes.length > DNS_CACHED_BYTES) return;
    this.kept.delete(key);
    if (this.kept.size >= DNS_CACHED_ANSWERS) this.kept.delete(this.kept.keys().next().value!);
    this.kept.set(key, { answer, since: this.now() });
  }
}
