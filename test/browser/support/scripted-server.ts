import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PAGE = "test/browser/support/scripted.html";

export interface ScriptedServer {
  /** Address of the page with a scripted computer. */
  url: string;
  close(): Promise<void>;
}

/** Serves the test-only page from its sources, on a free port. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const server = await createServer({
    root: ROOT,
    configFile: false,
    appType: "mpa",
    logLevel: "error",
    cacheDir: "node_modules/.vite-scripted-page",
    optimizeDeps: { entries: [PAGE] },
    server: { host: "127.0.0.1", port: 0, hmr: false },
  });
  await server.listen();
  const [address = ""] = server.resolvedUrls?.local ?? [];
  return { url: new URL(PAGE, address).href, close: () => server.close() };
}
