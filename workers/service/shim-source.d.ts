/** The preview's script, bundled by scripts/vite-service-worker.ts; it expects PREVIEW of ShimConfig. */
declare module "virtual:tabnix-preview-shim" {
  export const source: string;
}
