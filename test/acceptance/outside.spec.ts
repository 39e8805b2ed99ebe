/** Programs of the guest that go out through the relay, to real servers. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { Shell } from "../browser/support/shell.ts";
import {
  freePort,
  MIRROR_ADDRESS,
  mirror,
  SERVER_ADDRESS,
  test,
  useRelay,
} from "./support/outside.ts";
import { servePackages } from "./support/package-index.ts";

test("apt-get update and install, from the Debian mirror", async ({ page, startRelay }) => {
  await useRelay(page, await startRelay());
  const shell = await Shell.open(page, "base");
  const { url, hostname } = mirror();
  await shell.output(`echo '${MIRROR_ADDRESS} ${hostname}' >> /etc/hosts`);
  await shell.output("rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*");
  await shell.output(
    `echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${url} trixie main' > /etc/apt/sources.list`,
  );
  expect((await shell.run("command -v hello")).status).not.toBe(0);
  console.log(await shell.output("time apt-get -q update"));
  console.log(await shell.output("time apt-get -q install -y --no-install-recommends hello"));
  expect(await shell.output("hello")).toBe("Hello, world!");
});

test("git clones a repository of a real git server, and pushes to it", async ({
  page,
  startRelay,
  start,
}) => {
  const folder = mkdtempSync(join(tmpdir(), "tabnix-git-"));
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" });
  try {
    const work = join(folder, "work");
    git("init", "-q", "-b", "main", work);
    writeFileSync(join(work, "file.txt"), "from outside\n".repeat(100_000));
    git("-C", work, "add", ".");
    const author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    git("-C", work, ...author, "commit", "-q", "-m", "first");
    git("clone", "-q", "--bare", work, join(folder, "served.git"));
    const port = await freePort();
    start("git", [
      "daemon",
      "--listen=127.0.0.1",
      `--port=${port}`,
      "--export-all",
      "--enable=receive-pack",
      `--base-path=${folder}`,
    ]);
    await useRelay(page, await startRelay([port]));
    const shell = await Shell.open(page, "base");
    await shell.output(`git clone -q git://${SERVER_ADDRESS}:${port}/served.git`);
    expect(await shell.output("cd served && wc -l < file.txt && git log --format=%s")).toBe(
      "100000\nfirst",
    );
    await shell.output("echo inside > new.txt && git add . && git config user.name Bob");
    await shell.output("git config user.email bob@example.org && git commit -qm second");
    await shell.output("git push -q");
    expect(git("-C", join(folder, "served.git"), "log", "--format=%an %s")).toBe(
      "Bob second\nAda first\n",
    );
    expect(git("-C", join(folder, "served.git"), "show", "HEAD:new.txt")).toBe("inside\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("pip installs a package, which the Python that is WebAssembly finds", async ({
  page,
  startRelay,
}) => {
  const { server, port } = await servePackages();
  try {
    await useRelay(page, await startRelay([port]));
    const shell = await Shell.open(page, "python");
    const index = `--index-url http://${SERVER_ADDRESS}:${port}/simple/ --trusted-host ${SERVER_ADDRESS}`;
    console.log(await shell.output(`time pip install ${index} greeting`));
    const program = "import greeting, sys; print(greeting.hello(sys.platform))";
    expect(await shell.output(`python3 -c '${program}'`)).toBe("Hello, wasi!");
    expect(await shell.output(`/usr/bin/python3 -c '${program}'`)).toBe("Hello, linux!");
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
