/** What the texts in a set-up may be. tabnix.schema.json has the same patterns; a test compares them. */
import {
  SETUP_BYTES,
  SETUP_PATH_CHARACTERS,
  SETUP_TEXT_CHARACTERS,
  SETUP_TITLE_CHARACTERS,
} from "../../workers/shared/limits.ts";
import type { TextRule } from "./readers.ts";

/**
 * Control characters would be keys that nobody sees, and those that turn the direction of writing would show
 * a visitor who is asked something else than what is run.
 */
const LINE = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]*$/u;
const ADDRESS =
  /^(?:https?:\/\/[^/]|(?![A-Za-z][A-Za-z0-9+.-]*:))[^\s\p{Cc}\p{Cs}\p{Bidi_Control}]*$/u;

export const RULES = {
  schema: { most: SETUP_TEXT_CHARACTERS, pattern: LINE, is: "the address of a schema" },
  title: { most: SETUP_TITLE_CHARACTERS, pattern: LINE, is: "one line of text" },
  description: { most: SETUP_TEXT_CHARACTERS, pattern: LINE, is: "one line of text" },
  image: {
    most: 64,
    pattern: /^[a-z0-9][a-z0-9._-]*$/u,
    is: "the name of an image: lower-case letters, digits, dots and dashes",
  },
  path: {
    most: SETUP_PATH_CHARACTERS,
    pattern:
      /^(?!\/(?:dev|proc|run|sys)\/)(?:\/(?!\.{1,2}(?:\/|$))[^/\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]+)+$/u,
    is: "an absolute path without “.”, “..” and empty parts, and not below /dev, /proc, /run or /sys",
  },
  content: { most: SETUP_BYTES, pattern: /^[^\p{Cs}]*$/u, is: "text" },
  base64: {
    most: SETUP_BYTES,
    pattern: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u,
    is: "base64",
  },
  url: {
    most: SETUP_TEXT_CHARACTERS,
    least: 1,
    pattern: ADDRESS,
    is: "an address: http, https, or relative to the set-up",
  },
  mode: { most: 4, pattern: /^[0-7]{3,4}$/u, is: 'permissions in octal, such as "755"' },
  variable: {
    most: SETUP_TITLE_CHARACTERS,
    pattern: /^[A-Za-z_][A-Za-z0-9_]*$/u,
    is: "the name of a variable: letters, digits and “_”",
  },
  value: { most: SETUP_TEXT_CHARACTERS, pattern: LINE, is: "one line of text" },
  command: { most: SETUP_TEXT_CHARACTERS, least: 1, pattern: LINE, is: "a command in one line" },
  relay: {
    most: SETUP_TEXT_CHARACTERS,
    pattern: /^wss?:\/\/[^\s/?#]+[^\s#]*$/u,
    is: "the address of a relay, such as wss://relay.example/wisp/",
  },
  token: {
    most: SETUP_TEXT_CHARACTERS,
    pattern: /^[A-Za-z0-9._~-]+$/u,
    is: "a token: letters, digits and “._~-”",
  },
  lan: {
    most: 32,
    pattern: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u,
    is: "the name of a network: lower-case letters, digits and dashes",
  },
} as const satisfies Record<string, TextRule>;
