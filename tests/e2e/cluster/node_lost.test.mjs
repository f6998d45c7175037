// Nodes that die, and nodes that stand still for so long that they are taken for dead.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { Cluster } from "./support/cluster.mjs";
import { Load } from "./support/load.mjs";

const BOUND_MS = 15_000; // from the end of a node to the last peer-left
const LEASE_MS = 10_000;
const CROWD = { rooms: 20, perSecond: 150, churn: 0.1 };

// They wait for most of the time.
describe("kill -9", { concurrency: true }, () => {
  test("of a node under load: node-lost once for each of its peers within 15 s, for nobody else", async (t) => {
    const cluster = await Cluster.start(t);
    const load = await Load.start(t, cluster, CROWD);
    await load.talk(2_000);
    load.oracle.disturbed = true;
    load.down.add(1);
    const lost = load.seats.filter(({ node }) => node === 1).length;
    load.oracle.nodeLost(1);
    await cluster.nodes[1].kill();
    const isSeen = () =>
      !load.oracle.living().some(({ view }) => [...view.values()].some(({ key }) => load.oracle.isLost(key)));
    await until(isSeen, "nobody sees the dead any more", BOUND_MS + 5_000);
    t.diagnostic(`${lost} peers lost, the last reported after ${Math.round(load.oracle.lastNotice())} ms`);
    assert.ok(load.oracle.lastNotice() < BOUND_MS, `after ${load.oracle.lastNotice()} ms`);
    assert.ok(load.oracle.leaves.get("node-lost") >= lost);

    await cluster.restart(1);
    load.down.clear();
    await load.bringBack(1);
    await load.talk(3_000);
    await load.settle();
    await load.leave();
    await cluster.stopNodes();
  });

  test("a peer that comes back with its secret before it is missed is not lost later", async (t) => {
    const cluster = await Cluster.start(t, { args: ["--allow-client-ids"] });
    const [witness, peer] = [
      await NativeClient.connect(cluster.nodes[0]),
      await NativeClient.connect(cluster.nodes[1]),
    ];
    await witness.join("r");
    await peer.join("r");
    await witness.next();
    await cluster.nodes[1].kill();
    const killed = performance.now();
    const query = { peer: peer.id, resume: peer.resume };
    const again = await NativeClient.connect(cluster.nodes[2], { query });
    assert.equal(again.id, peer.id);
    await again.join("r");
    const seen = [await witness.next(), await witness.next()].map(({ type }) => type);
    assert.deepEqual(seen, ["peer-left", "peer-joined"]);
    assert.ok(performance.now() - killed < LEASE_MS, "it had not been missed");
    const isReaped = async () => (await cluster.redis.command("ZCARD", "signaling:nodes")) === 2;
    await until(isReaped, "the dead node is reaped", BOUND_MS);
    await again.request({ type: "message", room: "r", data: "still here" });
    assert.equal((await witness.next()).data, "still here");
    await witness.expectNothing();
    await Promise.all([witness.close(), again.close()]);
    await cluster.expectNoTraces();
  });

  test("of all nodes at once: who comes next finds the room empty in the end, and the ids free", async (t) => {
    const cluster = await Cluster.start(t, { nodes: 2, args: ["--allow-client-ids"] });
    for (const node of cluster.nodes)
      await (await NativeClient.connect(node, { query: { peer: `on ${node.port}` } })).join("r");
    const ports = cluster.nodes.map(({ port }) => port);
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await cluster.restart(0);
    const late = await NativeClient.connect(cluster.nodes[0]);
    await late.join("r");
    const isAlone = async () => (await late.request({ type: "members", room: "r" })).peers.length === 0;
    await until(isAlone, "the dead are gone", 2 * BOUND_MS);
    for (const port of ports) await NativeClient.connect(cluster.nodes[0], { query: { peer: `on ${port}` } });
    const left = (await late.drain()).filter(({ type }) => type === "peer-left");
    assert.deepEqual(
      left.map(({ reason }) => reason),
      ["node-lost", "node-lost"],
    );
  });
});

describe("SIGSTOP", { concurrency: true }, () => {
  test("beyond the lease: its peers are lost and come again, and its own are told", async (t) => {
    const cluster = await Cluster.start(t);
    const load = await Load.start(t, cluster, CROWD);
    await load.talk(1_000);
    load.oracle.disturbed = true;
    load.down.add(2);
    load.oracle.suspect(2);
    process.kill(cluster.nodes[2].pid, "SIGSTOP");
    await load.talk(BOUND_MS);
    const seesStopped = ({ node, view }) =>
      node !== 2 && [...view.values()].some(({ key }) => load.oracle.isSuspect(key));
    await until(() => !load.oracle.living().some(seesStopped), "nobody sees its peers any more", 5_000);
    process.kill(cluster.nodes[2].pid, "SIGCONT");
    await cluster.ready();
    load.down.clear();
    await load.talk(3_000);
    await load.settle();
    for (const stay of load.oracle.living().filter(({ node, suspect }) => node === 2 && suspect))
      if (!stay.room.startsWith("vertex"))
        assert.ok(
          stay.warnings.some(({ code }) => code === "messages_lost"),
          stay.key,
        );
    await load.leave();
    await cluster.stopNodes();
  });

  test("shorter than the lease: nobody leaves, and nothing is lost", async (t) => {
    const cluster = await Cluster.start(t);
    const load = await Load.start(t, cluster, CROWD);
    load.down.add(2);
    process.kill(cluster.nodes[2].pid, "SIGSTOP");
    await delay(5_000);
    process.kill(cluster.nodes[2].pid, "SIGCONT");
    load.down.clear();
    await load.talk(2_000);
    await load.settle();
  });
});
