/** Which image the visitor started last: what a start from the home screen goes on with. */
import type { SettingsStorage } from "./settings.ts";

const KEY = "tabnix.image";

/** @returns undefined where none was started, or the browser keeps nothing */
export function lastImage(storage: SettingsStorage | undefined): string | undefined {
  try {
    return storage?.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

export function rememberImage(storage: SettingsStorage | undefined, image: string): void {
  try {
    storage?.setItem(KEY, image);
  } catch {
    // Without room, or a right to it, the next start from the home screen is on the default image.
  }
}
