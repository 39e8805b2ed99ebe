import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { makeResolver } from "../../../relay/egress/resolver.ts";
import { startClient, startRelay, until } from "./support.ts";

const QR = 0x80;
const NAME_ERROR = 3;

/** A little name server: what each name's A and AAAA records are, and every question it was asked. */
async function nameServer(table: Record<string, string[]>) {
  const questions: Buffer[] = [];
  const server = createSocket("udp4");
  onTestFinished(() => void server.close());
  server.on("message", (question, from) => {
    questions.push(question);
    server.send(reply(question, table), from.port, from.address);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, questions };
}

function reply(question: Buffer, table: Record<string, string[]>): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at++] ?? 0; length > 0; length = question[at++] ?? 0) {
    labels.push(question.toString("latin1", at, at + length));
    at += length;
  }
  const addresses = table[labels.join(".").toLowerCase()];
  const answers = question.readUInt16BE(at) === 1 ? (addresses ?? []) : [];
  const head = Buffer.from(question.subarray(0, at + 4));
  head[2] = (head[2] ?? 0) | QR;
  head[3] = addresses ? 0 : NAME_ERROR;
  head.writeUInt16BE(answers.length, 6);
  head.fill(0, 8, 12);
  const records = answers.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)]),
  );
  return Buffer.concat([head, ...records]);
}

/** A question for A records. */
function ask(id: number, name: string, type = 1): Buffer {
  const labels = name.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([
    Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...labels,
    Buffer.from([0, 0, type, 0, 1]),
  ]);
}

test("names are looked up at the given server, and what it does not know does not exist", async () => {
  const server = await nameServer({ "site.example": ["93.184.216.34", "93.184.216.35"] });
  const resolve = makeResolver(5000, [server.address]);
  expect((await resolve("site.example")).toSorted()).toEqual(["93.184.216.34", "93.184.216.35"]);
  await expect(resolve("nowhere.example")).rejects.toMatchObject({ reason: 0x42 });
});

test("a server whose answer changes is not asked twice", async () => {
  const table = { "rebind.example": ["10.0.0.1"] };
  const server = await nameServer(table);
  const relay = await startRelay({
    nameServers: [server.address],
    resolve: makeResolver(5000, [server.address]),
  });
  await expect(startClient(relay).connect("rebind.example", 80)).rejects.toMatchObject({
    code: "EACCES",
  });
  // One question for IPv6 and one for IPv4.
  expect(server.questions.length).toBe(2);
});

test("the relay's resolver answers the guest's questions", async () => {
  const server = await nameServer({ "site.example": ["93.184.216.34"] });
  const relay = await startRelay({ nameServers: [server.address] });
  const stream = startClient(relay).openResolver();
  const answers: Buffer[] = [];
  stream.onMessage = (bytes) => answers.push(Buffer.from(bytes));
  stream.send(ask(0x1234, "site.example"));
  stream.send(ask(0x4321, "nowhere.example"));
  await until(() => answers.length === 2);
  const [found, unknown] = answers.toSorted((a, b) => a.readUInt16BE(0) - b.readUInt16BE(0));
  expect(found?.readUInt16BE(0)).toBe(0x1234);
  expect(found?.subarray(-4)).toEqual(Buffer.from([93, 184, 216, 34]));
  expect(unknown?.readUInt16BE(0)).toBe(0x4321);
  expect((unknown?.[3] ?? 0) & 0x0f).toBe(NAME_ERROR);
});

test("only plain questions are passed on", async () => {
  const server = await nameServer({ "site.example": ["93.184.216.34"] });
  const relay = await startRelay({ nameServers: [server.address] });
  const stream = startClient(relay).openResolver();
  const answers: Uint8Array[] = [];
  stream.onMessage = (bytes) => answers.push(bytes);
  const update = ask(1, "site.example");
  update[2] = 5 << 3;
  const two = ask(2, "site.example");
  two[5] = 2;
  const isAnswer = ask(3, "site.example");
  isAnswer[2] = QR;
  const transfer = ask(4, "site.example", 252);
  const short = ask(5, "site.example").subarray(0, 20);
  for (const bytes of [update, two, isAnswer, transfer, short, new Uint8Array(5000)]) {
    stream.send(bytes);
  }
  stream.send(ask(6, "site.example"));
  await until(() => answers.length > 0);
  expect(answers.length).toBe(1);
  expect(server.questions.length).toBe(1);
  expect(relay.metrics.value("dns_queries_total", 'result="dropped"')).toBe(6);
});
