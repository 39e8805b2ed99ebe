/** The file panel on a real machine: what it and the guest's shell see of each other's files. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { FilePanel } from "./support/file-panel.ts";
import { test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

let folder: string;

test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabnix-files-"));
});

test.afterEach(() => rmSync(folder, { recursive: true }));

/** A folder of this computer with some of everything. */
function makeFolder(): string {
  const top = join(folder, "work");
  mkdirSync(join(top, "deep/er"), { recursive: true });
  writeFileSync(join(top, "note.txt"), "note\n");
  writeFileSync(join(top, "empty"), "");
  writeFileSync(join(top, "deep/er/größe 1.bin"), Buffer.alloc(1_500_000, "0123456789"));
  return top;
}

/** Lets the page read some pieces of files, and the next one when the result is called. */
async function holdReading(page: Page, pieces: number): Promise<() => Promise<void>> {
  await page.evaluate((count) => {
    const { arrayBuffer } = Blob.prototype;
    let left = count;
    Blob.prototype.arrayBuffer = async function () {
      if (left-- === 0) await new Promise((done) => addEventListener("go-on", done));
      return arrayBuffer.call(this);
    };
  }, pieces);
  return () => page.evaluate(() => void dispatchEvent(new Event("go-on")));
}

test("a file goes in, is changed in the shell, and comes out", async ({ page }) => {
  const shell = await Shell.open(page, "tiny");
  const panel = await FilePanel.open(page);
  const content = Buffer.alloc(3_000_001, "Tabnix");
  await panel.upload({ name: "in.bin", content });
  await expect(panel.row("in.bin")).toContainText("3.0 MB");
  await panel.leave();
  expect(await shell.output("wc -c < in.bin; tail -c 7 in.bin")).toBe("3000001\nTabnixT");
  await shell.output("echo ' was here' >> in.bin");
  const { name, bytes } = await panel.download("in.bin");
  expect(name).toBe("in.bin");
  expect(bytes.equals(Buffer.concat([content, Buffer.from(" was here\n")]))).toBe(true);
});

test("a folder goes in and comes out as an archive", async ({ page }) => {
  const top = makeFolder();
  const shell = await Shell.open(page, "tiny");
  const panel = await FilePanel.open(page);
  await panel.uploadPath("Upload a folder", top);
  await expect(panel.row("work")).toBeVisible();
  await panel.leave();
  expect(await shell.output("cd work && find . -type f | sort && cat note.txt; cd")).toBe(
    "./deep/er/größe 1.bin\n./empty\n./note.txt\nnote",
  );
  await shell.output("ln -s note.txt work/link && mkdir work/hollow");
  const { name, bytes } = await panel.download("work");
  expect(name).toBe("work.tar");
  const out = join(folder, "out");
  mkdirSync(out);
  execFileSync("tar", ["-x", "-f", "-", "-C", out], { input: bytes });
  expect(
    execFileSync("find", [".", "-printf", "%p %l\n"], { cwd: join(out, "work") })
      .toString()
      .split("\n")
      .sort(),
  ).toEqual([
    "",
    ". ",
    "./deep ",
    "./deep/er ",
    "./deep/er/größe 1.bin ",
    "./empty ",
    "./hollow ",
    "./link note.txt",
    "./note.txt ",
  ]);
  rmSync(join(out, "work/link"));
  rmSync(join(out, "work/hollow"), { recursive: true });
  execFileSync("diff", ["-r", top, join(out, "work")]);
});

test("files and folders are dropped from the desktop, and replaced only if that is wanted", async ({
  page,
}) => {
  const top = makeFolder();
  mkdirSync(join(top, "hollow"));
  const single = join(folder, "single");
  writeFileSync(single, "first");
  const shell = await Shell.open(page, "tiny");
  const panel = await FilePanel.open(page);
  await panel.drop(top, single);
  await expect(panel.names).toHaveText(["work", "single"]);
  writeFileSync(single, "second");
  writeFileSync(join(top, "note.txt"), "other\n");
  await panel.drop(top, single);
  await expect(page.getByRole("dialog", { name: "Replace 4 files?" })).toContainText("note.txt");
  await panel.answer("Replace 4 files?", "Cancel");
  await panel.leave();
  expect(await shell.output("cat single work/note.txt")).toBe("firstnote");
  await panel.drop(single);
  await panel.answer("Replace the file?", "Replace");
  await expect(panel.row("single")).toContainText("6 B");
  await panel.leave();
  expect(await shell.output("cat single; ls -d work/hollow")).toBe("secondwork/hollow");
});

