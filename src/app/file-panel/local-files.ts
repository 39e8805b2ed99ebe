/** Files and folders of the visitor's own computer, as browsers hand them to a page. */
import { checkCount } from "./tree.ts";

/** A file, or a folder when there is no content. */
export interface LocalItem {
  /** From where they were chosen, with slashes between. */
  path: string;
  content?: File;
}

/** What was chosen in an input element: files, or with `webkitdirectory` those of a folder. */
export function chosenItems(files: FileList): LocalItem[] {
  const folders = new Set<string>();
  const items: LocalItem[] = [];
  for (const content of files) {
    const path = content.webkitRelativePath || content.name;
    items.push({ path, content });
    for (let cut = path.indexOf("/"); cut >= 0; cut = path.indexOf("/", cut + 1)) {
      folders.add(path.slice(0, cut));
    }
  }
  checkCount(items.length);
  return [...[...folders].map((path) => ({ path })), ...items];
}

/** What was dropped. It has to be asked for while the event is handled; it is read afterwards. */
export async function droppedItems(transfer: DataTransfer): Promise<LocalItem[]> {
  const entries: FileSystemEntry[] = [];
  const items: LocalItem[] = [];
  for (const item of [...transfer.items].filter(({ kind }) => kind === "file")) {
    const entry = item.webkitGetAsEntry();
    const content = entry ? null : item.getAsFile();
    if (entry) entries.push(entry);
    // What was not dropped from a file manager is in no folder.
    else if (content) items.push({ path: content.name, content });
  }
  return [...items, ...(await readEntries(entries))];
}

async function readEntries(top: FileSystemEntry[]): Promise<LocalItem[]> {
  const items: LocalItem[] = [];
  const waiting = top.reverse();
  for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
    const path = entry.fullPath.replace(/^\//, "");
    if (isFile(entry)) {
      items.push({ path, content: await fileOf(entry) });
    } else if (isDirectory(entry)) {
      items.push({ path });
      waiting.push(...(await childrenOf(entry)));
    }
    checkCount(items.length + waiting.length);
  }
  return items;
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  // A reader gives some at a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return children;
    children.push(...some);
    checkCount(children.length);
  }
}
