/** What an agent asks for. */
import { EXEC_VERSION, FromAgent, frame } from "../../../workers/kernel/process/exec-protocol.ts";
import { ByteWriter } from "../../../workers/shared/bytes.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** As images/agent/exec-protocol.h writes one. */
export function requestBytes(module = "/workspace/x.wasm"): Uint8Array {
  const writer = new ByteWriter();
  const text = (value: string) => {
    writer.u32(value.length);
    writer.append(bytes(value));
  };
  for (const value of [EXEC_VERSION, 1000, 100, 0o22, 0b101]) writer.u32(value);
  writer.u16(24);
  writer.u16(80);
  for (const [mode, flags, position, target] of [
    [0o20620, 2, -1, "/dev/pts/0"],
    [0o100644, 0o2001, 5, "/tmp/out"],
    [0, 0, -1, ""],
  ] as const) {
    writer.u32(mode);
    writer.u32(flags);
    writer.u64(position);
    text(target);
  }
  text(module);
  text("/home");
  for (const list of [["x", "-v"], ["A=b"]]) {
    writer.u32(list.length);
    for (const one of list) text(one);
  }
  writer.u32(2);
  writer.u32(4);
  writer.u32(24);
  return frame(FromAgent.request, 0, writer.toBytes());
}
