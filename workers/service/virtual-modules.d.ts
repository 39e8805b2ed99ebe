/** The preview's script, bundled by scripts/vite-service-worker.ts; it expects PREVIEW of ShimConfig. */
declare module "virtual:tabnix-preview-shim" {
  export const source: string;
}

/** What the build consists of, listed by scripts/vite-service-worker.ts. */
declare module "virtual:tabnix-app-files" {
  export const files: import("./app/app-files.ts").AppFiles;
}
