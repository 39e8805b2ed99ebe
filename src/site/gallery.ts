/** The page gallery.html: ready examples. Its cards are made by the build (scripts/vite-gallery.ts). */
import { startSitePage } from "./page.ts";

startSitePage(import.meta.url);
