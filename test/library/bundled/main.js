import { createSandbox } from "tabnix";

const sandbox = await createSandbox({ image: "tiny", base: "images/" });
const { stdout } = await sandbox.run("echo $((6 * 7)) > note; cat note");
document.querySelector("pre").textContent = stdout;
await sandbox.terminal(document.querySelector("#terminal"));
