import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { wasiThread } from "./scripts/vite-wasi-thread.ts";

export default defineConfig({
  plugins: [wasiThread()],
  test: {
    include: ["test/unit/**/*.test.ts", "test/fuzz/**/*.test.ts"],
    environment: "node",
    // By itself Vitest leaves one core to its own process, which waits.
    maxWorkers: availableParallelism(),
    // Machines that run tests may be slow and busy; tests themselves wait on conditions.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
