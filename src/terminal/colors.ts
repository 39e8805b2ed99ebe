import type { ITheme } from "@xterm/xterm";

/** Terminal colours on dark. `background` equals `--terminal` in src/styles/tokens.css. */
export const DARK: ITheme = {
  background: "#0e1318",
  foreground: "#d7dee4",
  cursor: "#4fd6a6",
  cursorAccent: "#0e1318",
  selectionBackground: "#2c5a6b",
  selectionInactiveBackground: "#26343e",
  scrollbarSliderBackground: "#d7dee426",
  scrollbarSliderHoverBackground: "#d7dee440",
  scrollbarSliderActiveBackground: "#d7dee459",
  black: "#26313a",
  red: "#ff7b72",
  green: "#6fd08c",
  yellow: "#e6c068",
  blue: "#74b1ff",
  magenta: "#d59bff",
  cyan: "#5fd0d6",
  white: "#c3ccd4",
  brightBlack: "#8494a1",
  brightRed: "#ff9c94",
  brightGreen: "#8fe6a8",
  brightYellow: "#f5d78c",
  brightBlue: "#9dc8ff",
  brightMagenta: "#e4bcff",
  brightCyan: "#8be6ea",
  brightWhite: "#f4f7f9",
};

/** Terminal colours on light. */
export const LIGHT: ITheme = {
  background: "#fdfcf9",
  foreground: "#1f2a33",
  cursor: "#0a7d5a",
  cursorAccent: "#fdfcf9",
  selectionBackground: "#b9dfe6",
  selectionInactiveBackground: "#dfe6e8",
  scrollbarSliderBackground: "#1f2a3326",
  scrollbarSliderHoverBackground: "#1f2a3340",
  scrollbarSliderActiveBackground: "#1f2a3359",
  black: "#1f2a33",
  red: "#b3261e",
  green: "#19703a",
  yellow: "#7a5600",
  blue: "#1257b8",
  magenta: "#8a2fb0",
  cyan: "#0b6b75",
  white: "#66747f",
  brightBlack: "#56636d",
  brightRed: "#c9302a",
  brightGreen: "#1b7d40",
  brightYellow: "#855f00",
  brightBlue: "#1c66d1",
  brightMagenta: "#9b3cc2",
  brightCyan: "#0e7883",
  brightWhite: "#4a5761",
};

/** Marks of the find bar, for both themes: hits, and the one that is shown. */
export const MATCHES = {
  dark: { match: "#4a4a1c", active: "#8a6d00", ruler: "#e6c068" },
  light: { match: "#f3e6a8", active: "#ffcf4d", ruler: "#855f00" },
} as const;
