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
