/**
 * The guest kernel's messages: bytes of the first serial line, given on line by line.
 */

/** What the kernel prints when it gives up. */
const PANIC = /Kernel panic - not syncing/;

export class KernelLog {
  private readonly onLine: (text: string, panic: boolean) => void;
  private readonly decoder = new TextDecoder();
  private bytes: number[] = [];

  /** @param onLine gets each line with its newline, and whether it announces a panic */
  constructor(onLine: (text: string, panic: boolean) => void) {
    this.onLine = onLine;
  }

  write(byte: number): void {
    this.bytes.push(byte);
    if (byte === 0x0a) this.flush();
  }

  /** Gives on what has come of an unfinished line. */
  flush(): void {
    if (this.bytes.length === 0) return;
    const text = this.decoder.decode(new Uint8Array(this.bytes)).replaceAll("\r", "");
    this.bytes = [];
    this.onLine(text, PANIC.test(text));
  }
}
