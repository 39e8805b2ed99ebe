"""A server in the guest for test/browser/preview.spec.ts: what pages of real ones do."""

import http.server
import sys

PAGE = b"""<!doctype html><title>Guest</title><h1>hello</h1><img src="/pixel.svg">
<a href="/second?x">second</a>
<form method="post" action="/login"><input name="user" value="joe"><button>Go</button></form>
<script>
const found = (window.found = {});
for (const name of ["parent", "top"]) {
  try { found[name] = String(window[name].document); } catch (error) { found[name] = error.name; }
}
const events = new EventSource("/events");
found.events = [];
events.onmessage = ({ data }) => {
  found.events.push(data);
  if (data === "2") events.close();
};
</script>"""
PIECE = bytes(65536)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, content, type="text/html", status=200, headers=()):
        self.send_response(status)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/":
            self.answer(PAGE)
        elif path == "/pixel.svg":
            self.answer(b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml")
        elif path == "/events":
            self.chunks("text/event-stream", (b"data: %d\n\n" % i for i in range(3)))
        elif path.startswith("/zeros/"):
            count = int(path.split("/")[2])
            self.chunks("application/octet-stream", (PIECE for _ in range(count)))
        else:
            cookies = self.headers.get("Cookie", "none")
            self.answer(f"<p id=at>{self.path}</p><p id=cookies>{cookies}</p>".encode())

    do_HEAD = do_GET

    def do_POST(self):
        left = int(self.headers["Content-Length"])
        got = b""
        count = 0
        while left > 0:
            piece = self.rfile.read(min(left, 65536))
            left -= len(piece)
            count += len(piece)
            got = (got + piece)[:100]
        if self.path == "/upload":
            self.answer(str(count).encode(), "text/plain")
        else:
            cookies = [("Set-Cookie", "session=1; HttpOnly"), ("Set-Cookie", "seen=2")]
            where = [("Location", "/welcome?" + got.decode())]
            self.answer(b"", status=303, headers=cookies + where)

    def chunks(self, type, pieces):
        self.send_response(200)
        self.send_header("Content-Type", type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")


http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
