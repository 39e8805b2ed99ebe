/** What the pages beside the app have in common. */
import { holdVersion } from "../app/offline.ts";
import { browserStorage, SettingsStore } from "../app/settings.ts";
import { Theme } from "../app/theme.ts";

/**
 * Makes the page light or dark, as the visitor has chosen in the app.
 *
 * @param script of the page, whose version is kept while the page is open
 */
export function startSitePage(script: string): void {
  holdVersion(script);
  new Theme(new SettingsStore(browserStorage()));
}
