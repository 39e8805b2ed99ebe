/** Runs shell commands on a terminal of a guest and times them from outside. */

/** What the page offers to the benchmark. */
export interface Bench {
  /** Milliseconds from sending the command to the arrival of its end, and its output. */
  run(command: string): Promise<{ ms: number; output: string }>;
}

declare global {
  var bench: Promise<Bench>;
}

/** A terminal with a shell that does not echo. */
export class Runner implements Bench {
  private readonly write: (text: string) => void;
  private readonly decoder = new TextDecoder();
  private output = "";
  private waiting: { end: string; resolve: (output: string) => void } | undefined;
  private count = 0;

  constructor(write: (text: string) => void) {
    this.write = write;
  }

  /** Output of the terminal. */
  receive(bytes: Uint8Array): void {
    this.output += this.decoder.decode(bytes, { stream: true });
    const waiting = this.waiting;
    if (!waiting || !this.output.slice(-4096).includes(waiting.end)) return;
    this.waiting = undefined;
    waiting.resolve(this.output);
  }

  /** Makes the shell quiet. */
  async prepare(): Promise<void> {
    await this.run("stty -echo -onlcr; PS1=; PS2=; PROMPT_COMMAND=");
  }

  async run(command: string): Promise<{ ms: number; output: string }> {
    const number = ++this.count;
    const end = `<end ${number}>`;
    this.output = "";
    const start = performance.now();
    const output = new Promise<string>((resolve) => {
      this.waiting = { end, resolve };
    });
    // Split, so that the echo of the command does not hold the mark.
    this.write(`${command}; echo "<end" "${number}>"\n`);
    const text = await output;
    return { ms: performance.now() - start, output: text.slice(0, text.lastIndexOf(end)).trim() };
  }
}
