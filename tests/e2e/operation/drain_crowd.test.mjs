// 2,000 clients of one node move to another while they talk: each is back as soon as it was told to come, nothing is
// lost without a word, and the rooms are as they were.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster, keyOf } from "../cluster/support/cluster.mjs";
import { get } from "../support/raw_http.mjs";
import { Balancer } from "./support/balancer.mjs";
import { parseExposition, valueOf } from "./support/exposition.mjs";
import { MeshMover, NativeMover } from "./support/movers.mjs";
import { MovingCrowd } from "./support/moving_crowd.mjs";

const ROOMS = 600;
const MOVING = 2_000;
const PER_SECOND = 800;
const DRAIN_RATE = 200;
const DRAIN_MS = (MOVING / DRAIN_RATE) * 1000;
const DRAIN_TIMEOUT_MS = 30_000;
/** To connect and join, on a machine that is busy. */
const JOIN_MS = 10_000;

/** Rooms with all on the first node, and rooms with half on each. One in every third of both kinds speaks Socket.IO. */
function gatherCrowd(balancer, first, second) {
  const crowd = new MovingCrowd(second);
  const [native, mesh] = [
    { kind: NativeMover, server: first },
    { kind: MeshMover, server: balancer },
  ];
  const staying = { kind: NativeMover, server: second };
  for (let i = 0; i < ROOMS; ++i) {
    const one = i % 6 < 2 ? mesh : native;
    crowd.addRoom(i % 3 === 0 ? [one, native, staying, staying] : [one, native, native, native]);
  }
  return crowd;
}

/** Each room has its four members and no others: as each of them was told, as the node says, and in Redis. */
async function expectExact(crowd, cluster) {
  const inRedis = await cluster.roomsInRedis();
  const asText = (peers) => [...peers].sort().join();
  for (const { name, clients } of crowd.rooms) {
    const peers = clients.map(({ stay }) => stay.peer);
    assert.equal(asText(inRedis.get(keyOf("room", name))), asText(peers), name);
    for (const client of clients) {
      const others = peers.filter((peer) => peer !== client.stay.peer);
      if (!client.seesAll) continue;
      assert.equal(asText(client.stay.others), asText(others), client.name);
      assert.equal(asText(await client.members()), asText(others), client.name);
    }
  }
}

test("2,000 clients move to the other node within their time, and nothing is lost", async (t) => {
  const timeout = ["--drain-timeout", `${DRAIN_TIMEOUT_MS}ms`];
  const cluster = await Cluster.start(t, { nodes: 2, args: ["--drain-rate", String(DRAIN_RATE), ...timeout] });
  const [first, second] = cluster.nodes;
  const balancer = await Balancer.start(t, first);
  const crowd = gatherCrowd(balancer, first, second);
  t.after(() => crowd.end());
  await crowd.gather();
  crowd.talk(PER_SECOND);

  const begin = performance.now();
  const stopped = first.stop("SIGTERM", DRAIN_TIMEOUT_MS);
  const following = balancer.follow(second);
  assert.equal(await stopped, 0, first.output);
  const took = performance.now() - begin;
  await following;
  assert.ok(took > 0.8 * DRAIN_MS && took < DRAIN_TIMEOUT_MS, `${took} ms`);
  assert.match(first.output, /event=drained peers="?0"?\n/);

  const isBack = (client) => client.stay && client.returns.length === (client.firstServer === second ? 0 : 1);
  await crowd.until(() => [...crowd.clients.values()].every(isBack), "all are back");
  await crowd.settle();
  crowd.check();
  await expectExact(crowd, cluster);
  const page = parseExposition((await get(second, "/metrics")).body);
  assert.equal(valueOf(page, "signaling_peers"), crowd.clients.size);
  for (const code of ["messages_lost", "store_unavailable", "slow_consumer"])
    assert.equal(valueOf(page, "signaling_errors_total", { code }), 0, code);

  const returns = [...crowd.clients.values()].flatMap((client) => client.returns);
  assert.equal(returns.length, MOVING);
  const late = Math.max(...returns.map(({ outMs, toldMs }) => outMs - toldMs));
  const { taken, heard, unanswered } = crowd.counts();
  const missed = crowd.countMissedOnTheWay();
  t.diagnostic(`drained in ${Math.round(took)} ms; back at most ${Math.round(late)} ms after the time that was told`);
  t.diagnostic(`${taken} messages taken and ${heard} heard; ${unanswered} not answered, ${missed} missed on the way`);
  assert.ok(late < JOIN_MS, `${late} ms late`);
  assert.ok(unanswered + missed < heard / 20, "only what was said at the very moment");
});
