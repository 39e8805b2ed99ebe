/**
 * A set-up in a link: `#setup=` and the document, packed (raw deflate, RFC 1951) and in base64url (RFC 4648).
 * What follows "#" is never sent to a server.
 */
import { TabnixError } from "../../workers/shared/errors.ts";
import {
  SETUP_BYTES,
  SETUP_LINK_CHARACTERS,
  SETUP_PIECE_BYTES,
} from "../../workers/shared/limits.ts";
import { readBounded } from "./bounded.ts";

const PREFIX = "#setup=";
const BASE64URL = /^[A-Za-z0-9_-]+$/;
/** Bytes of one call's arguments. */
const TEXT_PIECE_BYTES = 0x8000;

/** Whether a fragment, with its "#", is to carry a set-up. */
export function isSetupFragment(fragment: string): boolean {
  return fragment.startsWith(PREFIX);
}

/** Packs a set-up's document into a fragment, with its "#". */
export async function packSetup(text: string): Promise<string> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  return PREFIX + toBase64Url(bytes);
}

/**
 * The document in a fragment.
 *
 * @throws TabnixError `invalid-input` when it is damaged or larger than {@link SETUP_BYTES}
 */
export async function unpackSetup(fragment: string): Promise<string> {
  const packed = fragment.slice(PREFIX.length);
  if (packed.length > SETUP_LINK_CHARACTERS) throw tooLarge();
  if (!BASE64URL.test(packed)) throw damaged();
  try {
    const unpacked = pieces(fromBase64Url(packed)).pipeThrough(
      new DecompressionStream("deflate-raw"),
    );
    const content = await readBounded(unpacked, { left: SETUP_BYTES });
    if (!content) throw tooLarge();
    return new TextDecoder("utf-8", { fatal: true }).decode(await content.arrayBuffer());
  } catch (error) {
    throw error instanceof TabnixError ? error : damaged(error);
  }
}

/** In pieces that are asked for: browsers unpack all that they are given before anybody can stop them. */
function pieces(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at + SETUP_PIECE_BYTES));
        at += SETUP_PIECE_BYTES;
      },
    },
    { highWaterMark: 0 },
  );
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += TEXT_PIECE_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + TEXT_PIECE_BYTES));
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @throws DOMException when it is no base64 */
function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function damaged(cause?: unknown): TabnixError {
  return new TabnixError(
    "invalid-input",
    "The set-up in this link is damaged.",
    "The link may have been cut off: get it again from where it is from.",
    cause,
  );
}

function tooLarge(): TabnixError {
  return new TabnixError(
    "invalid-input",
    `The set-up in this link is larger than ${SETUP_BYTES} bytes.`,
    "Files that are larger can be fetched: give them an address in place of their content.",
  );
}
