/**
 * A machine that is saved and restored, with everything that Tabnix adds to v86: both 9P devices,
 * shared interrupt lines, the agent's port, and what must not be the same in two machines.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { cacheFolder } from "../../../images/build/cache.ts";
import { Guest } from "../../../images/build/guest/guest.ts";
import { type Manifest, parseManifest } from "../../../images/format/manifest.ts";
import { decodeTreeIndex, type TreeIndex } from "../../../images/format/tree-index.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { DirectoryStore } from "../../../workers/shared/directory-store.ts";
import { sha256Hex } from "../../../workers/shared/hash.ts";

const IMAGE = "tiny";
const HOSTNAME = "saved";
const SHELL = 0;
/** BusyBox asks the terminal where the cursor is, and goes on without an answer. */
const WHERE = "\x1b[6n";
/** A boot of the stock kernel on a busy machine. */
const TIMEOUT_MS = 120_000;

let manifest: Manifest;
let store: DirectoryStore;
let index: TreeIndex;
let saved: { machine: Uint8Array; filesystem: Uint8Array };
/** What the machine was booted from: Buffers, as the image builder has them. */
let given: { bios: Buffer; bzImage: Buffer; initrd: Buffer };

beforeAll(async () => {
  const folder = join(cacheFolder(), "images");
  manifest = parseManifest(await readFile(join(folder, IMAGE, "manifest.json"), "utf8"), IMAGE);
  store = new DirectoryStore(folder);
  index = decodeTreeIndex(await store.get(manifest.index));
  saved = await save();
}, TIMEOUT_MS);

async function save(): Promise<typeof saved> {
  const { bzImage, initrd, commandLine } = manifest.kernel;
  given = {
    bios: Buffer.from(await store.get(manifest.bios)),
    bzImage: Buffer.from(await store.get(bzImage)),
    initrd: initrd ? Buffer.from(await store.get(initrd)) : Buffer.alloc(0),
  };
  const guest = await Guest.boot({
    fs: new FileSystem({ index, store }),
    bios: given.bios,
    kernel: {
      bzImage: given.bzImage,
      ...(initrd ? { initrd: given.initrd } : {}),
      commandLine,
    },
    memoryMegabytes: manifest.memoryMegabytes,
    hostname: HOSTNAME,
  });
  await guest.run("echo system > /root/note; echo live > /workspace/note");
  const screen = followed(guest, SHELL);
  guest.machine.openTerminal(SHELL, { rows: 24, columns: 80 }, shell(), HOSTNAME);
  await screen.shows("# ");
  guest.machine.input(SHELL, bytes("kept=variable; cd /workspace\r"));
  await screen.shows("/workspace# ");
  await guest.machine.settle({ dropCaches: true, scrubMemory: true });
  const machine = await guest.machine.save([
    { id: SHELL, hostname: HOSTNAME, screen: screen.text() },
  ]);
  await guest.server.drain();
  const filesystem = guest.server.save();
  await guest.destroy();
  return { machine, filesystem };
}

async function restored(hostname = HOSTNAME): Promise<Guest> {
  const guest = await Guest.create({
    fs: new FileSystem({ index, store }),
    bios: new Uint8Array(0),
    memoryMegabytes: manifest.memoryMegabytes,
    hostname,
    // A network on which nobody answers.
    onFrame: () => {},
  });
  guest.server.restore(saved.filesystem);
  await guest.restore(saved.machine);
  return guest;
}

function shell() {
  const environment = { HOME: "/root", PS1: "\\w# ", PATH: "/usr/sbin:/usr/bin" };
  return { argv: ["/bin/sh", "-i"], environment, directory: "/root", raw: false };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The output of a terminal, from now on. */
function followed(guest: Guest, id: number) {
  let text = "";
  let check = () => {};
  guest.follow(id, (piece) => {
    text += piece.replaceAll(WHERE, "");
    check();
  });
  return {
    text: () => text,
    shows: (end: string) =>
      new Promise<void>((resolve) => {
        check = () => {
          if (text.endsWith(end)) resolve();
        };
        check();
      }),
  };
}

test("a boot leaves what it started from as it was, for the next and for the image", async () => {
  const { bios, kernel } = manifest;
  expect(await sha256Hex(given.bios)).toBe(bios.sha256);
  expect(await sha256Hex(given.bzImage)).toBe(kernel.bzImage.sha256);
  if (kernel.initrd) expect(await sha256Hex(given.initrd)).toBe(kernel.initrd.sha256);
});

test("both trees go on, apart and at once", { timeout: TIMEOUT_MS }, async () => {
  const guest = await restored();
  expect((await guest.run("cat /root/note /workspace/note")).output).toBe("system\nlive\n");
  // Each device waits for the other's replies on a shared interrupt line.
  const copies = await guest.run(`
    head -c 3000000 /dev/urandom > /root/data
    cp /root/data /workspace/one & cp /root/data /workspace/two & wait
    cp /workspace/one /root/three & cp /workspace/two /root/four & wait
    cmp /root/data /root/three && cmp /root/data /root/four && echo equal`);
  expect(copies).toEqual({ status: 0, output: "equal\n" });
  await guest.destroy();
});

test("the shell goes on where it was", { timeout: TIMEOUT_MS }, async () => {
  const guest = await restored();
  const screen = followed(guest, SHELL);
  guest.machine.openTerminal(SHELL, { rows: 40, columns: 100 }, shell(), HOSTNAME);
  await screen.shows("/workspace# ");
  guest.machine.input(SHELL, bytes("echo $kept; stty size; cat note\r"));
  await screen.shows("variable\r\n40 100\r\nlive\r\n/workspace# ");
  await guest.destroy();
});

test("a machine of another name gets a new shell", { timeout: TIMEOUT_MS }, async () => {
  const guest = await restored("another");
  const screen = followed(guest, SHELL);
  guest.machine.openTerminal(SHELL, { rows: 24, columns: 80 }, shell(), "another");
  await screen.shows("~# ");
  guest.machine.input(SHELL, bytes("echo [$kept]; hostname\r"));
  await screen.shows("[]\r\nanother\r\n~# ");
  await guest.destroy();
});

test("clock, entropy and hardware address are each machine's own", {
  timeout: TIMEOUT_MS,
}, async () => {
  const facts = async () => {
    const guest = await restored();
    const { output } = await guest.run(
      "date +%s; head -c 16 /dev/urandom | sha256sum; cat /sys/class/net/eth0/address",
    );
    await guest.destroy();
    const [time = "", random, address] = output.trim().split("\n");
    return { behind: Date.now() / 1000 - Number(time), random, address };
  };
  const [first, second] = [await facts(), await facts()];
  for (const { behind, address } of [first, second]) {
    expect(behind).toBeGreaterThan(-2);
    expect(behind).toBeLessThan(60);
    expect(address).toMatch(/^.[26ae](:[0-9a-f]{2}){5}$/);
  }
  expect(first.random).not.toBe(second.random);
  expect(first.address).not.toBe(second.address);
});

test("what is no snapshot is refused", async () => {
  const guest = await Guest.create({
    fs: new FileSystem({ index, store }),
    bios: new Uint8Array(0),
    memoryMegabytes: manifest.memoryMegabytes,
  });
  for (const broken of [new Uint8Array(0), bytes("{}"), saved.machine.subarray(0, 5000)]) {
    await expect(guest.restore(broken)).rejects.toMatchObject({ code: "malformed" });
  }
  await guest.destroy();
});
