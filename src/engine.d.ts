/** Made by scripts/vite-wasmer.ts: the Wasmer SDK, as files of the site. */
declare module "virtual:tabnix-wasmer" {
  /** Address of its main script; undefined in builds without it. */
  export const url: string | undefined;
}

/** Made by scripts/vite-engine.ts: v86's WebAssembly module as one zstd frame. */
declare module "virtual:tabnix-engine" {
  /** Address of the frame. */
  export const url: string;
  /** Bytes it unpacks to. */
  export const size: number;
}

/** Made by scripts/vite-wasi-thread.ts: a WASI worker that is a thread of Node. */
declare module "virtual:tabnix-wasi-thread" {
  /** What it runs, as one classic script. */
  export const script: string;
}
