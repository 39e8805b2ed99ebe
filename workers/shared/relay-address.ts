/** What an address of a relay must be, wherever one is written: settings, recipes, manifests. */

/** Whether a text is an address that a relay can have. */
export function isRelayAddress(text: string): boolean {
  try {
    const { protocol, hash } = new URL(text);
    return (protocol === "ws:" || protocol === "wss:") && hash === "";
  } catch {
    return false;
  }
}
