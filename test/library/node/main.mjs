import { createSandbox } from "tabnix";

const sandbox = await createSandbox({ image: "tiny", base: process.argv[2] });
const { stdout } = await sandbox.run("tr a-z A-Z", { stdin: "hello\n" });
await sandbox.close();
process.stdout.write(stdout);
