const PROTOCOLS = new Set(["http:", "https:"]);

/**
 * Opens an address that a program printed, in a new tab that cannot reach back. Other schemes than
 * http and https are ignored: output is not trusted.
 */
export function openLink(_event: MouseEvent, address: string): void {
  if (!URL.canParse(address) || !PROTOCOLS.has(new URL(address).protocol)) return;
  window.open(address, "_blank", "noopener,noreferrer");
}
