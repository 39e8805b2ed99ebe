import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DARK, LIGHT } from "../../../src/terminal/colors.ts";

const TOKENS = readFileSync(new URL("../../../src/styles/tokens.css", import.meta.url), "utf8");
/** WCAG 2.2, 1.4.3: text needs this contrast with its surface. */
const AA = 4.5;

type Scheme = "light" | "dark";

function token(name: string, scheme: Scheme): string {
  const [, light = "", dark = ""] =
    new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(TOKENS) ?? [];
  return scheme === "light" ? light : dark;
}

/** Relative luminance as WCAG defines it. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test("the terminal and the page have the same background", () => {
  expect([token("terminal", "light"), token("terminal", "dark")]).toEqual([
    LIGHT.background,
    DARK.background,
  ]);
});

test.each(["light", "dark"] as const)("text of the page is readable in %s", (scheme) => {
  const surfaces = ["terminal", "chrome", "raised", "hover"];
  const pairs = ["text", "quiet", "accent"].flatMap((text) =>
    surfaces.map((surface) => [text, surface] as const),
  );
  const poor = [...pairs, ["on-accent", "accent"] as const]
    .map(([text, surface]) => ({
      pair: `${text} on ${surface}`,
      contrast: contrast(token(text, scheme), token(surface, scheme)),
    }))
    .filter((found) => !(found.contrast >= AA));
  expect(poor).toEqual([]);
});

test.each([
  ["light", LIGHT],
  ["dark", DARK],
] as const)("colours of programs are readable in %s", (_scheme, theme) => {
  const { background = "", black: _black, white: _white, ...rest } = theme;
  const names = Object.keys(rest).filter((name) => !/cursor|selection|scrollbar/.test(name));
  const poor = names.filter(
    (name) => contrast(String(rest[name as keyof typeof rest]), background) < AA,
  );
  expect(poor).toEqual([]);
});
