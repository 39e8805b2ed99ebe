/** The gateway's control port, with programs that do not keep to its protocol. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ControlService } from "../../../workers/kernel/network/control/control-service.ts";
import {
  encodeAnswer,
  parseRequest,
  RequestReader,
  ShareRefusal,
} from "../../../workers/kernel/network/control/protocol.ts";
import type { ShareFollower } from "../../../workers/kernel/network/shares.ts";
import { type ByteStream, NetworkError } from "../../../workers/shared/byte-stream.ts";
import {
  CONTROL_LINE_BYTES,
  CONTROL_REQUEST_MS,
  CONTROL_TEXT_CHARACTERS,
  MAX_CONTROL_CONNECTIONS,
} from "../../../workers/shared/limits.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A program of the guest, at its end of a connection. */
class Program implements ByteStream {
  /** What it was told. */
  heard = "";
  isAborted = false;
  isEnded = false;
  /** What the service's writes wait for. */
  room: Promise<void> = Promise.resolve();
  readonly #sent: (Uint8Array | undefined)[] = [];
  #wake = () => {};

  send(...pieces: (Uint8Array | string | undefined)[]): this {
    this.#sent.push(...pieces.map((it) => (typeof it === "string" ? bytes(it) : it)));
    this.#wake();
    return this;
  }

  /** Closes its end. */
  close(): void {
    this.send(undefined);
  }

