/** What the address of a frame asks for; docs/embedding.md has the parameters. */
import { TabnixError } from "../../../workers/shared/errors.ts";
import { isSetupFragment } from "../../setup/link.ts";
import { loadSetup } from "../../setup/load.ts";
import { parseSetup } from "../../setup/parse.ts";
import type { LoadedSetup } from "../../setup/setup.ts";

export interface Parameters {
  theme: "light" | "dark" | "system";
  /** When the machine starts: when it is asked to, when it is seen, or at once. */
  start: "click" | "visible" | "now";
  readOnly: boolean;
}

/** @throws TabnixError `invalid-input` */
export function readParameters({ searchParams }: URL): Parameters {
  return {
    theme: choice(searchParams, "theme", ["system", "light", "dark"]),
    start: choice(searchParams, "start", ["click", "visible", "now"]),
    readOnly: searchParams.has("readonly"),
  };
}

/**
 * The set-up that it names, carries, or makes up by `image` and `run`.
 *
 * @param page where the frame lives, absolute
 * @throws TabnixError as {@link loadSetup}
 */
export async function setupOf(address: URL, page: string): Promise<LoadedSetup> {
  const { searchParams, hash } = address;
  const image = searchParams.get("image");
  const run = searchParams.getAll("run");
  if (searchParams.has("setup") || isSetupFragment(hash)) {
    if (run.length > 0) throw wrong("This address asks for a set-up and for commands.");
    const loaded = await loadSetup(address, page);
    if (loaded) return loaded;
  }
  const text = JSON.stringify({ ...(image === null ? {} : { image }), run });
  return { setup: parseSetup(text), text, base: new URL(page), isFetched: false };
}

/** One of some; the first unless given. */
function choice<const Choice extends string>(
  parameters: URLSearchParams,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const given = parameters.get(name);
  if (given === null) return choices[0];
  const found = choices.find((one) => one === given);
  if (found) return found;
  throw wrong(`${name} must be one of ${choices.join(", ")}.`);
}

function wrong(message: string): TabnixError {
  return new TabnixError("invalid-input", message, "The page around this frame has to correct it.");
}
