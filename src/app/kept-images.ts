/** Images that the visitor wants whole without a network: by name, in the browser's storage. */
import { isSiteImage } from "../../workers/shared/image-name.ts";
import type { SettingsStorage } from "./settings.ts";

const KEY = "tabnix.kept";

/** @returns none where the browser keeps nothing, or something else was there */
export function keptImages(storage: SettingsStorage | undefined): string[] {
  try {
    const value: unknown = JSON.parse(storage?.getItem(KEY) ?? "[]");
    if (!Array.isArray(value)) return [];
    return value.filter((name): name is string => typeof name === "string" && isSiteImage(name));
  } catch {
    return [];
  }
}

/** @param isKept whether the image is wanted from now on. @throws DOMException where nothing can be kept */
export function setKept(
  storage: SettingsStorage | undefined,
  image: string,
  isKept: boolean,
): void {
  const others = keptImages(storage).filter((name) => name !== image);
  storage?.setItem(KEY, JSON.stringify(isKept ? [...others, image] : others));
}
