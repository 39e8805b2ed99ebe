/** How tests and the benchmark start Chromium. */
export const CHROMIUM_FLAGS = [
  // Containers and root have no user namespaces for Chromium's sandbox.
  "--no-sandbox",
  // Nothing but the page under test may use the network.
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
