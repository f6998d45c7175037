// Another Redis takes over under the same name, and the connections with the old one stay open: nodes find the new one by
// what the old one answers.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { Cluster } from "./support/cluster.mjs";
import { Forwarder } from "./support/forwarder.mjs";
import { RedisServer } from "./support/redis_server.mjs";

const MOVED_MS = 10_000; // the bound of docs/clustering.md, and what a loaded machine adds

/** Two nodes that know Redis by the port of a forwarder, and a replica of it that is in step. */
async function startPair(t) {
  const forwarder = await Forwarder.start();
  t.after(() => forwarder.stop());
  const url = (redis) => {
    forwarder.target = redis.port;
    return `redis://127.0.0.1:${forwarder.port}`;
  };
  const cluster = await Cluster.start(t, { nodes: 2, url });
  const primary = cluster.redis;
  const replica = await RedisServer.start();
  t.after(() => replica.kill());
  await replica.command("REPLICAOF", "127.0.0.1", primary.port);
  const isInStep = async () => /master_link_status:up/.test(await replica.command("INFO", "replication"));
  await until(isInStep, "the replica follows");
  const clients = await Promise.all(cluster.nodes.map((node) => NativeClient.connect(node)));
  t.after(() => clients.forEach(({ socket }) => socket.terminate()));
  for (const client of clients) await client.join("r", client.id);
  for (const client of clients) await client.drain();
  return { cluster, primary, replica, forwarder, clients };
}

async function areOn(redis, nodes) {
  return Number(await redis.command("ZCARD", "signaling:nodes")) === nodes;
}

/** Both talk with each other again, in both directions. */
async function expectTogether([one, other]) {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ]) {
    await from.drain();
    await to.drain();
    const answer = await from.request({ type: "offer", to: to.id, data: "after" });
    assert.equal(answer.type, "sent", JSON.stringify(answer));
    for (;;) {
      const message = await to.next();
      if (message.type === "offer") break;
      assert.equal(message.code, "messages_lost", JSON.stringify(message));
    }
  }
}

describe("a failover whose old connections stay open", { concurrency: true }, () => {
  test("the old primary follows the new one: nodes are there within 10 s", async (t) => {
    const { cluster, primary, replica, forwarder, clients } = await startPair(t);
    await replica.command("REPLICAOF", "NO", "ONE");
    await primary.command("REPLICAOF", "127.0.0.1", replica.port);
    forwarder.target = replica.port;
    const moved = performance.now();
    const haveMoved = () => cluster.nodes.every(({ output }) => /store-lost-data/.test(output));
    await until(haveMoved, "all nodes are with the new primary", MOVED_MS);
    await cluster.ready();
    assert.ok(await areOn(replica, 2));
    t.diagnostic(`ready ${Math.round(performance.now() - moved)} ms after the move`);
    await expectTogether(clients);
    for (const client of clients)
      assert.ok(!(await client.drain()).some(({ type }) => type === "peer-left"), "nobody is said to have left");
  });

  test("the name moves some seconds after the old primary has become a replica", async (t) => {
    const { cluster, primary, replica, forwarder, clients } = await startPair(t);
    await replica.command("REPLICAOF", "NO", "ONE");
    await primary.command("REPLICAOF", "127.0.0.1", replica.port);
    const isAlone = () => cluster.nodes.every(({ output }) => /store-unreachable/.test(output));
    await until(isAlone, "the nodes notice");
    const isNamed = () => cluster.nodes.every(({ output }) => /store-unreachable .*for \d+ s: .*replica/.test(output));
    await until(isNamed, "the nodes say for how long, and why");
    forwarder.target = replica.port;
    await cluster.ready(cluster.nodes, MOVED_MS);
    assert.ok(await areOn(replica, 2));
    await expectTogether(clients);
  });
});
