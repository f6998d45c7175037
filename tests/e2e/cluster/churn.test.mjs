// Three nodes, all well: nothing lost, nothing twice, order kept, and the membership exact on each node and
// in Redis.
//
// SIGNALING_LONG_TEST=1: 300 rooms of 6, for ten minutes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster, expectNoComplaints } from "./support/cluster.mjs";
import { Load } from "./support/load.mjs";

const IS_LONG = Boolean(process.env.SIGNALING_LONG_TEST);
const CROWD = IS_LONG ? { rooms: 300, perSecond: 400 } : { rooms: 40, perSecond: 300 };
const TALK_MS = IS_LONG ? 600_000 : 15_000;

test("rooms with members on all nodes, of three protocols, who come, talk and go", async (t) => {
  const cluster = await Cluster.start(t);
  const load = await Load.start(t, cluster, { ...CROWD, churn: 0.15, seed: Number(process.env.SEED) || 1 });
  await load.talk(TALK_MS);
  await load.settle();
  t.diagnostic(`${load.oracle.deliveries} deliveries, leaves ${JSON.stringify([...load.oracle.leaves])}`);
  assert.ok(load.oracle.deliveries > TALK_MS / 10);
  await load.leave();
  await cluster.stopNodes();
  cluster.nodes.forEach(expectNoComplaints);
});
