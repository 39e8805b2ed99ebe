import { createSandbox } from "tabnix";

const sandbox = await createSandbox({ image: "python", base: process.argv[2] });
const { stdout } = await sandbox.run("python3 -c 'import sys; print(sys.platform)' | tr a-z A-Z");
await sandbox.close();
process.stdout.write(stdout);
