/** A terminal under load. Bytes go between page and machine the same way with and without isolation. */
import { expect } from "@playwright/test";
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";
import { terminalText, test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

test("ten megabytes of output come whole, and the page goes on drawing", async ({ page }) => {
  const shell = await Shell.open(page, "base");
  const made = await shell.output(
    "seq 1400000 | head -c 10000000 > text; tr -d '\\n' < text | sha256sum",
  );
  // Counts what the terminal is given, and the frames that the page draws meanwhile.
  await page.locator(".terminal-host").evaluate((host) => {
    const { terminal } = host as TerminalHost;
    const pieces: Uint8Array[] = [];
    const write = terminal.write.bind(terminal);
    terminal.write = (data, drawn) => {
      if (typeof data !== "string") pieces.push(data.slice());
      write(data, drawn);
    };
    let frames = 0;
    const count = () => {
      frames += 1;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
    Object.assign(window, {
      seen: async () => ({ frames, text: await new Blob(pieces as BlobPart[]).text() }),
    });
  });
  await shell.output("cat text");
  const seen = await page.evaluate(async () => {
    const { seen } = window as unknown as {
      seen(): Promise<{ frames: number; text: string }>;
    };
    const { frames, text } = await seen();
    // From its first line to the one that tells the status.
    const numbers = /(1\r\n2\r\n[\d\r\n]*)/.exec(text)?.[1] ?? "";
    const digits = new TextEncoder().encode(numbers.replaceAll(/[\r\n]/g, ""));
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", digits));
    return {
      frames,
      hash: Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    };
  });
  expect(`${seen.hash}  -`).toBe(made);
  expect(seen.frames).toBeGreaterThan(10);
});

test("a paste of a megabyte arrives whole", async ({ page }) => {
  const shell = await Shell.open(page, "base");
  const line = "0123456789 abcdefghijklmnopqrstuvwxyz é日本 ABCDEFGHIJKLMNOPQRSTUVWXYZ\n";
  const text = line.repeat(Math.ceil(1_000_000 / Buffer.byteLength(line)));
  await shell.type("clear; stty -echo; cat > pasted; stty echo");
  await expect.poll(() => terminalText(page)).toBe("");
  await page
    .locator(".terminal-host")
    .evaluate((host, pasted) => (host as TerminalHost).terminal.paste(pasted), text);
  await page.keyboard.press("Control+d");
  await shell.prompt();
  const sum = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(text)));
  expect(await shell.output("sha256sum < pasted")).toBe(`${sum.toString("hex")}  -`);
});
