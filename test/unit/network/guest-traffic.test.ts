/** Connections of a real guest, out and in, with real sockets of this computer at their other end. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import type { Egress } from "../../../workers/kernel/network/egress/egress.ts";
import { Network } from "../../../workers/kernel/network/network.ts";
import { type ByteStream, NetworkError } from "../../../workers/shared/byte-stream.ts";
import { networkedGuest } from "./networked-guest.ts";
import { connectTo, listen } from "./support/sockets.ts";

const TIMEOUT_MS = 120_000;
const MEGABYTE = 1024 * 1024;
/** A public address; the egress of these tests takes it for this computer. */
const OUTSIDE = "198.51.100.7";

let guest: Guest;
let network: Network;
let noWayOut = 0;
/** Gives the guest a frame, once it has sent one. */
let deliver: (frame: Uint8Array) => void = () => {};

const egress: Egress = {
  connect: async (host, port) => {
    if (host !== OUTSIDE) throw new NetworkError("EHOSTUNREACH", `no way to ${host}`);
    return connectTo(port);
  },
  openUdp: () => {
    throw new Error("not used");
  },
  openResolver: () => {
    throw new Error("not used");
  },
};

beforeAll(async () => {
  network = new Network({
    hostname: "traveller",
    transmit: (frame) => deliver(frame),
    onNoWayOut: () => noWayOut++,
  });
  const receive = (frame: Uint8Array, reply: (frame: Uint8Array) => void) => {
    // As between workers: never while the guest is still sending.
    deliver = (answer) => void setImmediate(reply, answer);
    network.receive(frame);
  };
  guest = await networkedGuest({ receive }, { hostname: "traveller" });
  await guest.run("until ip addr show eth0 | grep -q 'inet '; do sleep 0.1; done");
}, TIMEOUT_MS);

afterAll(() => guest.machine.destroy());

/** Bytes that tell where they belong. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7) & 255);
}

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

async function readAll(stream: ByteStream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let bytes = await stream.read(); bytes; bytes = await stream.read()) parts.push(bytes);
  return Buffer.concat(parts);
}

describe("out of the guest", () => {
  test("two megabytes come and two go at once, byte for byte", {
    timeout: TIMEOUT_MS,
  }, async () => {
    network.egress = egress;
    const bytes = pattern(2 * MEGABYTE);
    const received: Buffer[] = [];
    const { server, port } = await listen((socket) => {
      socket.on("data", (data: Buffer) => received.push(data));
      socket.end(bytes);
    });
    const { output } = await guest.run(
      `head -c ${2 * MEGABYTE} /dev/zero | tr '\\0' x > /tmp/up; nc ${OUTSIDE} ${port} < /tmp/up | md5sum`,
    );
    server.close();
    expect(output).toBe(`${md5(bytes)}  -\n`);
    expect(Buffer.concat(received).equals(Buffer.alloc(2 * MEGABYTE, "x"))).toBe(true);
  });

  test("fails as it fails outside", { timeout: TIMEOUT_MS }, async () => {
    network.egress = egress;
    const { server, port } = await listen(() => {});
    server.close();
    const refused = await guest.run(`nc ${OUTSIDE} ${port} < /dev/null`);
    expect(refused).toEqual({ status: 1, output: expect.stringContaining("Connection refused") });
    const nobody = await guest.run("nc 198.51.100.8 80 < /dev/null");
    expect(nobody).toEqual({ status: 1, output: expect.stringContaining("No route to host") });
    const inside = await guest.run("nc 10.86.77.1 80 < /dev/null");
    expect(inside).toEqual({ status: 1, output: expect.stringContaining("host") });
  });

  test("fails at once without a way out, which is told", { timeout: TIMEOUT_MS }, async () => {
    network.egress = undefined;
    noWayOut = 0;
    const { status, output } = await guest.run(`nc ${OUTSIDE} 80 < /dev/null`);
    expect([status, output]).toEqual([1, expect.stringContaining("Network is unreachable")]);
    expect(noWayOut).toBe(1);
    const name = await guest.run("nc example.com 80 < /dev/null");
    expect(name).toEqual({ status: 1, output: expect.stringContaining("bad address") });
  });
});

describe("into the guest", () => {
  test("a server for its own machine is reached, and its file comes whole", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { output } = await guest.run(
      "mkdir -p /tmp/www; head -c 1000000 /dev/urandom > /tmp/www/file; " +
        "httpd -p 127.0.0.1:8080 -h /tmp/www; md5sum < /tmp/www/file",
    );
    const stream = await network.connect(8080);
    await stream.write(new TextEncoder().encode("GET /file HTTP/1.0\r\n\r\n"));
    const answer = Buffer.from(await readAll(stream));
    const head = answer.indexOf("\r\n\r\n");
    expect(answer.subarray(0, head).toString()).toContain("200 OK");
    expect(`${md5(answer.subarray(head + 4))}  -\n`).toBe(output);
  });

  test("forty at once are served", { timeout: TIMEOUT_MS }, async () => {
    await guest.run("echo hello > /tmp/www/small");
    const answers = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const stream = await network.connect(8080);
        await stream.write(new TextEncoder().encode("GET /small HTTP/1.0\r\n\r\n"));
        return new TextDecoder().decode(await readAll(stream)).split("\r\n\r\n")[1];
      }),
    );
    expect(answers).toEqual(answers.map(() => "hello\n"));
  });

  test("a server at its address in the network alone is reached too", {
    timeout: TIMEOUT_MS,
  }, async () => {
    await guest.run("httpd -p 10.86.0.2:8081 -h /tmp/www");
    const stream = await network.connect(8081);
    await stream.write(new TextEncoder().encode("GET /small HTTP/1.0\r\n\r\n"));
    expect(new TextDecoder().decode(await readAll(stream))).toContain("hello");
  });

  test("nothing listens: refused", { timeout: TIMEOUT_MS }, async () => {
    await expect(network.connect(9999)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
