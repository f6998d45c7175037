// Crowds that come, talk and go, again and again, among faults and rubbish: afterwards each node holds what it held
// before, and Redis nothing.
//
// SIGNALING_LONG_TEST=1: for an hour.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openSocket } from "../support/byte_stream.mjs";
import { until } from "../support/deadline.mjs";
import { MEBIBYTE, openFiles, residentBytes, threads } from "../support/process_usage.mjs";
import { Cluster } from "./support/cluster.mjs";
import { Load } from "./support/load.mjs";

const IS_LONG = Boolean(process.env.SIGNALING_LONG_TEST);
const CROWD = IS_LONG
  ? { rooms: 60, perSecond: 300, churn: 0.15 }
  : { rooms: 20, perSecond: 150, churn: 0.15 };
const TALK_MS = IS_LONG ? 6_000 : 1_000;
const MENDED_MS = 20_000;
const IDLE_MS = 1_000;

const FAULTS = {
  none: async () => {},
  "Redis's clients killed": ({ redis }) => redis.command("CLIENT", "KILL", "TYPE", "normal"),
  "Redis stands still": async ({ redis }) => {
    redis.signal("SIGSTOP");
    await delay(3_000);
    redis.signal("SIGCONT");
  },
  "a node stands still": async ({ nodes }) => {
    process.kill(nodes[1].pid, "SIGSTOP");
    await delay(1_500);
    process.kill(nodes[1].pid, "SIGCONT");
  },
  FLUSHALL: ({ redis }) => redis.command("FLUSHALL"),
};
const WARM_UP = Object.keys(FAULTS);
const MEASURED = IS_LONG ? undefined : ["Redis's clients killed", "FLUSHALL"];
const END = performance.now() + 3_600_000;

const RUBBISH = [
  "",
  "GET / HTTP/1.1\r\nHost: a\r\nX: ",
  "GET /signaling HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01",
  "POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n[",
];

/** On each node: connections that say something and break off. */
async function throwRubbish({ nodes }) {
  for (const node of nodes) {
    for (const text of RUBBISH) {
      const { socket } = await openSocket(node);
      socket.write(text);
      await delay(10);
      socket.resetAndDestroy();
    }
  }
}

/** A crowd from its first client to its last, with a fault in the middle. Returns how many messages arrived. */
async function live(t, cluster, fault, seed) {
  const load = await Load.start(t, cluster, { ...CROWD, seed });
  await load.talk(TALK_MS);
  load.oracle.disturbed = fault !== "none";
  await Promise.all([FAULTS[fault](cluster), throwRubbish(cluster)]);
  await load.talk(TALK_MS);
  await load.settle(MENDED_MS);
  await load.leave();
  return load.oracle.deliveries;
}

const holdings = ({ pid }) => ({ files: openFiles(pid), threads: threads(pid) });

/** The node has the same files and threads as `before`; fetch and Redis's connections may take a moment to end. */
async function expectSame(node, before) {
  await until(() => openFiles(node.pid) === before.files, `${before.files} descriptors`, MENDED_MS);
  assert.deepEqual(holdings(node), before);
}

test("crowd after crowd, fault after fault: nothing is lost, and nothing is left", async (t) => {
  const cluster = await Cluster.start(t, { args: ["--http-idle-timeout", `${IDLE_MS}ms`] });
  await delay(2 * IDLE_MS); // what asked whether they are ready has gone
  const fresh = cluster.nodes.map(holdings);
  let seed = 0;
  for (const fault of WARM_UP) await live(t, cluster, fault, ++seed);
  const before = cluster.nodes.map(({ pid }) => residentBytes(pid));

  let deliveries = 0;
  const faults = MEASURED ?? WARM_UP;
  for (let round = 0; IS_LONG ? performance.now() < END : round < faults.length; ++round) {
    deliveries += await live(t, cluster, faults[round % faults.length], ++seed);
    for (const [i, node] of cluster.nodes.entries()) await expectSame(node, fresh[i]);
    const grown = cluster.nodes.map(({ pid }, i) => residentBytes(pid) - before[i]);
    const text = grown.map((bytes) => `${Math.round(bytes / 1024)} kB`).join(", ");
    if (round % 10 === 0) t.diagnostic(`round ${round}: ${deliveries} deliveries; resident ${text} more`);
    for (const [i, bytes] of grown.entries())
      assert.ok(
        bytes < before[i] / 20 + 2 * MEBIBYTE,
        `node ${i} holds ${bytes} bytes more than ${before[i]}`,
      );
  }
  await cluster.stopNodes();
});
