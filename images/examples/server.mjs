// A web server with server-sent events and WebSockets: `node server.mjs`, then open port 3000.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { WebSocketServer } = createRequire("/usr/share/nodejs/")("ws");
const PORT = 3000;
const SECOND_MS = 1000;

const page = `<!doctype html>
<title>Node in a tab</title>
<h1>Node ${process.version}</h1>
<p>Server-sent events: <output id="events"></output></p>
<p>WebSocket: <output id="echo"></output></p>
<script>
  new EventSource("events").onmessage = ({ data }) => { events.value = data; };
  const socket = new WebSocket(location.href.replace(/^http/, "ws") + "echo");
  socket.onopen = () => socket.send("Hello from the page");
  socket.onmessage = ({ data }) => { echo.value = data; };
</script>
`;

const server = createServer((request, response) => {
  if (request.url === "/") {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(page);
  } else if (request.url === "/events") {
    response.setHeader("Content-Type", "text/event-stream");
    let count = 0;
    const tell = () => response.write(`data: ${++count}\n\n`);
    tell();
    const timer = setInterval(tell, SECOND_MS);
    response.on("close", () => clearInterval(timer));
  } else {
    response.statusCode = 404;
    response.end("There is no such page.\n");
  }
});

const sockets = new WebSocketServer({ server });
sockets.on("connection", (socket) => {
  socket.on("message", (text) => socket.send(`${text}, and back from the server`));
});

server.listen(PORT, () => console.log(`http://localhost:${PORT}/`));
