// How the real socket.io-client, and clients like it, come to their end, and come back: the others in the room learn it,
// once. With the vocabulary rooms-mesh.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { SeedClient } from "../seeds/support/seed_client.mjs";
import { within } from "../support/deadline.mjs";
import { startServer } from "../support/server.mjs";
import { onEachTransport } from "./support/each_transport.mjs";
import { connectWire, wires } from "./support/wires.mjs";

const ROOM = "room";
const marker = "join_room";
/** Well below the 45 s after which the lack of a pong would tell. */
const AT_ONCE_MS = 10_000;

let server;

before(async () => (server = await startServer()));
after(async () => assert.equal(await server.stop(), 0, server.output));

const person = (client) => ({ personName: client.id, roomName: ROOM, socketId: client.id });

/** One after the other; all know all. */
async function joinAll(...clients) {
  for (const [i, client] of clients.entries()) {
    client.emit("join_room", { roomName: ROOM, personName: client.id });
    for (const told of clients.slice(0, i + 1)) await told.expect(["user_joined", person(client)]);
  }
}

/** The others learn of the end of `client` within the time, and of nothing else. */
async function expectLeft(client, others) {
  for (const other of others)
    assert.deepEqual(await within(other.next(), "user_left", AT_ONCE_MS), ["user_left", person(client)]);
  for (const other of others) await other.expectNothing(...others);
}

const waysToEnd = {
  "by disconnect()": (client) => client.socket.disconnect(),
  "by the end of its session": (client) => client.socket.io.engine.close(),
  "by a TCP reset of its connections": (client) => client.abort(),
};

function endTests(testWith) {
  for (const [way, end] of Object.entries(waysToEnd)) {
    testWith(`a client that ends ${way} leaves its room, once`, async (connect) => {
      const clients = [];
      for (let i = 0; i < 4; i++) clients.push(await connect({ marker }));
      await joinAll(...clients);
      for (const client of clients) await client.transport();
      const [first, ...others] = clients;
      await end(first);
      await expectLeft(first, others);
    });
  }

  testWith("a client that ends in the middle of its upgrade leaves its room", async (connect) => {
    const other = await connect({ marker });
    for (let i = 0; i < 20; i++) {
      const client = await connect();
      await joinAll(other, client);
      await client.abort();
      await expectLeft(client, [other]);
      other.emit("leave_room", { roomName: ROOM });
    }
  });
}

/** The next that joins. That others left while the server went, some are told and some are not. */
async function nextJoined(client) {
  for (;;) {
    const [event, argument] = await client.next();
    if (event === "user_joined") return argument;
    assert.equal(event, "user_left");
  }
}

/** A server on the port of one that is gone. */
const startAgain = ({ port }) => startServer(["--listen", `127.0.0.1:${port}`]);

function returnTests(testWith) {
  for (const end of ["kill", "stop"]) {
    testWith(`clients come back by themselves after a ${end} of the server, with what they have to say`, async (_, options) => {
      const first = await startServer(["--drain-timeout", "2s"]);
      const settings = { ...options, reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200 };
      const clients = [await SeedClient.connect(first, settings), await SeedClient.connect(first, settings)];
      await joinAll(...clients);
      await first[end]();
      for (const client of clients) assert.match(await client.ended(), /^transport (close|error)$/);
      const [a, b] = clients;
      const back = clients.map(({ socket }) => once(socket, "connect"));
      // Kept by the client until it is back.
      a.emit("join_room", { roomName: ROOM, personName: "again" });
      const second = await startAgain(first);
      try {
        for (const [i, { id }] of clients.entries()) {
          await within(back[i], "the reconnection");
          assert.notEqual(clients[i].socket.id, id);
        }
        const again = { personName: "again", roomName: ROOM, socketId: a.socket.id };
        assert.deepEqual(await nextJoined(a), again);
        b.emit("join_room", { roomName: ROOM, personName: "b" });
        for (const client of clients)
          assert.deepEqual(await nextJoined(client), { ...again, personName: "b", socketId: b.socket.id });
      } finally {
        for (const { socket } of clients) socket.disconnect();
        assert.equal(await second.stop(), 0, second.output);
      }
    });
  }
}

onEachTransport(() => server, (testWith) => {
  endTests(testWith);
  returnTests(testWith);
});

describe("clients that fall silent", () => {
  for (const [name, open] of Object.entries(wires)) {
    test(`over ${name}: the pong that does not come is the end, and the others learn it`, async () => {
      const quick = await startServer(["--socketio-ping-interval", "500ms", "--socketio-ping-timeout", "1s"]);
      try {
        const other = await SeedClient.connect(quick, { marker });
        await joinAll(other);
        const silent = await connectWire(open, quick);
        await silent.send(`42${JSON.stringify(["join_room", { roomName: ROOM, personName: silent.id }])}`);
        await other.expect(["user_joined", person(silent)]);
        await expectLeft(silent, [other]);
        await other.close();
      } finally {
        assert.equal(await quick.stop(), 0, quick.output);
      }
    });
  }
});
