/** Made by scripts/vite-engine.ts. */
declare module "virtual:tabnix-engine" {
  /** Address of v86's WebAssembly module, compressed with gzip. */
  const url: string;
  export default url;
}
