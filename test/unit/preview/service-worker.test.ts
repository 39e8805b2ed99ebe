import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { FakeSite, SCOPE, SITE } from "./support/harness.ts";
import { sendBytes, serveHttp, serveRaw } from "./support/node-stream.ts";

const BIG = 100 * 1024 * 1024;
const HTML = "<!doctype html><title>t</title>";

describe("requests of a preview", () => {
  it("reach the server as from its own address, and come back isolated", async () => {
    let seen: unknown;
    const port = await serveHttp((request, response) => {
      seen = [
        request.method,
        request.url,
        request.headers.host,
        request.headers.origin,
        request.headers.referer,
        request.headers.cookie,
      ];
      response.setHeader("x-own", "kept");
      response.setHeader("Clear-Site-Data", "*");
      response.setHeader("Cross-Origin-Opener-Policy", "unsafe-none");
      response.end("hi");
    });
    const site = new FakeSite();
    const page = `${SCOPE}preview/base/${port}/form?x`;
    const response = await site.fetch(`preview/base/${port}/a%20b?c=d`, {
      method: "POST",
      body: "x",
      page,
    });
    expect(await response!.text()).toBe("hi");
    const own = `http://localhost:${port}`;
    expect(seen).toEqual([
      "POST",
      "/a%20b?c=d",
      `localhost:${port}`,
      own,
      `${own}/form?x`,
      undefined,
    ]);
    const { headers } = response!;
    expect(headers.get("x-own")).toBe("kept");
    expect(headers.get("clear-site-data")).toBeNull();
    expect(headers.get("cross-origin-opener-policy")).toBe("noopener-allow-popups");
    expect(headers.get("cross-origin-embedder-policy")).toBe("credentialless");
    expect(headers.get("document-isolation-policy")).toBe("isolate-and-credentialless");
  });

  it("are those of its page too when they name no preview", async () => {
    const port = await serveHttp((request, response) => response.end(request.url));
    const site = new FakeSite();
    site.clients.set("page", `${SCOPE}preview/base/${port}/`);
    const body = async (url: string, init = {}) =>
      (await site.fetch(url, { client: "page", ...init }))!.text();
    expect(await body(`${SITE}/static/x.css`)).toBe("/static/x.css");
    expect(await body(`http://localhost:${port}/api?y`)).toBe("/api?y");
    const redirected = await site.fetch(`${SITE}/app/next?z`, {
      navigate: true,
      page: `${SCOPE}preview/base/${port}/`,
    });
    expect(redirected!.headers.get("location")).toBe(`/app/preview/base/${port}/app/next?z`);
    const bare = await site.fetch(`preview/base/${port}`, { navigate: true });
    expect(bare!.headers.get("location")).toBe(`/app/preview/base/${port}/`);
  });

  it("are all that the worker answers", async () => {
    const site = new FakeSite();
    expect(site.fetch(`${SCOPE}`, { navigate: true })).toBeUndefined();
    expect(site.fetch("https://elsewhere.example/x", { client: "app" })).toBeUndefined();
    // The first request of a page has to be looked up; from then on it is left alone.
    site.fetch("data.json", { client: "app" })?.catch(() => {});
    await expect.poll(() => site.fetch("data.json", { client: "app" })).toBeUndefined();
  });

  it("get redirects that stay in the preview", async () => {
    const port = await serveHttp((request, response) => {
      response.writeHead(302, { location: decodeURIComponent(request.url!.slice(1)) }).end();
    });
    const site = new FakeSite();
    const to = async (location: string) =>
      (await site.fetch(`preview/base/${port}/${encodeURIComponent(location)}`))!.headers.get(
        "location",
      );
    expect(await to("/login")).toBe(`/app/preview/base/${port}/login`);
    expect(await to(`http://127.0.0.1:9000/x`)).toBe("/app/preview/base/9000/x");
    expect(await to(`http://localhost:${port}/?a#b`)).toBe(`/app/preview/base/${port}/?a#b`);
    expect(await to("https://debian.org/")).toBe("https://debian.org/");
  });

  it("stream 100 MB both ways", async () => {
    const port = await serveHttp(async (request, response) => {
      if (request.method === "GET") return sendBytes(response, BIG);
      let got = 0;
      for await (const piece of request) got += piece.length;
      response.end(`${got} of ${request.headers["content-length"]}`);
      return undefined;
    });
    const site = new FakeSite();
    const download = await site.fetch(`preview/base/${port}/`);
    let length = 0;
    for await (const piece of download!.body!) length += piece.length;
    expect(length).toBe(BIG);
    const upload = await site.fetch(`preview/base/${port}/`, {
      method: "PUT",
      body: new Blob([new Uint8Array(BIG)]),
    });
    expect(await upload!.text()).toBe(`${BIG} of ${BIG}`);
  });

  it("hold back a server whose download nobody reads, and end it when it is left", async () => {
    let sent = 0;
    const port = await serveHttp((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(new Uint8Array(65_536))) sent += 65_536;
      };
      response.on("drain", more);
      more();
    });
    const site = new FakeSite();
    const reader = (await site.fetch(`preview/base/${port}/`))!.body!.getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => site.connections.open.size).toBe(0);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    expect(site.gateway.busy).toBe(0);
  });

  it("see events of the server one by one, and survive the worker's end", async () => {
    const port = await serveHttp((request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${request.url}\n\n`);
    });
    const site = new FakeSite();
    const first = async () => {
      const reader = (await site.fetch(`preview/base/${port}/e`))!.body!.getReader();
      return new TextDecoder().decode((await reader.read()).value);
    };
    expect(await first()).toBe("data: /e\n\n");
    site.killWorker();
    expect(await first()).toBe("data: /e\n\n");
    expect(site.asked).toBe(2);
    // What the old worker had asked for is given up.
    await expect.poll(() => site.gateway.busy).toBe(1);
  });

  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
  ])("are unpacked from %s", async (coding, pack) => {
    const port = await serveHttp((_, response) => {
      response.writeHead(200, { "content-encoding": coding, "content-type": "text/html" });
      response.end(pack(HTML));
    });
    const site = new FakeSite();
    const response = await site.fetch(`preview/base/${port}/`, { navigate: true });
    expect(response!.headers.get("content-encoding")).toBeNull();
    expect(await response!.text()).toMatch(
      /^<!doctype html><script src="\/app\/preview\/\.shim\/base\/\d+" nonce="[^"]+"><\/script><title>t/,
    );
  });

  it("keep HEAD, ranges and not modified as they are", async () => {
    const port = await serveHttp((request, response) => {
      const headers = { "content-length": 5, "content-range": "bytes 0-4/9", etag: "x" };
      const status = request.headers["if-none-match"] ? 304 : request.headers.range ? 206 : 200;
      response.writeHead(status, headers).end(status === 304 ? undefined : "hello");
    });
    const site = new FakeSite();
    const ask = async (init: RequestInit) => {
      const response = await site.fetch(`preview/base/${port}/`, init);
      return [response!.status, response!.headers.get("content-length"), await response!.text()];
    };
    expect(await ask({ method: "HEAD" })).toEqual([200, "5", ""]);
    expect(await ask({ headers: { range: "bytes=0-4" } })).toEqual([206, "5", "hello"]);
    expect(await ask({ headers: { "if-none-match": "x" } })).toEqual([304, "5", ""]);
  });

  it("have cookies that only their server's requests and pages get", async () => {
    const port = await serveHttp((request, response) => {
      response.setHeader("Set-Cookie", ["secret=1; HttpOnly", "seen=2; Path=/"]);
      response.end(request.headers.cookie ?? "none");
    });
    const site = new FakeSite();
    const page = `${SCOPE}preview/base/${port}/`;
    site.clients.set("page", page);
    const ask = async () => (await site.fetch(`preview/base/${port}/`, { client: "page" }))!;
    const first = await ask();
    expect([await first.text(), first.headers.get("set-cookie")]).toEqual(["none", null]);
    expect(site.told).toEqual([["page", { type: "tabnix-preview-cookies", cookies: "seen=2" }]]);
    site.killWorker();
    expect(await (await ask()).text()).toBe("secret=1; seen=2");
    const shim = await site.fetch(`preview/.shim/base/${port}`, { page });
    expect(await shim!.text()).toContain('"cookies":"seen=2"');
    const reply = new Promise((resolve) => {
      const data = {
        type: "tabnix-preview-cookie",
        path: "/",
        cookie: "own=3; path=/",
        sequence: 1,
      };
      void site.worker.handleMessage({ data, url: page, id: "page", ports: [], reply: resolve });
    });
    expect(await reply).toMatchObject({ cookies: "seen=2; own=3", sequence: 1 });
  });
});

describe("what goes wrong", () => {
  const page = async (site: FakeSite, url: string) => {
    const response = await site.fetch(url, { navigate: true });
    return [response!.status, await response!.text()] as const;
  };

  it("is told as a page with the status of a gateway", async () => {
    const site = new FakeSite();
    const [status, text] = await page(site, "preview/base/1/");
    expect([status, text]).toEqual([502, expect.stringContaining("Nothing listens on port 1")]);
    const nonsense = await serveRaw((socket) => socket.end("<script>alert(1)</script>\n\n"));
    expect(await page(site, `preview/base/${nonsense}/`)).toEqual([
      502,
      expect.stringContaining("not a proper HTTP answer"),
    ]);
    const closes = await serveRaw((socket) => void socket.once("data", () => socket.destroy()));
    expect(await page(site, `preview/base/${closes}/`)).toEqual([
      502,
      expect.stringContaining("too early"),
    ]);
    const brotli = await serveHttp((_, response) =>
      response.writeHead(200, { "content-encoding": "br" }).end("x"),
    );
    expect(await page(site, `preview/base/${brotli}/`)).toEqual([
      502,
      expect.stringContaining("“br”"),
    ]);
  });

  it("ends answers of a machine whose page is gone, and finds another that runs it", async () => {
    const port = await serveHttp((_, response) => void response.write("begin"));
    const site = new FakeSite();
    const reader = (await site.fetch(`preview/base/${port}/`))!.body!.getReader();
    await reader.read();
    const ended = reader.read();
    site.clients.delete("app");
    site.clients.set("other", `${SCOPE}?image=base`);
    await expect(ended).rejects.toThrow("gone");
    const again = (await site.fetch(`preview/base/${port}/`))!.body!.getReader();
    expect(site.asked).toBe(2);
    const restarted = again.read().then(() => again.read());
    const data = { type: "tabnix-preview-gone" };
    await expect.poll(() => site.gateway.busy).toBe(1);
    await site.worker.handleMessage({ data, url: SCOPE, id: "other", ports: [], reply: () => {} });
    await expect(restarted).rejects.toThrow("gone");
  });

  it("is told of a machine that does not run, or not yet", async () => {
    const site = new FakeSite();
    expect(await page(site, "preview/other/8080/")).toEqual([
      503,
      expect.stringContaining('href="/app/?image=other"'),
    ]);
    expect(await page(site, "preview/slow/8080/")).toEqual([
      503,
      expect.stringContaining("is starting"),
    ]);
    expect(await page(site, "preview/%22%3E%3Cb%3E/8080/")).toEqual([
      503,
      expect.not.stringContaining("<b>"),
    ]);
    expect(await page(site, "preview/base/99999/")).toEqual([
      404,
      expect.stringContaining("not the address"),
    ]);
    const text = await site.fetch("preview/other/8080/x.json");
    expect(text!.headers.get("content-type")).toContain("text/plain");
    expect(text!.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  });

  it("does not ask pages of previews for machines", async () => {
    const site = new FakeSite();
    site.clients.clear();
    site.clients.set("evil", `${SCOPE}preview/other/80/`);
    expect((await page(site, "preview/base/8080/"))[0]).toBe(503);
    expect(site.asked).toBe(0);
  });
});
