/** Finds the set-up that the page's address asks for. */
import { TabnixError } from "../../workers/shared/errors.ts";
import { SETUP_BYTES } from "../../workers/shared/limits.ts";
import { readBounded } from "./bounded.ts";
import { isSetupFragment, unpackSetup } from "./link.ts";
import { parseSetup } from "./parse.ts";
import type { LoadedSetup } from "./setup.ts";

const HTTP_NOT_FOUND = 404;

/**
 * The set-up of an address, from `?setup=<address>` or `#setup=<packed>`; undefined when there is none.
 *
 * @param page where the page lives, absolute
 * @throws TabnixError `invalid-input`, `not-found`, `unreachable`
 */
export async function loadSetup(address: URL, page: string): Promise<LoadedSetup | undefined> {
  const from = address.searchParams.get("setup");
  const isInLink = isSetupFragment(address.hash);
  if (from === null && !isInLink) return undefined;
  if (from !== null && isInLink) throw twice("two set-ups");
  if (address.searchParams.has("image")) throw twice("a set-up and an image");
  const base = from === null ? new URL(page) : addressOf(from, page);
  const text = from === null ? await unpackSetup(address.hash) : await fetchDocument(base);
  return { setup: parseSetup(text), text, base, isFetched: from !== null };
}

/** @throws TabnixError `invalid-input` */
function addressOf(from: string, page: string): URL {
  const url = URL.canParse(from, page) ? new URL(from, page) : undefined;
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  if (url && isWeb && url.username === "" && url.password === "") return url;
  throw new TabnixError(
    "invalid-input",
    "The address of the set-up is none that a page can fetch.",
    "It begins with https://, or is relative to this page, as in ?setup=examples/python.json.",
  );
}

async function fetchDocument(url: URL): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { cache: "no-cache", referrerPolicy: "no-referrer" });
  } catch (error) {
    throw new TabnixError(
      "unreachable",
      `The set-up at ${url} could not be reached.`,
      "Check the connection. Another site has to let pages of this one read it (CORS).",
      error,
    );
  }
  if (!response.ok || !response.body) throw refused(url, response.status);
  const content = await readBounded(response.body, { left: SETUP_BYTES });
  if (content) return await content.text();
  throw new TabnixError(
    "invalid-input",
    `What is at ${url} is larger than ${SETUP_BYTES} bytes, which no set-up is.`,
    "Check the address.",
  );
}

function refused(url: URL, status: number): TabnixError {
  if (status === HTTP_NOT_FOUND) {
    return new TabnixError("not-found", `There is no set-up at ${url}.`, "Check the address.");
  }
  const why = `The set-up at ${url} could not be fetched: HTTP ${status}.`;
  return new TabnixError("unreachable", why, "Try again in a moment.");
}

function twice(what: string): TabnixError {
  return new TabnixError(
    "invalid-input",
    `This address asks for ${what}.`,
    "A set-up says itself which image it is for: leave the rest out.",
  );
}
