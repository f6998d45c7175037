// Redis loses what it knew, or its connections, under load: the nodes bring everything back, and tell what may
// be missing.

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { describe, test } from "node:test";
import { Cluster } from "./support/cluster.mjs";
import { Load } from "./support/load.mjs";

const CROWD = { rooms: 20, perSecond: 150, churn: 0.1 };
const MENDED_MS = 15_000; // noticed within 3 s, and compared 6 s later

/** `damage(cluster, load)` happens under load; `isTold`: all must hear of lost messages, or only few, whose own were on their way. */
function damageTest(name, { isTold, redis = {} }, damage) {
  test(name, async (t) => {
    const cluster = await Cluster.start(t, { redis });
    const load = await Load.start(t, cluster, CROWD);
    await load.talk(1_000);
    load.oracle.disturbed = true;
    await damage(cluster, load);
    await load.talk(6_000);
    await load.settle(MENDED_MS);
    await cluster.ready();
    const told = load.oracle.countWarned("messages_lost");
    t.diagnostic(`${told} told of lost messages, ${load.oracle.countRefused()} messages refused`);
    assert.ok(isTold ? told > 0 : told < load.oracle.living().length / 2, `${told} were told`);
    assert.equal(load.oracle.leaves.get("node-lost"), undefined);
    const refused = load.oracle.countRefused("store_unavailable");
    load.go();
    await load.talk(2_000);
    await load.settle();
    assert.equal(load.oracle.countRefused("store_unavailable"), refused, "all is well again");
    assert.equal(load.oracle.countWarned("messages_lost"), told);
    await load.leave();
    await cluster.stopNodes();
  });
}

// They wait for most of the time.
describe("the data", { concurrency: true }, () => {
  damageTest("FLUSHALL", { isTold: true }, ({ redis }) => redis.command("FLUSHALL"));

  damageTest("three FLUSHALL in a row", { isTold: true }, async ({ redis }) => {
    for (let i = 0; i < 3; ++i) {
      await redis.command("FLUSHALL");
      await delay(1_500);
    }
  });

  damageTest("killed, and restarted empty", { isTold: true }, async ({ redis }) => {
    await redis.kill();
    await redis.start();
  });
});

describe("nothing but the connections", { concurrency: true }, () => {
  damageTest("SCRIPT FLUSH", { isTold: false }, ({ redis }) => redis.command("SCRIPT", "FLUSH"));

  damageTest("CLIENT KILL of all, five times", { isTold: false }, async ({ redis }) => {
    for (let i = 0; i < 5; ++i) {
      await redis.command("CLIENT", "KILL", "TYPE", "normal");
      await delay(700);
    }
  });
});

describe("an inbox", { concurrency: true }, () => {
  const nodeId = ({ output }) => /event=store-connected node="?([\w-]+)"?/.exec(output)[1];

  damageTest("trimmed under a reader that stands still", { isTold: true }, async ({ redis, nodes }, load) => {
    load.down.add(2);
    process.kill(nodes[2].pid, "SIGSTOP");
    await load.talk(3_000);
    const trimmed = await redis.command("XTRIM", `signaling:inbox:${nodeId(nodes[2])}`, "MAXLEN", "5");
    assert.ok(trimmed > 0, "there was something to lose");
    await load.talk(500);
    process.kill(nodes[2].pid, "SIGCONT");
    load.down.clear();
  });

  damageTest("deleted", { isTold: true }, async ({ redis, nodes }) => {
    await redis.command("DEL", `signaling:inbox:${nodeId(nodes[0])}`);
  });
});
