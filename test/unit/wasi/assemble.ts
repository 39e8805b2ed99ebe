/** Modules from WebAssembly's text format. */
import wabt from "wabt";
import { PREVIEW1 } from "../../../workers/wasi/preview1.ts";

const TYPES: Record<string, string> = { i: "i32", I: "i64" };

/** Every function of wasi_snapshot_preview1 and its parameters; all but proc_exit return an i32. */
export const PREVIEW1_FUNCTIONS: Record<string, string> = {
  args_get: "ii",
  args_sizes_get: "ii",
  environ_get: "ii",
  environ_sizes_get: "ii",
  clock_res_get: "ii",
  clock_time_get: "iIi",
  fd_advise: "iIIi",
  fd_allocate: "iII",
  fd_close: "i",
  fd_datasync: "i",
  fd_fdstat_get: "ii",
  fd_fdstat_set_flags: "ii",
  fd_fdstat_set_rights: "iII",
  fd_filestat_get: "ii",
  fd_filestat_set_size: "iI",
  fd_filestat_set_times: "iIIi",
  fd_pread: "iiiIi",
  fd_prestat_get: "ii",
  fd_prestat_dir_name: "iii",
  fd_pwrite: "iiiIi",
  fd_read: "iiii",
  fd_readdir: "iiiIi",
  fd_renumber: "ii",
  fd_seek: "iIii",
  fd_sync: "i",
  fd_tell: "ii",
  fd_write: "iiii",
  path_create_directory: "iii",
  path_filestat_get: "iiiii",
  path_filestat_set_times: "iiiiIIi",
  path_link: "iiiiiii",
  path_open: "iiiiiIIii",
  path_readlink: "iiiiii",
  path_remove_directory: "iii",
  path_rename: "iiiiii",
  path_symlink: "iiiii",
  path_unlink_file: "iii",
  poll_oneoff: "iiii",
  proc_exit: "i",
  proc_raise: "i",
  random_get: "ii",
  sched_yield: "",
  sock_accept: "iii",
  sock_recv: "iiiiii",
  sock_send: "iiiii",
  sock_shutdown: "ii",
};

/** What a module has to say to import functions, as $fd_write and so on. */
export function importing(...names: string[]): string {
  return names
    .map((name) => {
      const parameters = [...(PREVIEW1_FUNCTIONS[name] ?? "")].map((type) => TYPES[type]).join(" ");
      const result = name === "proc_exit" ? "" : "(result i32)";
      return `(import "${PREVIEW1}" "${name}" (func $${name} (param ${parameters}) ${result}))`;
    })
    .join("\n");
}

/** The bytes of a module in text format; with its names, if they are wanted. */
export async function assemble(text: string, withNames = false): Promise<Uint8Array<ArrayBuffer>> {
  const parsed = (await wabt()).parseWat("test.wat", text, { threads: true });
  try {
    return new Uint8Array(parsed.toBinary({ write_debug_names: withNames }).buffer);
  } finally {
    parsed.destroy();
  }
}

export async function assembleModule(text: string): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(await assemble(text));
}

/** A program that imports some functions and runs `body`. */
export async function assembleProgram(
  names: readonly string[],
  body: string,
  rest = "",
): Promise<WebAssembly.Module> {
  return assembleModule(`(module
    ${importing(...names)}
    (memory (export "memory") 1)
    ${rest}
    (func (export "_start") ${body}))`);
}
