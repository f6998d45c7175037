// Clients on slow lines that have much to read: the answers to pings are late, since what they answer comes late, and nobody
// is closed for that.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SeedClient } from "../seeds/support/seed_client.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { startServer } from "../support/server.mjs";
import { startSlowLine } from "./support/slow_line.mjs";

const BYTES_PER_SECOND = 240_000;
const TEXT = "x".repeat(60_000);
/** More than a line brings within the time for a ping and its pong, and less than may wait. */
const TEXTS = 32;
const SOON = ["--ping-interval", "1s", "--ping-timeout", "3s"];
const SOON_TOO = ["--socketio-ping-interval", "1s", "--socketio-ping-timeout", "3s"];

/** Per client, by name: one on the line, and one who sends to it; both are in a room of their own. */
const wires = {
  native: async (server, line, room) => {
    const clients = [await NativeClient.connect(line), await NativeClient.connect(server)];
    for (const client of clients) await client.join(room);
    const [receiver, sender] = clients;
    await receiver.next(); // of the sender
    const say = (number) => sender.send({ type: "message", room, data: `${number} ${TEXT}` });
    return { say, hear: async () => (await receiver.next()).data, close: () => clients.map((client) => client.close()) };
  },
  ...Object.fromEntries(["websocket", "polling"].map((transport) => [transport, socketIo([transport])])),
  "an upgraded session": socketIo(),
};

function socketIo(transports) {
  return async (server, line, room) => {
    const options = { namespace: "/redis-rooms", marker: "join-room", transports };
    const receiver = await SeedClient.connect(line, options);
    const sender = await SeedClient.connect(server, options);
    for (const client of [receiver, sender]) {
      client.emit("join-room", room);
      assert.equal((await client.next())[0], "room-users");
    }
    assert.equal((await receiver.next())[0], "user-connected");
    const say = (number) => sender.emit("offer", room, "user", `${number} ${TEXT}`);
    const hear = async () => (await receiver.next())[1].offer;
    return { say, hear, close: () => [receiver, sender].map((client) => client.close()) };
  };
}

// Each on a server of its own.
describe("slow lines", { concurrency: true }, () => {
  /** A poll brings a message that is longer than the line takes for in ten seconds, and more waits than may for one. */
  test("a client that reads one long answer is a reader, too", async (t) => {
    const server = await startServer();
    t.after(() => server.kill());
    const line = { url: `http://127.0.0.1:${await startSlowLine(t, server.port, 60_000)}` };
    const { say, hear, close } = await wires.polling(server, line, "room");
    const begin = performance.now();
    const long = TEXT.repeat(14);
    say(long);
    for (let i = 0; i < 10; ++i) say(i);
    assert.equal(await hear(), `${long} ${TEXT}`);
    assert.ok(performance.now() - begin > 10_500);
    // One that is closed gets a part of what is left.
    for (let i = 0; i < 4; ++i) assert.equal(await hear(), `${i} ${TEXT}`);
    await Promise.all(close());
    assert.equal(await server.stop(), 0);
  });

  test("a client on a slow line that reads is not closed, though its pongs are late", async (t) => {
    const server = await startServer([...SOON, ...SOON_TOO]);
    t.after(() => server.kill());
    const line = { url: `http://127.0.0.1:${await startSlowLine(t, server.port, BYTES_PER_SECOND)}` };
    const runs = Object.entries(wires).map(async ([name, open]) => {
      const { say, hear, close } = await open(server, line, name);
      const begin = performance.now();
      for (let i = 0; i < TEXTS; ++i) say(i);
      for (let i = 0; i < TEXTS; ++i) assert.equal(await hear(), `${i} ${TEXT}`, name);
      const milliseconds = performance.now() - begin;
      t.diagnostic(`${name}: ${milliseconds.toFixed(0)} ms`);
      assert.ok(milliseconds > (800 * TEXTS * TEXT.length) / BYTES_PER_SECOND, `${name}: the line is slow`);
      await Promise.all(close());
    });
    await Promise.all(runs);
    assert.equal(await server.stop(), 0);
  });
});
