/** Messages between a page and the worker that keeps whole images for when there is no network. */
import type { ErrorMessage } from "../shared/errors.ts";

/** How much of an image is kept, in compressed bytes. */
export interface ImageState {
  image: string;
  kept: number;
  /** Of all of it; 0 while the browser has not even the list of its parts. */
  total: number;
}

/** Page → worker. One is done after the other, and each is answered once, by what is named here. */
export type ToKeeper =
  /** The first message: the folder `images/` of the site, absolute, with a slash at its end. */
  | { type: "open"; imagesUrl: string }
  /** Answered by `states`. Fetches nothing but manifests. */
  | { type: "look"; images: readonly string[] }
  /** Fetches what is not there yet: `progress`, then `done` or `failed`. */
  | { type: "keep"; image: string }
  /** Forgets what no other of these images needs: `done` or `failed`. */
  | { type: "remove"; image: string; others: readonly string[] };

/** Worker → page. */
export type FromKeeper =
  | { type: "states"; states: readonly ImageState[] }
  /** Compressed bytes that are there, and of how many. */
  | { type: "progress"; kept: number; total: number }
  | { type: "done" }
  | { type: "failed"; error: ErrorMessage };
