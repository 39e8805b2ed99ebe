/**
 * What is used of @wasmer/sdk 0.16.0. The page does not bundle it: it is files of the site as they are in
 * the package (scripts/vite-wasmer.ts), fetched when the first WASIX program runs.
 */

export interface Sdk {
  Wasmer: new (options: { cache: false; wasm: WebAssembly.Module }) => WasmerClient;
}

interface WasmerClient {
  packages: { load(bytes: Uint8Array): Promise<SdkPackage> };
  sandboxes: {
    create(options: {
      packages: SdkPackage[];
      files: Record<string, Uint8Array>;
      network: { mode: "disabled" };
    }): Promise<Sandbox>;
  };
}

export interface SdkPackage {
  readonly entrypoint?: string;
  readonly commands: readonly string[];
}

export interface Sandbox {
  readonly fs: SandboxFiles;
  command(
    selector: SdkPackage,
    args: string[],
    options: { cwd: string; env: Record<string, string> },
  ): { spawn(options: { stdin: "pipe"; stdout: "pipe"; stderr: "pipe" }): Promise<SdkProcess> };
}

/** Files of a sandbox, of which only those in {@link SANDBOX_FOLDER} can be reached from outside. */
export interface SandboxFiles {
  mkdir(path: string, options: { recursive: boolean }): Promise<void>;
  readDir(path: string): Promise<{ name: string; kind: "file" | "directory"; size: number }[]>;
  readFile(path: string): Promise<Uint8Array>;
}

export interface SdkProcess {
  readonly stdin: { write(bytes: Uint8Array): Promise<void>; close(): Promise<void> };
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  wait(): Promise<{ exitCode: number; reason: "exited" | "terminated" | "timeout" }>;
}

export const SANDBOX_FOLDER = "/workspace";

/** @throws Error when it cannot be fetched */
export async function loadSdk(url: string): Promise<Sdk> {
  return (await import(/* @vite-ignore */ url)) as Sdk;
}
