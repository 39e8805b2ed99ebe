/** Where set-ups and their files come from: addresses, links, and servers of all kinds. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { fetchFiles, writeFiles } from "../../../src/setup/files.ts";
import { packSetup } from "../../../src/setup/link.ts";
import { loadSetup } from "../../../src/setup/load.ts";
import { parseSetup } from "../../../src/setup/parse.ts";
import { SETUP_BYTES, SETUP_FETCHED_BYTES } from "../../../workers/shared/limits.ts";
import { setUp, textOf } from "../files/support.ts";

const PAGE = "https://tabnix.example/play/";
let server: Server | undefined;

/** Serves until the test is over. @returns the address of the root */
async function serve(listener: RequestListener): Promise<string> {
  const made = createServer(listener);
  server = made;
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}/`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

const asked = (setup: string, page = PAGE) =>
  loadSetup(new URL(`?setup=${encodeURIComponent(setup)}`, page), page);
const failure = (code: string, message: string) => expect.objectContaining({ code, message });

test("an address without a set-up", async () => {
  expect(await loadSetup(new URL("?image=tiny#top", PAGE), PAGE)).toBeUndefined();
});

test("one that the link carries", async () => {
  const text = '{ "run": "ls" }';
  const loaded = await loadSetup(new URL(await packSetup(text), PAGE), PAGE);
  expect(loaded).toEqual({ setup: parseSetup(text), text, base: new URL(PAGE), isFetched: false });
});

test("one that is fetched, relative to the page", async () => {
  const text = '{ "title": "é" }';
  const root = await serve(({ url }, response) => {
    if (url === "/play/demo.json") response.end(text);
    else response.writeHead(404).end();
  });
  const loaded = await asked("demo.json", `${root}play/`);
  const base = new URL("play/demo.json", root);
  expect(loaded).toEqual({ setup: parseSetup(text), text, base, isFetched: true });
  await expect(asked("other.json", root)).rejects.toThrow(
    failure("not-found", `There is no set-up at ${root}other.json.`),
  );
});

test("what is no address to fetch from", async () => {
  for (const from of [
    "javascript:alert(1)",
    "data:,{}",
    "file:///x",
    "https://",
    "https://u:p@a.example/",
  ]) {
    await expect(asked(from), from).rejects.toThrow(
      failure("invalid-input", "The address of the set-up is none that a page can fetch."),
    );
  }
});

test("an address that asks for two things", async () => {
  const fragment = await packSetup("{}");
  await expect(loadSetup(new URL(`?setup=a${fragment}`, PAGE), PAGE)).rejects.toThrow(
    failure("invalid-input", "This address asks for two set-ups."),
  );
  await expect(loadSetup(new URL(`?image=tiny${fragment}`, PAGE), PAGE)).rejects.toThrow(
    failure("invalid-input", "This address asks for a set-up and an image."),
  );
});

test("servers that fail, are not there, or never end", async () => {
  const root = await serve(({ url }, response) => {
    if (url === "/broken") response.writeHead(503).end();
    else {
      const more = () => {
        while (response.write(Buffer.alloc(65_536, " "))) {}
      };
      response.on("drain", more);
      more();
    }
  });
  await expect(asked(`${root}broken`)).rejects.toThrow(
    failure("unreachable", `The set-up at ${root}broken could not be fetched: HTTP 503.`),
  );
  await expect(asked(`${root}endless`)).rejects.toThrow(
    failure(
      "invalid-input",
      `What is at ${root}endless is larger than ${SETUP_BYTES} bytes, which no set-up is.`,
    ),
  );
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  await expect(asked(root)).rejects.toThrow(
    failure("unreachable", `The set-up at ${root} could not be reached.`),
  );
});

const filesOf = (files: unknown, base: string) =>
  fetchFiles({ setup: parseSetup(JSON.stringify({ files })), base: new URL(base) });

test("files from the document and from elsewhere, in their order", async () => {
  const root = await serve(({ url }, response) => response.end(`served ${url}`));
  const documents = {
    "/a": { url: "a?b" },
    "/b": "text",
    "/c": { url: "/c", mode: "755" },
    "/d": { base64: "AP8=" },
    "/e": { url: "e" },
    "/f": { url: "f" },
  };
  const files = await filesOf(documents, `${root}x/tabnix.json`);
  const told = files.map(async ({ path, content, mode }) => [path, await content.text(), mode]);
  expect(await Promise.all(told)).toEqual([
    ["/a", "served /x/a?b", undefined],
    ["/b", "text", undefined],
    ["/c", "served /c", 0o755],
    ["/d", "\0\ufffd", undefined],
    ["/e", "served /x/e", undefined],
    ["/f", "served /x/f", undefined],
  ]);
});

test("files that are not there, or more than a set-up may have together", async () => {
  const root = await serve(({ url }, response) => {
    if (url === "/gone") response.writeHead(404).end();
    else response.end(Buffer.alloc(SETUP_FETCHED_BYTES / 2 + 1));
  });
  await expect(filesOf({ "/a": { url: "gone" } }, root)).rejects.toThrow(
    failure("unreachable", `${root}gone, which is to be /a, could not be fetched: HTTP 404.`),
  );
  await expect(filesOf({ "/a": { url: "1" }, "/b": { url: "2" } }, root)).rejects.toThrow(
    failure(
      "full",
      `The files that the set-up fetches are larger than ${SETUP_FETCHED_BYTES} bytes in all.`,
    ),
  );
});

test("files are written with their folders and permissions, over what is there or beside it", async () => {
  const { files, told } = setUp();
  await files.write("/root/old", new Blob(["old"]), { mode: 0o600 });
  const ready = await filesOf(
    {
      "/root/a/b/new": { content: "new", mode: "4755" },
      "/root/a/plain": "plain",
      "/root/old": "set-up's",
      "/etc/one": "1",
      "/etc/two": "2",
    },
    PAGE,
  );
  const look = async (path: string) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of files.read(path)) pieces.push(piece);
    const { mode } = await files.status(path);
    return [pieces.map(textOf).join(""), mode.toString(8)];
  };
  await writeFiles(files, ready, { replace: false });
  expect(await look("/root/a/b/new")).toEqual(["new", "4755"]);
  expect(await look("/root/a/plain")).toEqual(["plain", "644"]);
  expect(await look("/root/old")).toEqual(["old", "600"]);
  // Outside of the live folders the guest has a cache: it is told once, not for each file.
  expect(told).toEqual(["forget"]);
  await writeFiles(files, ready, { replace: true });
  expect(await look("/root/old")).toEqual(["set-up's", "600"]);
  await expect(
    writeFiles(files, await filesOf({ "/root/old/x": "" }, PAGE), { replace: true }),
  ).rejects.toThrow(
    failure("invalid-input", "/root/old/x is not a folder, or leads through a file."),
  );
});
