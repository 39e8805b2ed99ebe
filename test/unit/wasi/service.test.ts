/** A WASI worker: in a thread with shared memory, and without it. */
import { expect, test } from "vitest";
import { KernelChannel } from "../../../workers/wasi/channel.ts";
import type { FromWasi, ToWasi } from "../../../workers/wasi/contract.ts";
import { WasiService } from "../../../workers/wasi/service.ts";
import { assembleProgram } from "./assemble.ts";
import { TestKernel } from "./test-kernel.ts";
import { startThread } from "./threads.ts";

/** Adds one to a number in memory that starts at 48 ("0"), and prints it. */
const COUNT = `
  (i32.store8 (i32.const 64) (i32.add (i32.load8_u (i32.const 64)) (i32.const 1)))
  (i32.store (i32.const 0) (i32.const 64))
  (i32.store (i32.const 4) (i32.const 1))
  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
  (drop (call $fd_close (i32.const 1)))`;

const counter = () => assembleProgram(["fd_write", "fd_close"], COUNT, '(data (i32.const 64) "0")');

test("a worker runs one program after the other, each from the start", async () => {
  const module = await counter();
  const channel = new KernelChannel();
  const worker = await startThread("./service-thread.ts");
  const kernels: TestKernel[] = [];
  const post = (message: ToWasi) => worker.postMessage(message);
  await new Promise<void>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("message", (message: FromWasi) => {
      if (message.type === "ready") {
        if (kernels.length === 3) return resolve();
        const kernel = new TestKernel();
        kernels.push(kernel);
        return post({ type: "start", program: kernel.program(module) });
      }
      const { call, data } = channel.take();
      const kernel = kernels.at(-1) as TestKernel;
      const reply = kernel.caller({ call: call as TestKernel["calls"][number], data: [data] });
      channel.answer(reply.answer, reply.data);
    });
    post({ type: "open", memory: channel.memory });
  });
  await worker.terminate();
  expect(kernels.map(({ output }) => output[1])).toEqual(["1", "1", "1"]);
  expect(kernels.map((kernel) => kernel.last("exit")?.status)).toEqual([0, 0, 0]);
});

test("without shared memory and JSPI a program is refused, by messages", async () => {
  const kernel = new TestKernel();
  const messages: FromWasi[] = [];
  const service: WasiService = new WasiService((message) => {
    messages.push(message);
    if (message.type !== "call" || !message.call) return;
    const { call, data } = message;
    const reply = kernel.caller({ call, ...(data ? { data: [data] } : {}) });
    void service.handle({ type: "answer", ...reply });
  });
  await service.handle({ type: "open" });
  const program = kernel.program(await counter());
  await service.handle({ type: "start", program });
  // Node 20 has no JSPI; later ones run the program.
  if ("promising" in WebAssembly) {
    expect(kernel.output[1]).toBe("1");
    expect(kernel.last("exit")?.status).toBe(0);
  } else {
    expect(kernel.output[2]).toMatch(/^wasm: cannot start: .*JSPI\n$/);
    expect(kernel.last("exit")?.status).toBe(126);
  }
  expect(messages.map(({ type }) => type)).toEqual([
    "ready",
    ...kernel.calls.map(() => "call"),
    "ready",
  ]);
});
