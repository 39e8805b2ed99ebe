import { expect, test } from "vitest";
import { reportTo } from "../../../images/build/progress.ts";

/** A terminal that remembers, and a clock that is set by hand. */
function reporter(options: { isTTY: boolean; columns?: number }) {
  const screen = { text: "", ...options, write: (text: string) => (screen.text += text) };
  const clock = { now: 0 };
  return { screen, clock, progress: reportTo(screen, () => clock.now) };
}

function work({ clock, progress }: ReturnType<typeof reporter>): void {
  const stage = progress.stage("Download", 3_000_000);
  for (const [time, bytes] of [
    [50, 500_000],
    [150, 500_000],
    [6000, 1_000_000],
  ] as const) {
    clock.now = time;
    stage.advance(bytes);
  }
  stage.at("2 of 3");
  clock.now = 12_000;
  stage.at("3 of 3");
  progress.note("A note.");
  stage.done("well");
}

test("rewrites one line on a terminal", () => {
  const all = reporter({ isTTY: true });
  work(all);
  expect(all.screen.text.replaceAll("\r\u001b[K", "<").split("<").slice(1)).toEqual([
    "… Download",
    "… Download 1.0 of 3.0 MB",
    "… Download 2.0 of 3.0 MB",
    "… Download 3 of 3 2.0 of 3.0 MB",
    "A note.\n",
    "✓ Download (well, 2.0 MB, 12.0 s)\n",
  ]);
});

test("cuts lines that would wrap", () => {
  const { screen, progress } = reporter({ isTTY: true, columns: 8 });
  progress.stage("Download").done();
  expect(screen.text).toBe("\r\u001b[K… Downl\r\u001b[K✓ Download (0.0 s)\n");
});

test("writes few plain lines to a log", () => {
  const all = reporter({ isTTY: false });
  work(all);
  expect(all.screen.text).toBe(
    [
      "… Download 2.0 of 3.0 MB",
      "… Download 3 of 3 2.0 of 3.0 MB",
      "A note.",
      "✓ Download (well, 2.0 MB, 12.0 s)",
      "",
    ].join("\n"),
  );
});
