// A rolling deploy: a node is told to end, and its clients' sessions go on at another one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "../cluster/support/cluster.mjs";
import { Balancer } from "../operation/support/balancer.mjs";
import { until } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { enter, makeClient } from "./support/demo_client.mjs";

const CLIENTS = 60;
const ROOMS = 6;
const INTERVAL_MS = 20;

const roomOf = (i) => `room ${i % ROOMS}`;

/** Says 0, 1, 2 … in the room until it is told to stop, and then how many it has said. */
async function talk(witness, room, isOver) {
  let count = 0;
  for (; !isOver(); ++count) {
    witness.send({ type: "message", room, data: count });
    await delay(INTERVAL_MS);
  }
  return count;
}

test("nobody in the rooms sees that a node ends, and no message to its clients is lost", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2 });
  const [a, b] = cluster.nodes;
  const balancer = await Balancer.start(t, a);
  const clients = [];
  for (let i = 0; i < CLIENTS; ++i) clients.push(await enter(t, balancer, roomOf(i), { keepSeconds: 30 }));
  const witnesses = [];
  for (let i = 0; i < ROOMS; ++i) {
    witnesses.push(await NativeClient.connect(b));
    await witnesses[i].join(roomOf(i));
  }
  await until(() => clients.every((client) => client.told("peer-joined").length > 0), "all see the witnesses");
  for (const client of clients) client.events.length = 0;
  for (const witness of witnesses) await witness.drain();

  let isOver = false;
  const talks = witnesses.map((witness, i) => talk(witness, roomOf(i), () => isOver));
  const following = balancer.follow(b);
  const began = performance.now();
  assert.equal(await a.stop(), 0, a.output);
  const seconds = (performance.now() - began) / 1000;
  await following;
  await until(() => clients.every((client) => client.told("resumed").length > 0), "all are back");
  isOver = true;
  const counts = await Promise.all(talks);
  t.diagnostic(`${CLIENTS} sessions moved, the node ended after ${seconds.toFixed(1)} s`);
  assert.ok(seconds < 10, "it has not waited for the deadline");

  for (const [i, client] of clients.entries()) {
    const count = counts[i % ROOMS];
    const heard = () => client.told("message").map(({ data }) => data);
    await until(() => heard().length >= count, `client ${i} has heard all`);
    assert.deepEqual(heard(), [...Array(count).keys()], "once, and in order");
    assert.deepEqual(client.told("resumed").map(({ resumed }) => resumed), ["exact"]);
    for (const type of ["peer-left", "peer-joined", "left"]) assert.deepEqual(client.told(type), [], type);
  }
  for (const witness of witnesses) {
    const changes = (await witness.drain()).filter(({ type }) => /^peer-(left|joined)$/.test(type));
    assert.deepEqual(changes, []);
  }
});

test("a client that is not back by the deadline has left, and the node ends", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2, args: ["--drain-timeout", "3s"] });
  const [a, b] = cluster.nodes;
  const client = makeClient(t, a, { keepSeconds: 30, maxDelayMs: 60_000, minDelayMs: 60_000 });
  await client.connect();
  await client.join("r");
  const witness = await NativeClient.connect(b);
  await witness.join("r");
  const began = performance.now();
  const stopped = a.stop();
  await until(async () => (await witness.drain()).some(({ type }) => type === "peer-left"), "the leave");
  assert.equal(await stopped, 0, a.output);
  const milliseconds = performance.now() - began;
  assert.ok(milliseconds > 1_500 && milliseconds < 6_000, `after ${milliseconds} ms`);
});
