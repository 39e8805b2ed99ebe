import { createSandbox } from "tabnix";

const sandbox = await createSandbox({ image: "tiny", base: "images" });
const { stdout }: { stdout: string } = await sandbox.run(["ls", "/"]);
for await (const bytes of sandbox.spawn("ls").stdout) bytes satisfies Uint8Array;
// @ts-expect-error: a command is a text or a list of texts
await sandbox.run(stdout.length);
