/**
 * Vite plugins: workers in a shape that other people's bundlers leave whole. They know
 * `new URL("./file", import.meta.url)` and take the file along as it is, under another name. So each worker is
 * one file, which finds nothing by its own address, and what a worker starts is inside of it.
 */
import type { Plugin } from "vite";

/** Starts the workers of WebAssembly programs, from the kernel worker. */
const THREADS = /\/process\/browser-threads\.ts$/;
const NESTED = /new Worker\(new URL\("(.+?)", import\.meta\.url\), \{[^}]*\}\)/g;

/** What Vite makes of the address of a worker, and of a file, where the place of the build is not known. */
const WORKER_ADDRESS =
  /new URL\(\s*(?:\/\*.*?\*\/)?\s*new URL\("([^"]+)", import\.meta\.url\)\.href,\s*"" \+ import\.meta\.url\s*\)/g;
const FILE_ADDRESS = /new URL\("(?!\.)([^"]+)", import\.meta\.url\)/g;

/** For the bundle of a worker: those that it starts come as text. */
export function nestedWorkers(): Plugin {
  return {
    name: "tabnix-nested-workers",
    enforce: "pre",
    transform(code, id) {
      if (!THREADS.test(id)) return undefined;
      const imports: string[] = [];
      const mended = code.replace(NESTED, (_, path: string) => {
        imports.push(`import Nested${imports.length} from "${path}?worker&inline";`);
        return `new Nested${imports.length - 1}()`;
      });
      if (imports.length === 0) this.error(`${id} starts no worker as it did`);
      return `${imports.join("\n")}\n${mended}`;
    },
  };
}

/** For the bundle of the library: addresses that bundlers know. @param files how many there are to be */
export function plainAddresses(files: number): Plugin {
  return {
    name: "tabnix-plain-addresses",
    enforce: "post",
    generateBundle(_, bundle) {
      let count = 0;
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        chunk.code = chunk.code
          .replace(WORKER_ADDRESS, 'new URL("$1", import.meta.url)')
          .replace(FILE_ADDRESS, (_all, file: string) => {
            count += 1;
            return `new URL("./${file}", import.meta.url)`;
          });
      }
      if (count !== files) this.error(`${count} addresses of files, not ${files}`);
    },
  };
}
