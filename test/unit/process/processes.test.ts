/** How many programs run, and which workers they get. */
import { expect, test } from "vitest";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import type { Channel } from "../../../workers/kernel/ninep/service-files.ts";
import { readFrames, ToAgent } from "../../../workers/kernel/process/exec-protocol.ts";
import { Processes } from "../../../workers/kernel/process/processes.ts";
import type { WasiThread } from "../../../workers/kernel/process/wasi-worker.ts";
import { MAX_PROCESSES } from "../../../workers/shared/limits.ts";
import { assemble } from "../wasi/assemble.ts";
import { requestBytes } from "./request.ts";

const READ = 256 * 1024;

/** Threads whose programs never end. */
class Threads {
  started = 0;
  running = 0;
  ended = 0;
  obstacle?: string;
  readonly mayShare: boolean;

  constructor(mayShare: boolean) {
    this.mayShare = mayShare;
  }

  readonly spawn = (): WasiThread => {
    const thread: WasiThread = {
      post: ({ type }) => {
        if (type === "open") queueMicrotask(() => thread.onMessage({ type: "ready" }));
        else this.running += 1;
      },
      onMessage: () => {},
      terminate: () => {
        this.ended += 1;
      },
    };
    this.started += 1;
    return thread;
  };
}

async function machine({ mayShare = true } = {}) {
  const fs = new FileSystem();
  const module = await assemble("(module)");
  await writeFile(fs, "/workspace/x.wasm", module, { mode: 0o755 });
  await writeFile(fs, "/workspace/data", module, { mode: 0o644 });
  const withThreads = await assemble('(module (import "env" "memory" (memory 1 2 shared)))');
  await writeFile(fs, "/workspace/threads", withThreads, { mode: 0o755 });
  const threads = new Threads(mayShare);
  const processes = new Processes({ fs, threads, onUntoldChange: () => {} });
  const start = (path?: string): Channel => {
    const channel = processes.open();
    channel.write(requestBytes(path));
    return channel;
  };
  return { threads, start };
}

/** What a program that cannot run leaves. */
async function refusal(channel: Channel): Promise<{ text: string; status: number | undefined }> {
  await channel.ready();
  // Both frames are sent at once.
  const [message, exit] = readFrames(channel.take(READ));
  expect([message?.type, exit?.type]).toEqual([ToAgent.write, ToAgent.exit]);
  return { text: new TextDecoder().decode(message?.payload), status: exit?.payload[0] };
}

/** Why the guest's own program is to run instead. */
async function reasonForAnother(channel: Channel): Promise<string> {
  await channel.ready();
  const frames = readFrames(channel.take(READ));
  expect(frames.map(({ type }) => type)).toEqual([ToAgent.instead]);
  return new TextDecoder().decode(frames[0]?.payload);
}

test("so many programs run at a time, however others have ended", async () => {
  const { threads, start } = await machine();
  const compiled = start();
  await expect.poll(() => threads.running).toBe(1);
  compiled.close();
  // Ended before they began, at every step while they began, and as they ran.
  for (let steps = 0; steps < 2 * MAX_PROCESSES; steps++) {
    const channel = start();
    for (let i = 0; i < steps; i++) await Promise.resolve();
    channel.close();
  }
  const before = threads.running;
  for (let i = 0; i < MAX_PROCESSES; i++) start();
  await expect.poll(() => threads.running - before).toBe(MAX_PROCESSES);
  expect(await refusal(start())).toEqual({
    text: "tabnix: x: too many WebAssembly programs are running\n",
    status: 126,
  });
});

test.each([
  ["/workspace/none", "not in the tree that the guest and its tools share", 127],
  ["/workspace/data", "permission denied", 126],
  ["/workspace", "permission denied", 126],
])("%s cannot run", async (path, reason, status) => {
  const { threads, start } = await machine();
  expect(await refusal(start(path))).toEqual({ text: `tabnix: x: ${reason}\n`, status });
  expect(threads.started).toBe(0);
});

test("where memory cannot be shared, modules with threads do not run", async () => {
  const { threads, start } = await machine({ mayShare: false });
  expect(await reasonForAnother(start("/workspace/threads"))).toMatch(/threads.*isolated/);
  expect(threads.started).toBe(0);
  start();
  await expect.poll(() => threads.running).toBe(1);
});

test("where none can run, the agent is told why", async () => {
  const { threads, start } = await machine();
  threads.obstacle = "none today";
  expect(await reasonForAnother(start())).toBe("none today");
  expect(await refusal(start("/workspace/data"))).toEqual({
    text: "tabnix: x: permission denied\n",
    status: 126,
  });
  expect(threads.started).toBe(0);
});
