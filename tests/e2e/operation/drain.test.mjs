// A node that is told to end sends its clients to the others, and none of them is lost.

import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster, statusOf } from "../cluster/support/cluster.mjs";
import { SeedClient } from "../seeds/support/seed_client.mjs";
import { VertexClient } from "../seeds/support/vertex_client.mjs";
import { RawWebSocket } from "../support/raw_websocket.mjs";
import { until, within } from "../support/deadline.mjs";
import { NativeClient, connectClients } from "../support/native_client.mjs";
import { startServer } from "../support/server.mjs";
import { Balancer } from "./support/balancer.mjs";

const ROOMS = 20;

/** When it hears `going-away`: leaves, waits as long as it was told, and joins its room through the balancer. */
async function moveWhenTold(client, balancer, room) {
  let message;
  do message = await client.next();
  while (message.type !== "going-away");
  const { code } = await client.closed();
  await delay(message.reconnectMs);
  const again = await NativeClient.connect(balancer);
  await again.join(room);
  return { again, code, reconnectMs: message.reconnectMs };
}

describe("a node of two gets SIGTERM", () => {
  test("each of 200 clients is told another time to come back, and is in its room on the other node", async (t) => {
    const cluster = await Cluster.start(t, { nodes: 2, args: ["--drain-rate", "100", "--drain-timeout", "20s"] });
    const [a, b] = cluster.nodes;
    const balancer = await Balancer.start(t, a);
    const clients = await connectClients(t, balancer, 200);
    const rooms = clients.map((_, i) => `room ${i % ROOMS}`);
    await Promise.all(clients.map((client, i) => client.join(rooms[i])));

    const stopped = a.stop();
    const following = balancer.follow(b);
    const moved = await Promise.all(clients.map((client, i) => moveWhenTold(client, balancer, rooms[i])));
    t.after(() => moved.forEach(({ again }) => again.socket.terminate()));
    await following;
    assert.equal(await stopped, 0, a.output);

    assert.ok(moved.every(({ code }) => code === 1001));
    assert.ok(new Set(moved.map(({ reconnectMs }) => reconnectMs)).size > 100, "not all at once");
    assert.ok(moved.every(({ reconnectMs }) => reconnectMs > 0 && reconnectMs <= 2000));
    for (const [i, { again }] of moved.entries()) {
      const { peers } = await again.request({ type: "members", room: rooms[i] });
      const expected = moved.filter((_, j) => rooms[j] === rooms[i]).map((one) => one.again.id);
      assert.deepEqual([...peers.map(({ id }) => id), again.id].sort(), expected.sort());
    }
  });

  for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
    test(`socket.io-client over ${transports.join(" and ")} comes back by itself`, async (t) => {
      const cluster = await Cluster.start(t, { nodes: 2 });
      const [a, b] = cluster.nodes;
      const balancer = await Balancer.start(t, a);
      const client = await SeedClient.connect(balancer, {
        marker: "join_room",
        reconnection: true,
        reconnectionDelay: 50,
        transports,
      });
      t.after(() => client.socket.disconnect());
      const earlier = client.id;
      const joined = [{ roomName: "r", personName: "p", socketId: earlier }];
      client.emit("join_room", { roomName: "r", personName: "p" });
      await client.expect(["user_joined", ...joined]);

      client.socket.on("connect", () => client.emit("join_room", { roomName: "r", personName: "p" }));
      const following = balancer.follow(b);
      assert.equal(await a.stop(), 0, a.output);
      await following;
      const reason = await client.ended();
      assert.ok(["transport close", "transport error"].includes(reason), reason);
      await until(() => client.socket.connected, "the client again");
      assert.notEqual(client.socket.id, earlier);
      await client.expect(["user_joined", { roomName: "r", personName: "p", socketId: client.socket.id }]);
    });
  }

  test("a client of vertex is closed with 1001", async () => {
    const server = await startServer(["--vocabulary", "rooms-mesh"]);
    const client = await VertexClient.register(server, "ada");
    const closed = once(client.socket, "close");
    assert.equal(await server.stop(), 0);
    assert.equal((await within(closed, "the end"))[0], 1001);
  });
});

describe("while a node drains", () => {
  test("/readyz is 503 at once, /healthz 200, new clients get 503; it ends when all are gone", async (t) => {
    const server = await startServer(["--drain-rate", "2", "--drain-timeout", "60s"]);
    const clients = await connectClients(t, server, 3);
    assert.equal(await statusOf(server, "/readyz"), 200);
    const stopped = server.stop();
    await until(async () => (await statusOf(server, "/readyz")) !== 200, "a change of /readyz");
    assert.equal(await statusOf(server, "/readyz"), 503);
    assert.equal(await statusOf(server, "/healthz"), 200);
    assert.equal(await statusOf(server, "/socket.io/?EIO=4&transport=polling"), 503);
    const late = new NativeClient(server);
    const [error] = await within(once(late.socket, "error"), "a refusal");
    assert.match(error.message, /503/);
    for (const client of clients) assert.equal((await client.closed()).code, 1001);
    assert.equal(await stopped, 0);
  });

  test("the end comes at the deadline, however slow the rate and whoever does not answer", async () => {
    const server = await startServer(["--drain-rate", "1", "--drain-timeout", "1s"]);
    const mute = await Promise.all(Array.from({ length: 5 }, () => RawWebSocket.open(server, { path: "/signaling" })));
    const start = performance.now();
    assert.equal(await server.stop(), 0);
    assert.ok(performance.now() - start >= 800, "they had their time");
    for (const socket of mute) socket.destroy();
  });
});
