// The client of PeerJS in a real browser: data and video flow, on one node and across two.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Cluster } from "../cluster/support/cluster.mjs";
import { Browser } from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";

const CLIENT = readFileSync(
  join(dirname(createRequire(import.meta.url).resolve("peerjs/package.json")), "dist/peerjs.min.js"),
);
const CALL_MS = 60_000;

let browser, pages, origin;
before(async () => {
  browser = await Browser.open();
  pages = createServer((request, response) => {
    const isClient = request.url === "/peerjs.js";
    response.writeHead(200, { "Content-Type": isClient ? "text/javascript" : "text/html" });
    response.end(isClient ? CLIENT : '<!doctype html><script src="/peerjs.js"></script>');
  });
  await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
  origin = `http://localhost:${pages.address().port}`;
});
after(async () => {
  await browser?.close();
  pages?.closeAllConnections();
  pages?.close();
});

/** A page, from another origin than the server's, whose client is open. `id` undefined: the server chooses. */
async function open(t, { port }, id, options = {}) {
  const page = await browser.newPage();
  t.after(() => page.context().close());
  await page.goto(origin);
  page.id = await page.evaluate(
    ([id, options]) =>
      new Promise((resolve, reject) => {
        const settings = { host: "127.0.0.1", secure: false, config: { iceServers: [] }, ...options };
        window.peer = id === undefined ? new Peer(settings) : new Peer(id, settings);
        window.errors = [];
        window.said = [];
        peer.on("open", resolve);
        peer.on("error", (error) => {
          errors.push(error.type);
          reject(new Error(error.type));
        });
        peer.on("connection", (connection) =>
          connection.on("data", (data) => {
            said.push(data);
            connection.send({ echo: data });
          }),
        );
        peer.on("call", (call) => call.answer());
      }),
    [id, { port, path: "/", ...options }],
  );
  return page;
}

/** `from` sends, and gets an answer over the data channel. */
async function talk(from, to) {
  const said = from.evaluate(
    (id) =>
      new Promise((resolve, reject) => {
        const connection = peer.connect(id, { reliable: true });
        connection.on("open", () => connection.send({ hello: id, bytes: [1, 2.5] }));
        connection.on("data", resolve);
        connection.on("error", reject);
      }),
    to,
  );
  assert.deepEqual(await said, { echo: { hello: to, bytes: [1, 2.5] } });
}

test("pages connect and talk, with ids of their own and of the server's", { timeout: CALL_MS }, async (t) => {
  const server = await startServer(["--peerjs", "/", "--peerjs-allow-discovery"]);
  t.after(async () => assert.equal(await server.stop(), 0));
  const a = await open(t, server, "a 1");
  const b = await open(t, server, undefined);
  assert.match(b.id, /^[0-9a-f]{32}$/);
  await talk(a, b.id);
  await talk(b, "a 1");
  const list = () => new Promise((resolve) => peer.listAllPeers(resolve));
  assert.deepEqual((await a.evaluate(list)).sort(), ["a 1", b.id].sort());
});

test("a page hears of ids that are not there, taken, or not admitted", { timeout: CALL_MS }, async (t) => {
  const server = await startServer(["--peerjs", "/app", "--peerjs-key", "k"]);
  t.after(async () => assert.equal(await server.stop(), 0));
  const options = { path: "/app/", key: "k" };
  const a = await open(t, server, "a", options);
  await a.evaluate(() => void peer.connect("nobody"));
  await a.waitForFunction(() => errors[0] === "peer-unavailable");
  await assert.rejects(open(t, server, "a", options), /unavailable-id/);
  await assert.rejects(open(t, server, "b", { ...options, key: "wrong" }), /server-error/);
});

test("a page comes back with its id after it has lost its connection", { timeout: CALL_MS }, async (t) => {
  const server = await startServer(["--peerjs", "/"]);
  t.after(async () => assert.equal(await server.stop(), 0));
  const a = await open(t, server, "a");
  const b = await open(t, server, "b");
  await a.evaluate(
    () =>
      new Promise((resolve) => {
        peer.disconnect();
        peer.once("open", resolve);
        peer.reconnect();
      }),
  );
  await talk(b, "a");
});

test("video flows between two pages", { timeout: CALL_MS }, async (t) => {
  const server = await startServer(["--peerjs", "/"]);
  t.after(async () => assert.equal(await server.stop(), 0));
  const a = await open(t, server, "a");
  const b = await open(t, server, "b");
  // The callee answers with nothing of its own, so the caller's video is what it sees.
  await b.evaluate(() => {
    window.frames_seen = 0;
    peer.on("call", (call) =>
      call.on("stream", (stream) => {
        const video = Object.assign(document.createElement("video"), { muted: true, srcObject: stream });
        const count = () => (frames_seen++, video.requestVideoFrameCallback(count));
        video.requestVideoFrameCallback(count);
        video.play();
      }),
    );
  });
  await a.evaluate(() => {
    // No camera outside of secure origins but localhost: a canvas does.
    const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 120 });
    const draw = canvas.getContext("2d");
    setInterval(() => {
      draw.fillStyle = `hsl(${Date.now() % 360} 50% 50%)`;
      draw.fillRect(0, 0, 160, 120);
    }, 100);
    peer.call("b", canvas.captureStream(10));
  });
  await b.waitForFunction(() => frames_seen > 5);
});

test("pages on two nodes connect and talk", { timeout: 2 * CALL_MS }, async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2, args: ["--peerjs", "/"] });
  const a = await open(t, cluster.nodes[0], "a");
  const b = await open(t, cluster.nodes[1], "b");
  await talk(a, "b");
  await talk(b, "a");
});
