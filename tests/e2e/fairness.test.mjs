// One member of a room says or asks for as much as it can: nobody who reads is put out for it, and the others hear each
// other meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connectClients } from "./support/native_client.mjs";
import { startServer } from "./support/server.mjs";

const BYSTANDERS = 10;
const ROOM = "r";
const METADATA = "m".repeat(4_000);
const LARGE = "x".repeat(250_000);
/** A machine that does nothing else takes a few milliseconds; here the clients share one process, which parses the flood. */
const EXCHANGE_MS = 5_000;

/** `count` of them, more than the rates allow at once. */
const floods = {
  "many messages": { count: 2_000, message: (i) => ({ type: "message", room: ROOM, data: i }) },
  "large messages": { count: 40, message: (i) => ({ type: "message", room: ROOM, data: [i, LARGE] }) },
  metadata: { count: 1_500, message: (i) => ({ type: "update", room: ROOM, metadata: [i, METADATA.slice(20)] }) },
  "lists of members": { count: 1_500, message: () => ({ type: "members", room: ROOM }) },
  "joins and leaves": {
    count: 1_500,
    message: (i) => (i % 2 ? { type: "join", room: ROOM, metadata: METADATA } : { type: "leave", room: ROOM }),
  },
};

/** The milliseconds until a message of one is with the other, and the answer with its sender. */
async function exchange(ada, bob, data) {
  const begin = performance.now();
  const { type } = await ada.request({ type: "message", to: bob.id, data });
  assert.equal(type, "sent");
  while ((await bob.next()).data !== data);
  return performance.now() - begin;
}

for (const [name, { count, message }] of Object.entries(floods)) {
  test(`a flood of ${name} puts out nobody who reads`, async (t) => {
    const server = await startServer();
    t.after(() => server.kill());
    const bystanders = await connectClients(t, server, BYSTANDERS);
    for (const bystander of bystanders) await bystander.join(ROOM, METADATA);
    const [flooder] = await connectClients(t, server, 1);
    await flooder.join(ROOM);
    for (let i = 0; i < count; ++i) flooder.send(message(i));
    let isOver = false;
    const end = flooder.request({ type: "ping" }).finally(() => (isOver = true));
    const times = [];
    while (!isOver) times.push(await exchange(bystanders[0], bystanders[1], `exchange ${times.length}`));
    assert.equal((await end).type, "pong");
    const slowest = Math.max(...times);
    t.diagnostic(`${times.length} exchanges beside the flood, the slowest ${slowest.toFixed(0)} ms`);
    assert.ok(times.length > 1 && slowest < EXCHANGE_MS);
    for (const client of [flooder, ...bystanders]) await client.drain();
    assert.equal(await server.stop(), 0);
  });
}
