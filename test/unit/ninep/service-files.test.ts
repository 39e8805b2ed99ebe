/** The file of a mount that is a conversation: as the guest's kernel uses it for an agent. */
import { beforeEach, expect, test } from "vitest";
import type { Eventually } from "../../../workers/kernel/filesystem/contents.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { open, request, setattr } from "../../../workers/kernel/ninep/protocol.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import { type Channel, ServiceFiles } from "../../../workers/kernel/ninep/service-files.ts";
import { CHANNEL_READ_BYTES } from "../../../workers/shared/limits.ts";
import { NinepClient } from "./client.ts";

const text = (value: string) => new TextEncoder().encode(value);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Says what it is told to, and remembers what it hears. */
class Told implements Channel {
  heard = "";
  isClosed = false;
  private said = "";
  private wake = () => {};

  say(words: string): void {
    this.said += words;
    this.wake();
  }

  ready(): Eventually<void> {
    if (this.said !== "") return;
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  take(most: number): Uint8Array {
    const taken = this.said.slice(0, most);
    this.said = this.said.slice(most);
    return text(taken);
  }

  write(bytes: Uint8Array): void {
    this.heard += textOf(bytes);
  }

  close(): void {
    this.isClosed = true;
  }
}

let channels: Told[];
let server: NinepServer;
let client: NinepClient;

beforeEach(async () => {
  channels = [];
  server = new NinepServer(new FileSystem());
  const service = new ServiceFiles(() => {
    const channel = new Told();
    channels.push(channel);
    return channel;
  });
  client = await new NinepClient(server.session({ qidVersion: "zero", service })).attach();
});

async function opened() {
  const fid = await client.walk(".tabnix/clone");
  await client.open(fid, open.readWrite);
  return { fid, channel: channels.at(-1) as Told };
}

function read(fid: number, count: number) {
  return client.send(request.read, (w) => {
    w.u32(fid);
    w.u64(0);
    w.u32(count);
  });
}

test("each open is a conversation of its own, until the file is closed", async () => {
  const [one, other] = [await opened(), await opened()];
  await client.write(one.fid, 0, text("to one"));
  await client.write(other.fid, 500, text("to the other"));
  expect(channels.map(({ heard }) => heard)).toEqual(["to one", "to the other"]);
  one.channel.say("from one");
  expect(textOf(await client.read(one.fid, 1000, CHANNEL_READ_BYTES))).toBe("from one");
  await client.clunk(one.fid);
  expect(channels.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  client.session.close();
  expect(other.channel.isClosed).toBe(true);
});

test("a whole read waits, the rest of one does not", async () => {
  const { fid, channel } = await opened();
  expect(await client.read(fid, 0, CHANNEL_READ_BYTES - 1)).toHaveLength(0);
  const reading = client.read(fid, 0, CHANNEL_READ_BYTES);
  channel.say("later");
  expect(textOf(await reading)).toBe("later");
});

test("an interrupted read loses nothing", async () => {
  const { fid, channel } = await opened();
  const interrupted = read(fid, CHANNEL_READ_BYTES);
  await Promise.all([
    expect(interrupted.reply).rejects.toThrow("EINTR"),
    client.call(request.flush, (w) => w.u16(interrupted.tag)),
  ]);
  channel.say("kept");
  expect(textOf(await client.read(fid, 0, CHANNEL_READ_BYTES))).toBe("kept");
});

test("it is a file that seems endless, and that nobody changes", async () => {
  const fid = await client.walk(".tabnix/clone");
  expect(await client.getattr(fid)).toMatchObject({ mode: 0o100600, size: 2 ** 40, nlink: 1 });
  await expect(client.setattr(fid, setattr.size, { size: 0 })).rejects.toThrow("EPERM");
  await expect(client.xattrcreate(fid, "user.x", 1, 0)).rejects.toThrow("EPERM");
  const link = client.call(request.link, (w) => {
    w.u32(0);
    w.u32(fid);
    w.string16("another");
  });
  await expect(link).rejects.toThrow("EPERM");
  const folder = await client.walk(".tabnix");
  await expect(client.create(folder, "new", open.readWrite, 0o644)).rejects.toThrow("ENOTDIR");
  await expect(client.walk(".tabnix/other")).rejects.toThrow("ENOENT");
  const root = await client.walk("");
  await client.open(root, open.readOnly);
  expect(await client.list(root)).not.toContainEqual(expect.objectContaining({ name: ".tabnix" }));
});

test("a mount without service files has none", async () => {
  const plain = await new NinepClient(server.session({ qidVersion: "changing" })).attach();
  await expect(plain.walk(".tabnix/clone")).rejects.toThrow("ENOENT");
});
