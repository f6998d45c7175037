// y-webrtc: its own client, and what its wire looks like from outside.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "../cluster/support/cluster.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { exchange, request } from "../support/raw_http.mjs";
import { startServer } from "../support/server.mjs";
import { TextClient } from "./support/text_client.mjs";
import { YjsDocument } from "./support/yjs_document.mjs";

const PATH = "/yjs";
/** Of two clients that announce at the same moment, both may wait for ever for the other's answer. */
const APART_MS = 1500;

let server;
before(async () => (server = await startServer(["--y-webrtc", `${PATH}/*`, "--first-message-timeout", "1s"])));
after(async () => assert.equal(await server.stop(), 0));

class TopicClient extends TextClient {
  static connect(t, from = server, path = `${PATH}/any`, options = undefined) {
    return super.connect(t, from, path, options);
  }

  /** What was sent before is done. */
  async settle() {
    this.send({ type: "ping" });
    await this.expect({ type: "pong" });
  }

  async subscribe(...topics) {
    this.send({ type: "subscribe", topics });
    await this.settle();
  }
}

async function synchronizes(t, nodes, more = {}) {
  const room = `room of ${t.name}`;
  const documents = [];
  for (const [i, node] of nodes.entries()) {
    documents.push(new YjsDocument(t, node, { path: `${PATH}/x`, room, name: `name ${i}`, ...more }));
    await delay(APART_MS);
  }
  const names = documents.map((_, i) => `name ${i}`);
  await Promise.all(documents.map((document) => document.has(...names)));
}

describe("the client of y-webrtc", () => {
  test("documents of three clients become one", (t) => synchronizes(t, [server, server, server]));
  test("so do those that a password encrypts", (t) => synchronizes(t, [server, server], { password: "secret" }));
});

test("documents become one across two nodes, and the number of clients is that of both", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2, args: ["--y-webrtc", `${PATH}/*`] });
  await synchronizes(t, cluster.nodes);
  const [a, b] = await Promise.all(cluster.nodes.map((node) => TopicClient.connect(t, node)));
  for (const topic of ["t", "\u{1f600} \0 {x}*".repeat(30)]) {
    await a.subscribe(topic);
    await b.subscribe(topic);
    b.send({ type: "publish", topic, data: 1 });
    for (const client of [a, b]) await client.expect({ type: "publish", topic, data: 1, clients: 2 });
  }
});

test("a published message reaches all of the topic as it was written, with the number of clients", async (t) => {
  const [a, b, outside] = [await TopicClient.connect(t), await TopicClient.connect(t), await TopicClient.connect(t)];
  await a.subscribe("t", "t");
  await b.subscribe("t");
  a.send('{"type":"publish", "clients":9,"topic":"t","data":{"token":1764419000000.43123456789}}');
  for (const client of [a, b]) {
    const expected = '{"type":"publish","topic":"t","data":{"token":1764419000000.43123456789},"clients":2}';
    assert.equal(await client.nextText(), expected);
  }
  outside.send(Buffer.from('{"type":"publish","topic":"t","data":"from outside"}'));
  for (const client of [a, b])
    await client.expect({ type: "publish", topic: "t", data: "from outside", clients: 2 });
  b.send({ type: "unsubscribe", topics: ["t"] });
  await b.settle();
  a.send({ type: "publish", topic: "t" });
  await a.expect({ type: "publish", topic: "t", clients: 1 });
  await Promise.all([b.settle(), outside.settle()]);
});

test("a bad frame harms nobody, its sender included", async (t) => {
  const [a, b] = [await TopicClient.connect(t), await TopicClient.connect(t)];
  await a.subscribe("t");
  const proto = '{"type":"publish","topic":"t","data":{"__proto__":{"x":1}},"__proto__":{"clients":7}}';
  const long = "x".repeat(10_000);
  for (const bad of [
    "{oops",
    "",
    "null",
    "7",
    '"ping"',
    "[]",
    '{"type":"subscribe","topics":"abc"}',
    '{"type":"subscribe","topics":[1,null,{},"\\ud83d"]}',
    `{"type":"subscribe","topics":["${long}"]}`,
    `{"type":"${long}"}`,
    '{"type":"publish","topic":7,"data":1}',
    '{"type":"publish","topic":"\\ud83d","data":1}',
    '{"type":"publish","topic":"__proto__","data":1}',
    '{"type":"unsubscribe","topics":["constructor"]}',
    "[".repeat(100_000),
  ])
    b.send(bad);
  b.send(Buffer.from([0xff, 0xfe]));
  b.send(proto);
  await b.settle();
  assert.equal(await a.nextText(), proto.replace(/}$/, ',"clients":1}'));
  await b.subscribe("__proto__", "constructor");
  b.send({ type: "publish", topic: "constructor", data: 1 });
  await b.expect({ type: "publish", topic: "constructor", data: 1, clients: 1 });
  await a.settle();
});

test("other requests are answered as the original answers them, on its paths alone", async () => {
  for (const [method, path] of [
    ["GET", `${PATH}/x`],
    ["POST", `${PATH}/`],
  ]) {
    const response = await exchange(server, request(method, path, ["Content-Length: 0"]));
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /^text\/plain/);
    assert.equal(response.body, "okay");
  }
  const elsewhere = await exchange(server, request("GET", `${PATH}x`));
  assert.equal(elsewhere.status, 404);
});

test("a page of any origin may connect, and may be silent", async (t) => {
  const client = await TopicClient.connect(t, server, `${PATH}/x`, { origin: "https://app.example" });
  await delay(1500); // beyond --first-message-timeout
  await client.settle();
});

test("a native client in the topic's room gets what is published, and publishes", async (t) => {
  const a = await TopicClient.connect(t);
  await a.subscribe("mixed");
  const native = await NativeClient.connect(server);
  await native.join("y-webrtc/mixed");
  a.send({ type: "publish", topic: "mixed", data: [1] });
  await a.expect({ type: "publish", topic: "mixed", data: [1], clients: 2 });
  const { data, type, room } = await native.next();
  assert.deepEqual({ data, type, room }, { data: [1], type: "message", room: "y-webrtc/mixed" });
  native.send({ type: "message", room: "y-webrtc/mixed", data: { hello: 1 } });
  await a.expect({ type: "publish", topic: "mixed", data: { hello: 1 }, clients: 2 });
  await native.close();
});

test("without its option the dialect is not served", async (t) => {
  const plain = await startServer();
  t.after(() => plain.kill());
  const client = new TextClient(plain, "/y-webrtc");
  assert.equal((await client.closed).code, 1006);
});

test("a token in the URL admits a client, and without one it is refused", async (t) => {
  const guarded = await startServer(["--y-webrtc", "/", "--auth-token", "secret"]);
  t.after(() => guarded.kill());
  const client = await TopicClient.connect(t, guarded, "/?token=secret");
  await client.settle();
  assert.equal((await new TextClient(guarded, "/").closed).code, 4401);
});
