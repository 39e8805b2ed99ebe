/** Lines kept: a boot prints about 300, and a panic ends within 60. */
const MAXIMUM_LINES = 500;

/** The end of the kernel's messages. Pieces may end within a line. */
export class KernelLog {
  #lines: string[] = [""];

  append(text: string): void {
    const [first = "", ...rest] = text.replaceAll("\r", "").split("\n");
    this.#lines.push((this.#lines.pop() ?? "") + first, ...rest);
    this.#lines = this.#lines.slice(-MAXIMUM_LINES);
  }

  clear(): void {
    this.#lines = [""];
  }

  toString(): string {
    return this.#lines.join("\n");
  }
}
