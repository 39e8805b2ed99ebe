/** The relay's command: `relay [options]`, `relay token [options]`. */
import { TabnixError } from "../workers/shared/errors.ts";
import { makeLog } from "./observe/log.ts";
import { HELP, readOptions } from "./options.ts";
import { Relay } from "./relay.ts";
import { makeToken } from "./token-command.ts";

async function run(args: string[]): Promise<void> {
  if (args.includes("--help")) {
    process.stdout.write(HELP);
    return;
  }
  if (args[0] === "token") {
    process.stdout.write(`${makeToken(args.slice(1), Date.now())}\n`);
    return;
  }
  const plain = process.stderr.isTTY === true && !args.includes("--json");
  const log = makeLog((line) => process.stderr.write(line), plain);
  const relay = await Relay.start(readOptions(args, log));
  // For people and for programs that wait until it is there.
  process.stdout.write(`WISP     ${relay.wispUrl}\nIngress  ${relay.ingressUrl}\n`);
  await stopped(relay);
}

/** Waits for a signal and stops gracefully; a second signal stops at once. */
function stopped(relay: Relay): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const onSignal = () => {
      if (stopping) {
        relay.terminate();
        return;
      }
      stopping = true;
      process.stderr.write("Stopping: what goes on may finish. Once more stops at once.\n");
      void relay.stop().then(() => resolve());
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

try {
  await run(process.argv.slice(2));
  process.exit(0);
} catch (error) {
  if (!(error instanceof TabnixError)) throw error;
  process.stderr.write(`\nerror: ${error.message}\n`);
  if (error.hint) process.stderr.write(`       ${error.hint}\n`);
  process.exitCode = 1;
}
