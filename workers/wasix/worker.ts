/** A WASIX worker's entry: joins {@link runWasix} to the kernel. */
import { KernelCalls } from "./calls.ts";
import type { FromWasix, ToWasix } from "./contract.ts";
import { runWasix } from "./run.ts";

const calls = new KernelCalls((message: FromWasix) => self.postMessage(message));
self.onmessage = ({ data }: MessageEvent<ToWasix>) => {
  if (data.type === "answer") calls.answered(data);
  else void runWasix(data.program, calls);
};