test("files are renamed, moved into view by name, and deleted, as the shell sees at once", async ({
  page,
}) => {
  const shell = await Shell.open(page, "tiny");
  await shell.output("mkdir -p many/a/b && touch many/a/b/c old.txt taken");
  const panel = await FilePanel.open(page);
  await panel.row("old.txt").click();
  await page.keyboard.press("F2");
  await page.keyboard.insertText("new");
  await page.keyboard.press("Enter");
  await expect(panel.names).toHaveText(["many", "new.txt", "taken"]);
  await expect(panel.row("new.txt")).toBeFocused();
  await panel.row("many").click();
  await page.keyboard.press("Delete");
  await panel.answer("Delete many?", "Delete");
  await expect(panel.names).toHaveText(["new.txt", "taken"]);
  await panel.leave();
  expect(await shell.output("ls -A | grep -v ash_history")).toBe("new.txt\ntaken");
  await shell.output("rm taken && echo > later");
  await panel.tool("Refresh").click();
  await expect(panel.names).toHaveText(["later", "new.txt"]);
});

test("a file of the system is seen on both sides as the other has written it", async ({ page }) => {
  const shell = await Shell.open(page, "tiny");
  await shell.output("echo one > /etc/tabnix.conf && sync && cat /etc/tabnix.conf /etc/shells");
  // By itself the guest writes nothing back for minutes.
  for (const what of ["writeback", "expire"]) {
    await shell.output(`echo 60000 > /proc/sys/vm/dirty_${what}_centisecs`);
  }
  const panel = await FilePanel.open(page, "etc");
  // What the guest holds back of a file that is open is asked of it.
  await panel.leave();
  await shell.output("exec 5>>/etc/tabnix.conf && echo two >&5");
  const field = await panel.edit("tabnix.conf");
  await expect(field).toHaveValue("one\ntwo\n");
  await page.keyboard.press("Escape");
  await panel.leave();
  await shell.output("exec 5>&-");
  await panel.edit("tabnix.conf");
  await expect(field).toHaveValue("one\ntwo\n");
  await field.fill("three\n");
  await page.keyboard.press("Control+s");
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  // What the guest has read and keeps, it forgets.
  const shells = await panel.edit("shells");
  await shells.fill("/bin/none\n");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  await panel.leave();
  expect(await shell.output("cat /etc/tabnix.conf /etc/shells")).toBe("three\n/bin/none");
  await panel.upload({ name: "new.conf", content: "new" });
  await expect(panel.row("new.conf")).toBeVisible();
  await panel.leave();
  expect(await shell.output("cat /etc/new.conf; stat -c %a /etc/new.conf")).toBe("new644");
});

test("an upload that is cancelled leaves nothing, and what is larger than the room is refused", async ({
  page,
}) => {
  const large = join(folder, "large");
  writeFileSync(large, Buffer.alloc(8_000_000));
  const shell = await Shell.open(page, "tiny");
  const panel = await FilePanel.open(page);
  const goOn = await holdReading(page, 3);
  await panel.uploadPath("Upload files", large);
  const transfer = panel.element.getByRole("group", { name: "Transfers" });
  await expect(transfer).toContainText("Uploading large");
  await expect(transfer).toContainText("3.1 MB of 8.0 MB");
  await transfer.getByRole("button", { name: "Cancel" }).click();
  await goOn();
  await expect(transfer).toBeEmpty();
  await expect(panel.names).toHaveCount(0);
  await panel.leave();
  expect(await shell.output("ls /root")).toBe("");
  truncateSync(large, 2 ** 41);
  await panel.uploadPath("Upload files", large);
  await expect(page.locator(".notice")).toContainText("does not fit: there is no room left");
});

test("what the panel has written is there after a reload", async ({ page }) => {
  const shell = await Shell.open(page, "tiny");
  const panel = await FilePanel.open(page);
  await panel.upload({ name: "kept", content: "kept" });
  await expect(panel.row("kept")).toBeVisible();
  await panel.leave();
  // A file that is there is committed with what follows.
  await shell.output("sync /root");
  await page.reload();
  await shell.prompt();
  expect(await shell.output("cat kept")).toBe("kept");
});
