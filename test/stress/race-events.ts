/** What happens to the tabs of a race, and when. */
import type { StressBrowser } from "./browser.ts";
import type { Ledger } from "./ledger.ts";
import { pick, type Random } from "./random.ts";
import { RaceTab } from "./tab.ts";
import { sleep } from "./waiting.ts";

const MOST_TABS = 3;
/** Between two events: from this, and up to so much more. */
const PAUSE_MS = 300;
const PAUSE_RANGE_MS = 6000;
/** A process stands still for up to so long: longer than a tab that is asked for the disk may take. */
const STALL_MS = 8000;
const AWAY_MS = 3000;
/** Without a machine that starts for so long, something is wrong. */
const START_MS = 90_000;
/** What a process did not draw because it stood still, it has drawn so long after. */
const LATE_LINES_MS = 5000;

export class Race {
  readonly counts = {
    tabs: 0,
    takeovers: 0,
    "fresh copies": 0,
    closes: 0,
    reloads: 0,
    "ways out and back": 0,
    crashes: 0,
    kills: 0,
    standstills: 0,
  };
  private readonly browser: StressBrowser;
  private readonly url: string;
  private readonly ledger: Ledger;
  private readonly random: Random;
  private tabs: RaceTab[] = [];
  private readonly stalled = new Set<number>();
  private failure: unknown;
  private lastStart = performance.now();
  /** When the last process that stood still went on. */
  private lastStall = Number.NEGATIVE_INFINITY;
  /** Whose machine has started last. */
  private owner: RaceTab | undefined;

  constructor(browser: StressBrowser, url: string, ledger: Ledger, random: Random) {
    this.browser = browser;
    this.url = url;
    this.ledger = ledger;
    this.random = random;
  }

  /** Lets things happen for a time. @throws Error as soon as anything is lost, or no machine starts */
  async run(ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (performance.now() < end) {
      await this.next();
      await sleep(PAUSE_MS + this.random() * PAUSE_RANGE_MS);
      if (performance.now() - this.lastStart > START_MS) await this.explainStandstill();
      if (this.failure) throw this.failure;
    }
    for (const process of this.stalled) resume(process);
  }

  private async next(): Promise<void> {
    this.tabs = this.tabs.filter(({ isGone }) => !isGone);
    const { tabs, counts, random } = this;
    const here = tabs.filter(({ isAway }) => !isAway);
    const busy = here.filter(({ isBusy }) => isBusy);
    const one = <T>(from: readonly T[]) =>
      pick(
        random,
        from.map((each) => [1, each] as const),
      );
    const choices: (readonly [number, keyof Race["counts"]])[] = [
      [tabs.length === 0 ? 1000 : tabs.length < MOST_TABS ? 4 : 0, "tabs"],
      [busy.length * 4, "takeovers"],
      [busy.length * 0.3, "fresh copies"],
      [here.length * 0.3, "closes"],
      [here.length * 0.5, "reloads"],
      [here.length * 0.3, "ways out and back"],
      [here.length * 0.3, "crashes"],
      [tabs.length * 0.3, "kills"],
      [tabs.length > 1 ? 0.8 : 0, "standstills"],
    ];
    const event = pick(random, choices);
    counts[event] += 1;
    const tab =
      event === "tabs" || event === "kills" || event === "standstills"
        ? undefined
        : one(event === "takeovers" || event === "fresh copies" ? busy : here);
    this.tell(`${event}${tab ? `: ${tab.name}` : ""}`);
    if (event === "tabs") await this.open();
    else if (event === "takeovers") await tab?.take();
    else if (event === "fresh copies") await tab?.openFresh();
    else if (event === "closes") await tab?.close();
    else if (event === "reloads") await tab?.reload();
    else if (event === "ways out and back") void this.goAndComeBack(tab, random());
    else if (event === "crashes") await tab?.crash();
    else await this.strike(event, random());
  }

  private async open(): Promise<void> {
    const name = `tab ${this.counts.tabs}`;
    const tab = await RaceTab.open(this.browser, name, this.url, this.ledger, {
      onFailure: (error) => {
        this.failure ??= error;
      },
      onChecked: (checked) => {
        this.lastStart = performance.now();
        this.owner = checked;
        this.tell(`${checked.name} has the disk: ${this.ledger.known} files`);
      },
      onReport: (reporter) => this.mustBeOwner(reporter),
    });
    this.tabs.push(tab);
  }

  /** A tab that writes after another one has opened the disk shares it with that one. */
  private mustBeOwner(reporter: RaceTab): void {
    const isLate = this.stalled.size > 0 || performance.now() - this.lastStall < LATE_LINES_MS;
    if (reporter === this.owner || isLate) return;
    this.failure ??= new Error(`${reporter.name} writes, and ${this.owner?.name} has the disk`);
  }

  private async goAndComeBack(tab: RaceTab | undefined, chance: number): Promise<void> {
    await tab?.leave();
    await sleep(chance * AWAY_MS);
    await tab?.comeBack(chance < 0.5);
  }

  /** Kills a process that runs pages, or lets it stand still for a while. */
  private async strike(event: "kills" | "standstills", chance: number): Promise<void> {
    const processes = (await this.browser.renderers()).sort((a, b) => a - b);
    const process = processes[Math.floor(chance * processes.length)];
    if (process === undefined) return;
    if (event === "kills") return signal(process, "SIGKILL");
    signal(process, "SIGSTOP");
    this.stalled.add(process);
    setTimeout(() => {
      this.stalled.delete(process);
      this.lastStall = performance.now();
      resume(process);
    }, chance * STALL_MS);
  }

  private async explainStandstill(): Promise<never> {
    const texts = await Promise.all(
      this.tabs.map(async (tab) => `${tab.name}: ${await tab.text()}`),
    );
    throw new Error(`No machine has started for ${START_MS} ms:\n${texts.join("\n\n")}`);
  }

  private tell(what: string): void {
    const seconds = (performance.now() / 1000).toFixed(1);
    process.stderr.write(`${seconds} ${what}\n`);
  }
}

function resume(process: number): void {
  signal(process, "SIGCONT");
}

function signal(id: number, name: NodeJS.Signals): void {
  try {
    process.kill(id, name);
  } catch {
    // It has ended meanwhile.
  }
}