  async read(): Promise<Uint8Array | undefined> {
    while (this.#sent.length === 0 && !this.isAborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.isAborted) throw new NetworkError("ECONNABORTED", "aborted");
    return this.#sent[0] === undefined ? undefined : this.#sent.shift();
  }

  async write(answer: Uint8Array): Promise<void> {
    await this.room;
    if (this.isAborted) throw new NetworkError("ECONNABORTED", "aborted");
    this.heard += new TextDecoder().decode(answer);
  }

  end(): void {
    this.isEnded = true;
  }

  abort(): void {
    this.isAborted = true;
    this.#wake();
  }
}

/** A service, what it has shared, and what it has ended. */
function makeService() {
  const clock = new VirtualClock();
  const asked: unknown[] = [];
  const followers: ShareFollower[] = [];
  let closed = 0;
  const service = new ControlService({
    clock,
    share: (request, follower) => {
      if (request.port === 1) throw new ShareRefusal("Not this one.");
      asked.push(request);
      followers.push(follower);
      return () => closed++;
    },
  });
  const serve = (program: Program) => clock.until(service.serve(program));
  return { clock, service, serve, asked, followers, closed: () => closed };
}

/** Lets everything that waits for nothing else happen. */
const turns = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("a request", () => {
  test("is a port, with or without a name", () => {
    expect(parseRequest("share 8080")).toEqual({ port: 8080 });
    expect(parseRequest("share 65535 my-site2")).toEqual({ port: 65_535, name: "my-site2" });
  });

  test.each([
    "",
    "share",
    "share ",
    "share 0",
    "share 080",
    "share 65536",
    "share 99999999999",
    "share -1",
    "share 80 ",
    "share 80 -a",
    "share 80 a-",
    "share 80 A",
    "share 80 a.b",
    "share 80 a b",
    `share 80 ${"a".repeat(64)}`,
    " share 80",
    "SHARE 80",
    "GET / HTTP/1.1",
    "share 80\r",
  ])("is not %j", (line) => {
    expect(() => parseRequest(line)).toThrow(ShareRefusal);
  });

  test("of any bytes is read or refused, however they are cut, and never held beyond its bound", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom("share 80", " ", "name", "\n", "\r\n", "\0", "é").map(bytes),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const reader = new RequestReader();
        let taken = 0;
        try {
          for (const part of pieces) {
            const line = reader.push(part);
            taken += part.length;
            if (line !== undefined) {
              const { port } = parseRequest(line);
              expect(line).toMatch(/^share \d+( [a-z0-9-]+)?$/);
              expect(port).toBeGreaterThan(0);
              return;
            }
            expect(taken).toBeLessThanOrEqual(CONTROL_LINE_BYTES);
          }
        } catch (error) {
          if (!(error instanceof ShareRefusal)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("an answer is one short line, whatever a relay says of itself", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (text) => {
      const line = new TextDecoder().decode(encodeAnswer({ word: "away", text }));
      expect(line.length).toBeLessThanOrEqual("away ".length + CONTROL_TEXT_CHARACTERS + 1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none
      expect(line).toMatch(/^away [^\u0000-\u001f\u007f-\u009f]*\n$/);
    }),
  );
});

describe("a connection", () => {
  test("shares as long as it lasts, and says how that stands", async () => {
    const { service, asked, followers, closed } = makeService();
    const program = new Program().send("sha", "re 8080 de", "mo\n");
    const served = service.serve(program);
    await turns();
    expect(asked).toEqual([{ port: 8080, name: "demo" }]);
    followers[0]?.online("http://demo.relay.example/");
    await turns();
    followers[0]?.away("It is gone.");
    await turns();
    expect(program.heard).toBe("public http://demo.relay.example/\naway It is gone.\n");
    expect(closed()).toBe(0);
    program.close();
    await served;
    expect([closed(), program.isEnded]).toEqual([1, true]);
  });

  test("that does not read what it is told makes nothing grow", async () => {
    const { service, followers } = makeService();
    const program = new Program().send("share 80\n");
    let give = () => {};
    program.room = new Promise((resolve) => {
      give = resolve;
    });
    const served = service.serve(program);
    await turns();
    for (let i = 0; i < 1000; i++) followers[0]?.online(`http://${i}/`);
    give();
    await turns();
    expect(program.heard).toBe("public http://0/\npublic http://999/\n");
    program.close();
    await served;
  });

  test.each([
    ["a refusal", "share 1\n", "error Not this one.\n"],
    [
      "another protocol",
      "GET / HTTP/1.1\r\n",
      "error The gateway takes a line like this: share 8080 name\n",
    ],
    [
      "a second request",
      "share 80\nshare 81\n",
      "error A connection to the gateway takes one request.\n",
    ],
  ])("with %s is told and ended", async (_what, sent, answer) => {
    const { serve, closed } = makeService();
    const program = new Program().send(sent);
    program.close();
    await serve(program);
    expect([program.heard, program.isEnded, closed()]).toEqual([answer, true, 0]);
  });

  test("with more behind a request loses its share", async () => {
    const { serve, closed } = makeService();
    const program = new Program().send("share 80\n", "more");
    program.close();
    await serve(program);
    expect([program.heard, closed()]).toEqual([
      "error A connection to the gateway takes one request.\n",
      1,
    ]);
  });

  test("whose share was ended is told, and broken when it does not go", async () => {
    const { service, clock, followers } = makeService();
    const program = new Program().send("share 80\n");
    const served = service.serve(program);
    await turns();
    followers[0]?.ended({ isFailure: false, text: "The page has ended it." });
    await clock.until(served);
    expect(program.heard).toBe("ended The page has ended it.\n");
    expect([program.isAborted, clock.now()]).toEqual([true, CONTROL_REQUEST_MS]);
  });

  test("that asks nothing is broken in time", async () => {
    const { serve, clock } = makeService();
    const program = new Program().send("share");
    await serve(program);
    expect([program.isAborted, clock.now()]).toEqual([true, CONTROL_REQUEST_MS]);
  });

  test("too many are too many", async () => {
    const { service } = makeService();
    const programs = Array.from({ length: MAX_CONTROL_CONNECTIONS }, () => new Program());
    const served = programs.map((program) => service.serve(program));
    expect(service.isFull).toBe(true);
    for (const program of programs) program.close();
    await Promise.all(served);
    expect(service.isFull).toBe(false);
  });

  test("of any bytes never fails, and leaves no share behind", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 })), async (pieces) => {
        const { serve, service, asked, closed } = makeService();
        const program = new Program().send(...pieces);
        program.close();
        await serve(program);
        expect(service.isFull).toBe(false);
        expect(closed()).toBe(asked.length);
      }),
      { numRuns: 200 },
    );
  });
});
