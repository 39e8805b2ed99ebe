/**
 * What `tabnix-share` of the guest and the gateway say to each other, on TCP port {@link CONTROL_PORT} of the
 * gateway. The guest's side is images/agent/tabnix-share.c, which has the protocol in full: change both together.
 *
 * The guest sends one line, `share <port> [name]`, and nothing after it. Answers are lines of a word and a text.
 * The share lasts as long as the connection. Whatever may connect may speak, also a browser or a proxy in the guest
 * that was led here: so a request must be exactly of this form.
 */
import { CONTROL_LINE_BYTES, CONTROL_TEXT_CHARACTERS } from "../../../shared/limits.ts";
import { MAX_PORT } from "../../../shared/port-number.ts";

/** Where the gateway takes requests. */
export const CONTROL_PORT = 86;

/** A port that is to be public, under a name if one is asked for. */
export interface ShareRequest {
  port: number;
  name?: string;
}

export interface ControlAnswer {
  /**
   * `public`: the text is the address; `away`: the relay is gone, and is tried again; `ended`: somebody else has
   * ended it; `error`: it is not shared, or no longer. The last two end the connection.
   */
  word: "public" | "away" | "ended" | "error";
  text: string;
}

/** A request that is refused; the message is for the guest's user, a sentence or two. */
export class ShareRefusal extends Error {
  override readonly name = "ShareRefusal";
}

const REQUEST = /^share ([1-9]\d{0,4})(?: ([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?))?$/;
const LINE_END = 10;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they would command the guest's terminal
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Reads a line without its end. @throws ShareRefusal where it is no request */
export function parseRequest(line: string): ShareRequest {
  const [, digits, name] = REQUEST.exec(line) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > MAX_PORT) {
    throw new ShareRefusal("The gateway takes a line like this: share 8080 name");
  }
  return { port, ...(name === undefined ? {} : { name }) };
}

/** One line. What a relay has said of itself, which is in the text, cannot make it two, nor a long one. */
export function encodeAnswer({ word, text }: ControlAnswer): Uint8Array {
  const clean = text.replaceAll(CONTROLS, " ").slice(0, CONTROL_TEXT_CHARACTERS);
  return new TextEncoder().encode(`${word} ${clean}\n`);
}

/** Puts the one line of a connection together, however it is cut. */
export class RequestReader {
  #line = "";

  /**
   * Takes bytes.
   *
   * @returns the line, once it is there
   * @throws ShareRefusal for a line that is too long, is not ASCII, or has something behind it
   */
  push(bytes: Uint8Array): string | undefined {
    for (const [at, byte] of bytes.entries()) {
      if (byte === LINE_END) {
        if (at + 1 < bytes.length) throw new ShareRefusal(ONE_ONLY);
        return this.#line;
      }
      const isText = byte >= 0x20 && byte < 0x7f;
      if (!isText || this.#line.length >= CONTROL_LINE_BYTES) parseRequest("");
      this.#line += String.fromCharCode(byte);
    }
    return undefined;
  }
}

/** Why a second request is refused. */
export const ONE_ONLY = "A connection to the gateway takes one request.";
