/** A set-up as a link that carries it. */
import { packSetup } from "./link.ts";
import type { LoadedSetup } from "./setup.ts";

/** What {@link portable} looks at of a document that was parsed already. */
interface Document {
  files?: Record<string, string | string[] | { url?: string }>;
}

/** The document in one line, with addresses that are good from anywhere. */
export function portable({ text, base }: Pick<LoadedSetup, "text" | "base">): string {
  const document: Document = JSON.parse(text);
  for (const file of Object.values(document.files ?? {})) {
    if (typeof file === "object" && !Array.isArray(file) && file.url !== undefined) {
      file.url = new URL(file.url, base).href;
    }
  }
  return JSON.stringify(document);
}

/** @param page the address of the page, whose query and fragment are left out */
export async function linkTo(loaded: LoadedSetup, page: URL): Promise<string> {
  const text = loaded.isFetched ? portable(loaded) : JSON.stringify(JSON.parse(loaded.text));
  return new URL(page.pathname, page).href + (await packSetup(text));
}
