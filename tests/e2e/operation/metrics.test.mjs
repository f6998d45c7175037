// GET /metrics: its format, and that it counts what happens.

import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { describe, test } from "node:test";
import { Cluster, statusOf } from "../cluster/support/cluster.mjs";
import { SeedClient } from "../seeds/support/seed_client.mjs";
import { NativeClient, joinClients } from "../support/native_client.mjs";
import { startServer } from "../support/server.mjs";
import { parseExposition, valueOf } from "./support/exposition.mjs";

async function serve(t, ...args) {
  const server = await startServer(["--threads", "1", ...args]);
  t.after(() => server.stop());
  return server;
}

async function metricsOf(server) {
  const response = await fetch(`${server.url}/metrics`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return parseExposition(await response.text());
}

test("the format is kept, also with names that clients chose", async (t) => {
  const server = await serve(t, "--allow-client-ids");
  const name = 'a"b\\c\nd{}';
  const client = await NativeClient.connect(server, { query: { peer: name } });
  t.after(() => client.socket.terminate());
  await client.join(name);
  await client.request({ type: "message", to: "nobody", data: 1 });
  const families = await metricsOf(server);
  for (const { name: family, help, type } of families.values()) assert.ok(help && type, family);
  assert.equal(valueOf(families, "signaling_errors_total", { code: "peer_not_found" }), 1);
});

test("what clients do is counted, by protocol", async (t) => {
  const server = await serve(t);
  const before = await metricsOf(server);
  const [ada, bob] = await joinClients(t, server, 2, "r");
  const seed = await SeedClient.connect(server, { marker: "join_room", transports: ["websocket"] });
  t.after(() => seed.socket.disconnect());
  const data = "x".repeat(1000);
  await ada.request({ type: "message", to: bob.id, data });
  await bob.next();
  const after = await metricsOf(server);
  const grown = (name) => valueOf(after, name) - valueOf(before, name);

  assert.equal(valueOf(after, "signaling_peers"), 3);
  assert.equal(valueOf(after, "signaling_rooms"), 2, "the vocabulary has a room for everybody");
  assert.equal(grown("signaling_joins_total"), 3);
  assert.equal(grown("signaling_peers_admitted_total"), 3);
  assert.equal(valueOf(after, "signaling_connections"), valueOf(before, "signaling_connections") + 3);
  assert.equal(grown("signaling_connections_accepted_total"), 3);
  const native = { protocol: "signaling.v1" };
  // Each joined and pinged, and one message.
  assert.equal(valueOf(after, "signaling_messages_received_total", native), 5);
  assert.ok(valueOf(after, "signaling_received_bytes_total", native) > 1000);
  // Two of each: welcome, joined, pong; then peer-joined, sent, and the message.
  assert.equal(valueOf(after, "signaling_messages_sent_total", native), 9);
  assert.ok(valueOf(after, "signaling_sent_bytes_total", native) > 1000);
  assert.ok(valueOf(after, "signaling_messages_sent_total", { protocol: "rooms-mesh" }) >= 1);
  assert.equal(valueOf(after, "signaling_store_seconds_count", { operation: "join" }), 3);
  assert.equal(valueOf(after, "signaling_http_responses_total", { class: "1xx" }), 3);
});

test("counters never go back, and the histogram of routes fills", async (t) => {
  const server = await serve(t, "--max-messages-per-second", "0");
  const [ada, bob] = await joinClients(t, server, 2, "r");
  const counters = (families) =>
    new Map(
      [...families.values()]
        .filter(({ type }) => type !== "gauge")
        .flatMap(({ series }) => series.map((one) => [one.name + JSON.stringify(one.labels), one.value])),
    );
  let before = counters(await metricsOf(server));
  for (let turn = 0; turn < 3; ++turn) {
    for (let i = 0; i < 200; ++i) ada.send({ type: "message", to: bob.id, data: i });
    await ada.request({ type: "ping" });
    await bob.drain();
    const after = counters(await metricsOf(server));
    for (const [key, value] of before) assert.ok(after.get(key) >= value, `${key}: ${value}, then ${after.get(key)}`);
    before = after;
  }
  const families = await metricsOf(server);
  const received = valueOf(families, "signaling_messages_received_total", { protocol: "signaling.v1" });
  assert.equal(valueOf(families, "signaling_route_seconds_count"), Math.floor(received / 128));
  assert.ok(valueOf(families, "signaling_route_seconds_sum") > 0);
});

test("what waits for a client that does not read shows, and is gone with it", async (t) => {
  const server = await serve(t, "--max-messages-per-second", "0");
  const [ada, slow] = await joinClients(t, server, 2, "r");
  slow.socket.pause();
  const data = "x".repeat(100_000);
  let status = "sent";
  while (status !== "queued") ({ status } = await ada.request({ type: "message", to: slow.id, data }));
  const full = await metricsOf(server);
  assert.equal(valueOf(full, "signaling_outbound_peers"), 1);
  assert.ok(valueOf(full, "signaling_outbound_bytes") > 100_000);
  assert.equal(valueOf(full, "signaling_outbound_longest_bytes"), valueOf(full, "signaling_outbound_bytes"));
  slow.socket.resume();
  await slow.drain();
  assert.equal(valueOf(await metricsOf(server), "signaling_outbound_bytes"), 0);
});

test("a node of a cluster tells how it stands with Redis", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 1 });
  const families = await metricsOf(cluster.nodes[0]);
  assert.equal(valueOf(families, "signaling_redis_connected"), 1);
  assert.equal(valueOf(families, "signaling_redis_inbox_answers"), 1);
  const age = valueOf(families, "signaling_redis_lease_age_seconds");
  assert.ok(age >= 0 && age < 10, `${age}`);
});

describe("who gets it", () => {
  const address = Object.values(networkInterfaces())
    .flat()
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
  const skip = !address && "this machine has no address but that of the loopback";
  for (const [who, status] of [
    ["nobody", 404],
    ["loopback", 404],
    ["everybody", 200],
  ]) {
    test(`--metrics ${who}`, { skip }, async (t) => {
      const server = await serve(t, "--listen", "0.0.0.0:0", "--metrics", who);
      assert.equal(await statusOf({ url: `http://127.0.0.1:${server.port}` }, "/metrics"), who === "nobody" ? 404 : 200);
      assert.equal(await statusOf({ url: `http://${address}:${server.port}` }, "/metrics"), status);
    });
  }
});
