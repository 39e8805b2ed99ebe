/**
 * Measures of the built site on a plain host, below a path and without headers: what a visitor's browser
 * fetches, paints and computes until the prompt, as Lighthouse defines it; at the first visit and the next.
 */
import type { Page } from "@playwright/test";
import { openProfile, restedPage } from "./profiles.ts";
import { median, timeToPrompt } from "./prompt.ts";
import type { BenchServer } from "./server.ts";

export interface VisitFigures {
  /** Milliseconds from the address to the prompt; the others are until then. */
  interactive_ms: number;
  /** Bodies, compressed as sent, of the page, its workers and the service worker. */
  bytes_to_interactive: number;
  requests_to_interactive: number;
  first_paint_ms: number;
  /** The largest thing that was painted. */
  lcp_ms: number;
  /** Of each task of the main thread what is longer than 50 ms. */
  blocking_ms: number;
  /** All shifts, as if they came in one burst. */
  cls: number;
}

/** Of the second visit, too. */
export interface PageFigures extends VisitFigures {
  again: VisitFigures;
}

/** What a page's performance timeline tells, of all documents since the address was entered. */
interface Timeline {
  /** When that was, in milliseconds since the epoch. */
  start: number;
  entries: TimelineEntry[];
}

interface TimelineEntry {
  /** Its type, or of a paint its name. */
  name: string;
  /** Milliseconds since {@link Timeline.start}. */
  at: number;
  duration: number;
  /** Of a layout shift. */
  value: number;
}

type Watched = typeof globalThis & { timeline: Timeline };

/** Where a document leaves the timeline for the next one: the page is loaded again to be isolated. */
const KEY = "tabnix-bench-timeline";
const ROUNDS = 5;
const LONG_TASK_MS = 50;
/** What is painted with the prompt is told within this time. */
const TOLD_MS = 200;

/** A fresh profile in each round. @returns medians of each figure */
export async function measurePage(url: string, server: BenchServer): Promise<PageFigures> {
  const firsts: VisitFigures[] = [];
  const seconds: VisitFigures[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { page, close } = await openProfile();
    firsts.push(await measureVisit(page, url, server));
    // From then on the app is in the browser.
    await page.locator(".status-item", { hasText: "Offline ready" }).waitFor();
    const context = page.context();
    // Its machine has the files, and takes the processor.
    await page.close();
    seconds.push(await measureVisit(await restedPage(context), url, server));
    await close();
  }
  return { ...medians(firsts), again: medians(seconds) };
}

async function measureVisit(page: Page, url: string, server: BenchServer): Promise<VisitFigures> {
  const before = { bytes: server.sentBytes, requests: server.requests };
  await page.addInitScript(watch, KEY);
  const interactive_ms = await timeToPrompt(page, url);
  const bytes_to_interactive = server.sentBytes - before.bytes;
  const requests_to_interactive = server.requests - before.requests;
  const { entries, prompt } = await page.evaluate(async (wait) => {
    const { timeline } = globalThis as Watched;
    const now = performance.timeOrigin + performance.now() - timeline.start;
    await new Promise((resolve) => setTimeout(resolve, wait));
    return { entries: timeline.entries, prompt: now };
  }, TOLD_MS);
  const named = (name: string) => entries.filter((entry) => entry.name === name);
  const tasks = named("longtask").filter(({ at }) => at < prompt);
  return {
    interactive_ms,
    bytes_to_interactive,
    requests_to_interactive,
    first_paint_ms: Math.min(...named("first-contentful-paint").map(({ at }) => at)),
    lcp_ms: Math.max(...named("largest-contentful-paint").map(({ at }) => at)),
    blocking_ms: sum(tasks.map(({ duration }) => duration - LONG_TASK_MS)),
    cls: sum(named("layout-shift").map(({ value }) => value)),
  };
}

/** Runs in every document of the page before its scripts. */
function watch(key: string): void {
  const { timeOrigin } = performance;
  const left = sessionStorage.getItem(key);
  const timeline: Timeline = left ? JSON.parse(left) : { start: timeOrigin, entries: [] };
  Object.assign(globalThis, { timeline });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { name, entryType, startTime, duration } = entry;
      timeline.entries.push({
        name: entryType === "paint" ? name : entryType,
        at: timeOrigin - timeline.start + startTime,
        duration,
        value: (entry as PerformanceEntry & { value?: number }).value ?? 0,
      });
    }
  });
  for (const type of ["paint", "largest-contentful-paint", "longtask", "layout-shift"]) {
    observer.observe({ type, buffered: true });
  }
  addEventListener("pagehide", () => sessionStorage.setItem(key, JSON.stringify(timeline)));
}

function medians(visits: readonly VisitFigures[]): VisitFigures {
  const of = (name: keyof VisitFigures) => median(visits.map((visit) => visit[name]));
  return {
    interactive_ms: of("interactive_ms"),
    bytes_to_interactive: of("bytes_to_interactive"),
    requests_to_interactive: of("requests_to_interactive"),
    first_paint_ms: of("first_paint_ms"),
    lcp_ms: of("lcp_ms"),
    blocking_ms: of("blocking_ms"),
    cls: of("cls"),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
