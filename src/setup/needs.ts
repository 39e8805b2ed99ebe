/** What a set-up would use that is not its own: only with the visitor's consent. */
import type { LoadedSetup } from "./setup.ts";

/** One thing that it would use. */
export type Need =
  /** What this browser keeps of the image. */
  | { type: "saved-files" }
  /** The relay and the network of tabs of the settings, or the relay of the image. */
  | { type: "visitors-network" }
  | { type: "relay"; host: string }
  | { type: "lan"; name: string }
  /** Pages of its servers, which share the site's storage in this browser. */
  | { type: "preview" }
  /** Files of sites that the set-up is not from. */
  | { type: "other-sites"; hosts: readonly string[] };

/**
 * What the visitor has to agree to before anything runs; nothing for what keeps to itself: a fresh machine
 * without a network.
 *
 * @param previewsShareStorage whether pages of the preview have the site's own origin
 */
export function needsOf(
  { setup, base }: Pick<LoadedSetup, "setup" | "base">,
  { previewsShareStorage }: { previewsShareStorage: boolean },
): Need[] {
  const { network, persist, ports } = setup;
  const needs: Need[] = [];
  if (persist) needs.push({ type: "saved-files" });
  if (network === "visitor") needs.push({ type: "visitors-network" });
  if (typeof network === "object") {
    if (network.relay) needs.push({ type: "relay", host: new URL(network.relay.url).host });
    if (network.lan !== undefined) needs.push({ type: "lan", name: network.lan });
  }
  if (ports.length > 0 && previewsShareStorage) needs.push({ type: "preview" });
  const hosts = otherHosts(setup.files, base);
  if (hosts.length > 0) needs.push({ type: "other-sites", hosts });
  return needs;
}

function otherHosts(files: LoadedSetup["setup"]["files"], base: URL): string[] {
  const urls = files.flatMap(({ content }) => ("url" in content ? new URL(content.url, base) : []));
  return [...new Set(urls.filter(({ origin }) => origin !== base.origin).map(({ host }) => host))];
}
