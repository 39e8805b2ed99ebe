/** A program without a module: a test calls the functions itself, on a memory of its own. */
import { expect } from "vitest";
import type { Program } from "../../../workers/wasi/contract.ts";
import { wasiErrno } from "../../../workers/wasi/errno.ts";
import { type Context, createContext, preview1 } from "../../../workers/wasi/preview1.ts";
import { importInPlace, type WasiFunctions } from "../../../workers/wasi/steps.ts";
import { TestKernel } from "./test-kernel.ts";

const PAGES = 64;
const PAGE_BYTES = 65_536;
/** An empty module: \0asm, version 1. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
/** Addresses are given out from here on. */
const FIRST_ADDRESS = 1024;
/** Beyond every memory here. */
export const NOWHERE = PAGES * PAGE_BYTES - 1;

/** rights, oflags and fdflags that tests ask for. */
export const Rights = { read: 1n << 1n, write: 1n << 6n, both: (1n << 1n) | (1n << 6n) };
export const CREATE = 1;
export const DIRECTORY = 2;
export const APPEND = 1;
export const NONBLOCK = 4;

export class DirectProgram {
  readonly kernel: TestKernel;
  readonly context: Context;
  readonly functions: WasiFunctions;
  private readonly memory = new WebAssembly.Memory({ initial: PAGES });
  private next = FIRST_ADDRESS;

  constructor(changes: Partial<Program> = {}, kernel = new TestKernel()) {
    this.kernel = kernel;
    this.context = createContext(kernel.program(new WebAssembly.Module(EMPTY), changes));
    this.context.memory.attach(this.memory);
    this.functions = preview1(this.context);
  }

  /** Calls a function. @returns the error's name, or "" */
  call(name: string, ...args: (number | bigint)[]): string {
    const run = this.functions[name];
    if (!run) throw new Error(`no ${name}`);
    const errno = importInPlace(run, this.kernel.caller)(...args);
    return Object.entries(wasiErrno).find(([, value]) => value === errno)?.[0] ?? "";
  }

  /** Calls a function that must work. */
  ok(name: string, ...args: (number | bigint)[]): void {
    expect(this.call(name, ...args), name).toBe("");
  }

  /** Memory, as yet unused. */
  room(length: number): number {
    const at = this.next;
    this.next = (at + length + 7) & ~7;
    return at;
  }

  put(bytes: Uint8Array | string): { at: number; length: number } {
    const from = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    const at = this.room(from.length);
    new Uint8Array(this.memory.buffer).set(from, at);
    return { at, length: from.length };
  }

  /** iovecs. */
  vectors(...pieces: { at: number; length: number }[]): number {
    const words = pieces.flatMap(({ at, length }) => [at, length]);
    return this.put(new Uint8Array(Uint32Array.from(words).buffer)).at;
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, length).slice();
  }

  text(at: number, length: number): string {
    return Buffer.from(this.bytes(at, length)).toString();
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  /** path_open in the root. @returns the descriptor */
  open(path: string, { how = 0, rights = Rights.both, flags = 0, from = 3 } = {}): number {
    const { at, length } = this.put(path);
    const result = this.room(4);
    this.ok("path_open", from, 1, at, length, how, rights, rights, flags, result);
    return this.view.getUint32(result, true);
  }

  write(fd: number, ...texts: (string | Uint8Array)[]): number {
    const pieces = texts.map((text) => this.put(text));
    const result = this.room(4);
    this.ok("fd_write", fd, this.vectors(...pieces), pieces.length, result);
    return this.view.getUint32(result, true);
  }

  read(fd: number, length: number, offset?: bigint): string {
    const target = { at: this.room(length), length };
    const result = this.room(4);
    const vectors = this.vectors(target);
    if (offset === undefined) this.ok("fd_read", fd, vectors, 1, result);
    else this.ok("fd_pread", fd, vectors, 1, offset, result);
    return this.text(target.at, this.view.getUint32(result, true));
  }

  tell(fd: number): number {
    const result = this.room(8);
    this.ok("fd_tell", fd, result);
    return Number(this.view.getBigUint64(result, true));
  }

  /** A file with contents, as another program would have left it. */
  file(path: string, contents: string): void {
    const fd = this.open(path, { how: CREATE });
    this.write(fd, contents);
    this.ok("fd_close", fd);
  }
}
