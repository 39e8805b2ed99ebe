/** Who has the disk when several tabs want it at the same moment. */
import { afterEach, expect, test, vi } from "vitest";
import {
  type DiskHandlers,
  type OpenDisk,
  openDisk,
} from "../../../workers/kernel/disk/open-disk.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { findPath, writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { stubBrowser } from "./browser.ts";
import { BASE } from "./support.ts";

afterEach(() => vi.unstubAllGlobals());

const handlers = (more: Partial<DiskHandlers> = {}): DiskHandlers => ({
  onFailure: (error) => {
    throw error;
  },
  onAsked: () => {},
  onLost: () => {},
  ...more,
});

const open = (take: boolean, more?: Partial<DiskHandlers>) =>
  openDisk({ name: "disk", take, erase: false }, BASE, handlers(more));

/** What a kernel does that is asked for its disk. */
async function letGo(disk: OpenDisk | undefined): Promise<void> {
  await disk?.overlay.sync();
  disk?.overlay.close();
  disk?.release();
}

async function treeOn(disk: OpenDisk | undefined): Promise<FileSystem> {
  if (!disk) throw new Error("nothing is kept");
  const fs = new FileSystem({ overlay: disk.overlay });
  await disk.overlay.begin(fs);
  return fs;
}

/** Lets promises go on, and messages between tabs arrive. */
const moment = () => new Promise((resolve) => setTimeout(resolve, 20));

test("a second tab is told, and gets the disk with all that was written when it takes it", async () => {
  stubBrowser();
  const first: OpenDisk | undefined = await open(false, { onAsked: () => void letGo(first) });
  const fs = await treeOn(first);
  await expect(open(false)).rejects.toMatchObject({ code: "busy" });
  await writeFile(fs, "/file", new Uint8Array(5));
  const second = await open(true);
  expect(findPath(await treeOn(second), "/file")?.size).toBe(5);
});

test("a tab that is asked for the disk before it has opened it is asked when it has", async () => {
  const files = stubBrowser();
  let second: Promise<OpenDisk | undefined> | undefined;
  files.onOpen = () => {
    second ??= open(true);
  };
  // The other asks while the files are still being opened.
  files.open.add("data");
  const onAsked = vi.fn(() => void moment().then(() => letGo(first)));
  const opening = open(false, { onAsked });
  await moment();
  expect(onAsked).not.toHaveBeenCalled();
  files.open.delete("data");
  const first = await opening;
  expect(onAsked).toHaveBeenCalledOnce();
  expect(await second).toBeDefined();
});

test("a tab that loses the disk before it has opened it does not open it", async () => {
  const files = stubBrowser();
  files.open.add("data");
  const onLost = vi.fn();
  const first = open(false, { onLost });
  const refused = expect(first).rejects.toMatchObject({ code: "busy" });
  await moment();
  void navigator.locks.request("tabnix-disk-disk", { steal: true }, () => new Promise(() => {}));
  await moment();
  files.open.delete("data");
  await refused;
  expect(onLost).not.toHaveBeenCalled();
  expect([...files.open]).toEqual([]);
});

test("a disk that is taken in the moment in which it opens is closed again", async () => {
  const files = stubBrowser();
  files.onOpen = (name) => {
    if (name !== "journal-1") return;
    const steal = { steal: true };
    void navigator.locks.request("tabnix-disk-disk", steal, () => new Promise(() => {}));
  };
  await expect(open(false)).rejects.toMatchObject({ code: "busy" });
  expect([...files.open]).toEqual([]);
});

test("files that a tab which has died still holds do not keep the others from being closed", async () => {
  const files = stubBrowser();
  for (const late of ["journal-0", "journal-1"]) {
    files.open.add(late);
    const opening = open(false);
    await moment();
    files.open.delete(late);
    const disk = await opening;
    expect(files.open.size).toBe(3);
    await letGo(disk);
    expect([...files.open]).toEqual([]);
  }
});

test("a private file system whose handles do not open is not used", async () => {
  const files = stubBrowser();
  files.onOpen = () => {
    throw new DOMException("Backend does not support this operation", "UnknownError");
  };
  // There is no IndexedDB here.
  expect(await open(false)).toBeUndefined();
});
