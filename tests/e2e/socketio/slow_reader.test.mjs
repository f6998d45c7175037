// Clients that do not read while others in their room talk: what waits for them is bounded, they are put out after a
// while, and the others miss nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SeedClient } from "../seeds/support/seed_client.mjs";
import { MEBIBYTE, peakResidentBytes } from "../support/process_usage.mjs";
import { startServer } from "../support/server.mjs";
import { EngineWebSocket } from "./support/engine_websocket.mjs";
import { connectWire, wires } from "./support/wires.mjs";

const ROOM = "room";
const TEXT = "x".repeat(50_000);
const READERS = 10;

const polls = async () => {};
const startsUpgrade = async ({ session }, server) => {
  await EngineWebSocket.probe(server, session, { path: "/socket.io/" });
};
const pauses = async ({ socket }) => socket.socket.pause();

/** Of one that reads nothing while more than --max-outbound-bytes waits for it. */
const PATIENCE_MS = 10_000;
/** Until so much waits; and until the kernel, both ends together, takes no more. */
const FILLING_MS = 20_000;

const kinds = {
  "a client that does not poll": { open: wires.polling, stop: polls },
  "a client that neither polls nor completes its upgrade": { open: wires.polling, stop: startsUpgrade },
  "a WebSocket that is not read": { open: wires.websocket, stop: pauses },
  "an upgraded session that is not read": { open: wires["an upgraded session"], stop: pauses },
};

async function joinReaders(server, { open, stop }, others) {
  const readers = [];
  for (let i = 0; i < READERS; i++) {
    const reader = await connectWire(open, server);
    await reader.send(`42${JSON.stringify(["join_room", { roomName: ROOM }])}`);
    for (const other of others)
      assert.deepEqual(await other.next(), ["user_joined", { roomName: ROOM, socketId: reader.id }]);
    await stop(reader, server);
    readers.push(reader);
  }
  return readers;
}

/**
 * The next event of `client` is this message; those who leave before it go to `left`. Who sent a message is told that it
 * did not reach all.
 */
async function expectMessage(client, number, left) {
  for (;;) {
    const [event, argument] = await client.next();
    if (event === "message") return assert.equal(argument.content.number, number);
    if (event === "error" && argument.code === "slow_consumer") continue;
    assert.equal(event, "user_left", JSON.stringify(argument));
    assert.ok(!left.has(argument.socketId), "user_left twice");
    left.add(argument.socketId);
  }
}

/** All get the message. `left`: per client those whom it has seen leave. */
async function talk(clients, number, left) {
  clients[0].emit("message", { roomName: ROOM, content: { number, text: TEXT } });
  for (const [i, client] of clients.entries()) await expectMessage(client, number, left[i]);
}

for (const [name, kind] of Object.entries(kinds)) {
  test(`${name} is put out after a while, and the others go on`, async (t) => {
    const server = await startServer(["--log-level", "error"]);
    const others = [];
    for (const transport of ["websocket", "polling"]) {
      others.push(await SeedClient.connect(server, { marker: "join_room", transports: [transport] }));
      others.at(-1).emit("join_room", { roomName: ROOM });
      for (const other of others) assert.equal((await other.next())[0], "user_joined");
    }
    const readers = await joinReaders(server, kind, others);
    const memory = peakResidentBytes(server.pid);

    const left = others.map(() => new Set());
    let number = 0;
    const begin = performance.now();
    const time = () => performance.now() - begin;
    for (; left.some(({ size }) => size < READERS); number++) {
      assert.ok(time() < PATIENCE_MS + FILLING_MS, `${left[0].size} of ${READERS} are out after ${number} messages`);
      await talk(others, number, left);
    }
    assert.ok(time() > PATIENCE_MS, "not before they had their time");
    await talk(others, number, left);
    const growth = peakResidentBytes(server.pid) - memory;
    t.diagnostic(`all out after ${number} messages; ${growth} bytes more at most`);
    assert.ok(number * TEXT.length > 4 * MEBIBYTE, "more was said than may wait for one");
    assert.ok(growth < 2 * READERS * MEBIBYTE, `grew by ${growth} bytes`);

    for (const ids of left) assert.deepEqual([...ids].sort(), readers.map(({ id }) => id).sort());
    for (const { socket } of readers) socket?.socket.resume();
    for (const reader of readers) await reader.closed();
    await others[0].expectNothing(...others);
    for (const other of others) await other.close();
    assert.equal(server.output, server.stdout, "nothing to complain about");
    assert.equal(await server.stop(), 0);
  });
}
