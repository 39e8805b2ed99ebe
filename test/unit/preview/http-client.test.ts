import { describe, expect, it } from "vitest";
import { HttpClient, type HttpResponse } from "../../../workers/kernel/network/http/http-client.ts";
import { HttpError } from "../../../workers/kernel/network/http/http-error.ts";
import type { HttpRequest } from "../../../workers/kernel/network/http/request-writer.ts";
import { Connections, sendBytes, serveHttp, serveRaw } from "./support/node-stream.ts";

const get: HttpRequest = { method: "GET", target: "/", fields: [["host", "localhost"]] };
const BIG = 100 * 1024 * 1024;

async function text({ body }: HttpResponse): Promise<string> {
  const parts: Uint8Array[] = [];
  for (let piece = await body.read(); piece; piece = await body.read()) parts.push(piece);
  return Buffer.concat(parts).toString("latin1");
}

function client() {
  const connections = new Connections();
  return { connections, http: new HttpClient(connections.connect) };
}

describe("against Node's server", () => {
  it("keeps a connection for the next request", async () => {
    const port = await serveHttp((request, response) => response.end(`hello ${request.url}`));
    const { http, connections } = client();
    for (const target of ["/a", "/b?c"]) {
      expect(await text(await http.request(port, { ...get, target }))).toBe(`hello ${target}`);
    }
    expect(connections.count).toBe(1);
  });

  it("asks again on a new connection when the kept one has just been closed", async () => {
    let answered = 0;
    const port = await serveRaw((socket) => {
      socket.on("data", () => {
        answered += 1;
        if (answered === 2) return socket.destroy();
        return socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });
    const { http, connections } = client();
    expect(await text(await http.request(port, get))).toBe("ok");
    expect(await text(await http.request(port, get))).toBe("ok");
    expect([answered, connections.count]).toEqual([3, 2]);
  });

  it("reads chunks, HEAD, 204, 304 and ranges", async () => {
    const port = await serveHttp((request, response) => {
      if (request.url === "/chunked") {
        response.write("one ");
        response.addTrailers({ "x-sum": "1" });
        response.end("two");
      } else if (request.url === "/range") {
        response.writeHead(206, { "content-range": "bytes 1-2/4", "content-length": 2 });
        response.end("bc");
      } else if (request.url === "/length") {
        response.writeHead(200, { "content-length": 10 });
        response.end("0123456789");
      } else {
        response.writeHead(Number(request.url?.slice(1)));
        response.end();
      }
    });
    const { http, connections } = client();
    const ask = async (method: string, target: string) => {
      const response = await http.request(port, { ...get, method, target });
      return [response.head.status, await text(response)];
    };
    expect(await ask("GET", "/chunked")).toEqual([200, "one two"]);
    expect(await ask("GET", "/range")).toEqual([206, "bc"]);
    expect(await ask("HEAD", "/length")).toEqual([200, ""]);
    expect(await ask("GET", "/204")).toEqual([204, ""]);
    expect(await ask("GET", "/304")).toEqual([304, ""]);
    expect(connections.count).toBe(1);
  });

  it("streams 100 MB down, and holds none of it while nobody reads", async () => {
    const port = await serveHttp((_, response) => void sendBytes(response, BIG));
    const { http, connections } = client();
    const { body } = await http.request(port, get);
    await body.read();
    const [socket] = connections.open;
    let length = 0;
    let most = 0;
    for (let piece = await body.read(); piece; piece = await body.read()) {
      length += piece.length;
      most = Math.max(most, socket!.readableLength);
    }
    expect(length).toBeGreaterThan(BIG - 70_000);
    expect(most).toBeLessThan(1024 * 1024);
  });

  it.each([BIG, undefined])("streams 100 MB up, with length %s", async (length) => {
    const port = await serveHttp(async (request, response) => {
      let got = 0;
      for await (const piece of request) got += piece.length;
      response.end(`${got} ${request.headers["content-length"]}`);
    });
    const { http } = client();
    async function* pieces() {
      for (let left = BIG; left > 0; left -= 65_536) yield new Uint8Array(65_536);
    }
    const body = { pieces: pieces(), ...(length === undefined ? {} : { length }) };
    const response = await http.request(port, { ...get, method: "POST", body });
    expect(await text(response)).toBe(`${BIG} ${length}`);
  });

  it("gives an early refusal of an upload", async () => {
    const port = await serveHttp((_, response) => {
      response.writeHead(413, { connection: "close" });
      response.end("no");
    });
    async function* pieces() {
      for (;;) yield new Uint8Array(65_536);
    }
    const { http } = client();
    const response = await http.request(port, {
      ...get,
      method: "PUT",
      body: { pieces: pieces() },
    });
    expect([response.head.status, await text(response)]).toEqual([413, "no"]);
  });

  it("takes large heads, and many requests at the same time", async () => {
    const port = await serveHttp((_, response) => {
      response.setHeader("x-large", "v".repeat(100_000));
      response.end("ok");
    });
    const { http, connections } = client();
    const all = Array.from({ length: 60 }, () => http.request(port, get).then(text));
    expect(new Set(await Promise.all(all))).toEqual(new Set(["ok"]));
    expect(connections.count).toBeLessThanOrEqual(16);
  });

  it("lets a reader stop, which breaks the connection", async () => {
    const port = await serveHttp((_, response) => void response.write("forever"));
    const { http, connections } = client();
    const stop = new AbortController();
    const { body } = await http.request(port, get, stop.signal);
    await body.read();
    const reading = body.read();
    stop.abort();
    await expect(reading).rejects.toMatchObject({ code: "cancelled" });
    await expect.poll(() => connections.open.size).toBe(0);
  });
});

describe("against servers that misbehave", () => {
  const answers = (bytes: string) =>
    serveRaw((socket) => {
      socket.once("data", () => socket.end(Buffer.from(bytes, "latin1")));
    });
  const codeOf = async (bytes: string) => {
    const { http, connections } = client();
    const port = await answers(bytes);
    const code = await http
      .request(port, get)
      .then(
        (response) => text(response),
        (error) => error.code,
      )
      .catch((error) => {
        expect(error).toBeInstanceOf(HttpError);
        return error.code;
      });
    await expect.poll(() => connections.open.size).toBe(0);
    return code;
  };
  const ok = "HTTP/1.1 200 OK\r\n";

  it.each([
    ["nothing", "", "incomplete"],
    ["garbage", "SSH-2.0-OpenSSH_9.2\r\n", "malformed"],
    ["another version", "HTTP/2 200 OK\r\n\r\n", "malformed"],
    ["half a head", "HTTP/1.1 200 OK\r\nContent-", "incomplete"],
    ["endless fields", ok + "x: y\r\n".repeat(5000), "too-large"],
    ["one endless field", `${ok}x: ${"y".repeat(300_000)}`, "too-large"],
    ["endless interim responses", "HTTP/1.1 102 P\r\n\r\n".repeat(100), "too-large"],
    ["less than announced", `${ok}Content-Length: 10\r\n\r\nabc`, "incomplete"],
    ["two lengths", `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, "malformed"],
    ["a length in words", `${ok}Content-Length: +2\r\n\r\nab`, "malformed"],
    ["a field without a name", `${ok}: x\r\n\r\n`, "malformed"],
    ["a line that is no field", `${ok}hello\r\n\r\n`, "malformed"],
    ["a fold before any field", `${ok} x\r\n\r\n`, "malformed"],
    ["a CR within a line", `${ok}a: b\rc: d\r\n\r\n`, "malformed"],
    ["a NUL", `${ok}a: b\0\r\n\r\n`, "malformed"],
    ["an unknown transfer coding", `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`, "unsupported"],
    ["a chunk without a size", `${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, "malformed"],
    ["a negative chunk", `${ok}Transfer-Encoding: chunked\r\n\r\n-1\r\n`, "malformed"],
    [
      "a chunk that is too long",
      `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n`,
      "malformed",
    ],
    ["chunks without an end", `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`, "incomplete"],
  ])("refuses %s", async (_, bytes, code) => {
    expect(await codeOf(bytes)).toBe(code);
  });

  it.each([
    ["bare line feeds", "HTTP/1.0 200\nContent-Length: 2\n\nok"],
    ["an interim response", `HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${ok}\r\nok`],
    ["the same length twice", `${ok}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`],
    ["a folded field", `${ok}a: b\r\n  c\r\ncontent-length: 2\r\n\r\nok`],
    ["space before a colon", `${ok}content-length : 2\r\n\r\nok`],
    [
      "chunks rather than the length",
      `${ok}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\n\r\n`,
    ],
    ["everything until the end", `${ok}\r\nok`],
  ])("takes %s", async (_, bytes) => {
    expect(await codeOf(bytes)).toBe("ok");
  });

  it("gives up on one that says nothing, or too little at a time", async () => {
    const connections = new Connections();
    const silent = await serveRaw(() => {});
    const http = new HttpClient(connections.connect, { headIdleMs: 30, headMs: 200 });
    await expect(http.request(silent, get)).rejects.toMatchObject({ code: "timed-out" });
    const slow = await serveRaw((socket) => {
      const drip = setInterval(() => socket.write("H"), 10);
      socket.on("close", () => clearInterval(drip));
    });
    await expect(http.request(slow, get)).rejects.toMatchObject({ code: "timed-out" });
    await expect.poll(() => connections.open.size).toBe(0);
  });

  it("tells of a port where nothing listens", async () => {
    const { http } = client();
    await expect(http.request(1, get)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
