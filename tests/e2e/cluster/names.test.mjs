// Names are bytes: no character means anything to Redis or to a node, and no two names meet.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NativeClient } from "../support/native_client.mjs";
import { Cluster, keyOf } from "./support/cluster.mjs";

const NAMES = [
  ...[
    "{x}",
    "{x}y",
    "x",
    "*",
    "?",
    "[a]",
    "a*",
    "a\r\nb",
    "a\nb",
    "a b",
    "\u0000",
    "\u0000\u0000",
    "a\u0000b",
    "a",
  ],
  ...[
    "\u{1f469}\u200d\u{1f680}",
    "\u{1f469}",
    "%2A",
    "%",
    "a:b",
    "a%3Ab",
    "room",
    "nodes",
    "__proto__",
    '"\\',
    "\u00ff",
    "\u00e9",
    "e\u0301",
  ],
  ...["x".repeat(128), "x".repeat(127), "\u{1f680}".repeat(32), "-1", "0", "KEYS *", "$5\r\nhello"],
];

async function connect(t, node, query) {
  const client = await NativeClient.connect(node, { query });
  t.after(() => client.socket.terminate());
  return client;
}

test("rooms of any name are apart, and their names and messages arrive intact", async (t) => {
  const cluster = await Cluster.start(t, { args: ["--max-rooms-per-peer", "0"] });
  const [ada, bob] = [await connect(t, cluster.nodes[0]), await connect(t, cluster.nodes[1])];
  for (const room of NAMES) assert.deepEqual((await ada.join(room, room)).peers, [], JSON.stringify(room));
  for (const room of NAMES) {
    const { peers } = await bob.join(room);
    assert.deepEqual(peers, [{ id: ada.id, metadata: room, polite: false }], JSON.stringify(room));
    const { peer, ...joined } = await ada.next();
    assert.deepEqual([joined.type, joined.room, peer.id], ["peer-joined", room, bob.id]);
  }
  for (const room of NAMES) {
    ada.send({ type: "event", event: room, room, data: room });
    await bob.expect({ type: "event", event: room, from: ada.id, room, data: room });
  }
  const keys = new Set((await cluster.redis.keys()).filter((key) => key.startsWith("signaling:room:")));
  for (const room of NAMES) assert.ok(keys.delete(keyOf("room", room)), JSON.stringify(room));
  assert.deepEqual([...keys], []);
  await bob.close();
  const left = [];
  for (const _ of NAMES) left.push((await ada.next()).room);
  assert.deepEqual(left.sort(), [...NAMES].sort());
  await ada.close();
  await cluster.expectNoTraces();
});

test("peers of any name are apart, and are reached by their names", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2, args: ["--allow-client-ids"] });
  const ada = await connect(t, cluster.nodes[0]);
  await ada.join("r");
  const others = new Map();
  for (const peer of NAMES) {
    const other = await connect(t, cluster.nodes[1], { peer });
    assert.equal(other.id, peer);
    await other.join("r");
    assert.equal((await ada.next()).peer.id, peer);
    others.set(peer, other);
  }
  for (const other of others.values()) await other.drain();
  for (const [peer, other] of others) {
    ada.send({ type: "offer", to: peer, data: peer });
    const { room, ...offer } = await other.next();
    assert.deepEqual(offer, { type: "offer", from: ada.id, data: peer });
    other.send({ type: "answer", to: ada.id, data: peer });
    const answer = await ada.next();
    assert.deepEqual([answer.from, answer.data], [peer, peer]);
  }
  for (const other of others.values()) await other.expectNothing();
  await ada.expectNothing();
});
