/** Test programs in the guest. */
import { assemble } from "../../unit/wasi/assemble.ts";
import type { Shell } from "./shell.ts";

const LINE = 76;

/** Types programs into files of /workspace. @param sources in the text format, by name */
export async function installPrograms(
  shell: Shell,
  sources: Readonly<Record<string, string>>,
  ...names: string[]
): Promise<void> {
  await shell.output("cd /workspace");
  for (const name of names) {
    const text = Buffer.from(await assemble(sources[name] ?? "")).toString("base64");
    const lines = text.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
    await shell.type(`base64 -d > ${name} <<END`);
    await shell.type(`${lines.join("\n")}\nEND`);
    await shell.output(`chmod +x ${name}`);
  }
}
