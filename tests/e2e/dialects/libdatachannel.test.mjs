// The protocol of libdatachannel's examples: its wire from outside, and a page of our own that connects as theirs does.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Cluster } from "../cluster/support/cluster.mjs";
import { within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { get } from "../support/raw_http.mjs";
import { startServer } from "../support/server.mjs";
import { TextClient } from "./support/text_client.mjs";

const wrtc = createRequire(import.meta.url)("@roamhq/wrtc");

let server;
before(async () => (server = await startServer(["--libdatachannel", "/"])));
after(async () => assert.equal(await server.stop(), 0));

/** A client that can be reached: its messages to itself come back. */
async function connect(t, id, { from = server, path = "/" } = {}) {
  const client = await TextClient.connect(t, from, path + id);
  client.id = decodeURIComponent(id);
  await settle(client);
  return client;
}

async function settle(client) {
  client.send({ id: client.id, type: "marker" });
  await client.expect({ id: client.id, type: "marker" });
}

/** What the example's page does: it answers offers, and calls whom it is told to. Resolves with what came over a channel. */
function talk(client, other) {
  return new Promise((resolve, reject) => {
    const connection = new wrtc.RTCPeerConnection({ iceServers: [] });
    const say = (message) => client.send({ ...message, id: peer });
    let peer = other;
    connection.onicecandidate = ({ candidate }) => {
      if (candidate) say({ type: "candidate", candidate: candidate.candidate, mid: candidate.sdpMid });
    };
    const describe = async (description) => {
      await connection.setLocalDescription(description);
      const { sdp, type } = connection.localDescription;
      say({ type, description: sdp });
    };
    const use = (channel) => {
      const send = () => channel.send(`hello from ${client.id}`);
      channel.readyState === "open" ? send() : (channel.onopen = send);
      channel.onmessage = ({ data }) => resolve({ data, close: () => connection.close() });
    };
    connection.ondatachannel = ({ channel }) => use(channel);
    const listen = async () => {
      for (;;) {
        const { id, type, description, candidate, mid } = await client.next();
        peer ??= id;
        if (type === "candidate") await connection.addIceCandidate({ candidate, sdpMid: mid });
        else await connection.setRemoteDescription({ type, sdp: description });
        if (type === "offer") await describe(await connection.createAnswer());
      }
    };
    listen().catch((error) => client.socket.readyState === 1 && reject(error));
    if (!other) return;
    use(connection.createDataChannel("test"));
    connection.createOffer().then(describe).catch(reject);
  });
}

async function call(t, a, b) {
  const talks = await within(Promise.all([talk(b), talk(a, b.id)]), "a channel", 60_000);
  t.after(() => talks.forEach(({ close }) => close()));
  assert.deepEqual(
    talks.map(({ data }) => data),
    [`hello from ${a.id}`, `hello from ${b.id}`],
  );
}

test("two clients call each other by their ids", async (t) =>
  call(t, await connect(t, "x7Qa"), await connect(t, "p%20q%C3%A9")));

test("two clients on two nodes call each other, and an id moves from one node to the other", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2, args: ["--libdatachannel", "/ids"] });
  const at = (node) => ({ from: cluster.nodes[node], path: "/ids/" });
  const older = await connect(t, "b", at(0));
  const b = await connect(t, "b", at(1));
  assert.equal((await older.closed).code, 4409);
  await call(t, await connect(t, "a", at(0)), b);
});

test("a message passes as it was written, with the sender's id", async (t) => {
  const a = await connect(t, "a");
  const b = await connect(t, "b");
  a.send('{"type":"offer", "id":"b","description":"v=0\\u00e9","n":1.50}');
  assert.equal(await b.nextText(), '{"type":"offer", "id":"a","description":"v=0\\u00e9","n":1.50}');
});

test("bad frames and messages to nobody harm nobody", async (t) => {
  const a = await connect(t, "a");
  const b = await connect(t, "b");
  const long = "x".repeat(10_000);
  for (const bad of ["{oops", "null", "7", "[]", "{}", '{"id":"\\ud83d"}', '{"id":7}', '{"id":null}', long])
    a.send(bad);
  for (const id of ["nobody", "__proto__", "constructor", long]) a.send({ id, type: "offer" });
  a.send(Buffer.from('{"id":"b"}'));
  await settle(a);
  await settle(b);
});

test("a newer client of an id takes its place, and the end of the older changes nothing", async (t) => {
  const older = await connect(t, "again");
  const newer = await connect(t, "again");
  assert.equal((await older.closed).code, 4409);
  const other = await connect(t, "other");
  other.send({ id: "again", type: "offer" });
  await newer.expect({ id: "other", type: "offer" });
});

test("a client without an id is closed with 1008, and a request without a WebSocket gets 404", async () => {
  assert.equal((await new TextClient(server, "/").closed).code, 1008);
  const answer = await get(server, "/someone");
  assert.equal(answer.status, 404);
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
});

test("a native client in the room calls and is called", async (t) => {
  const a = await connect(t, "mixed");
  const native = await NativeClient.connect(server);
  await native.join("libdatachannel/everybody");
  const id = `peer:${native.id}`;
  a.send({ id, type: "offer", description: "v=0" });
  const { type, from, data } = await native.next();
  assert.deepEqual({ type, data }, { type: "offer", data: { type: "offer", sdp: "v=0" } });
  native.send({ type: "answer", to: from, data: { type: "answer", sdp: "v=1" } });
  await a.expect({ id, type: "answer", description: "v=1" });
  await native.close();
});
