// Redis away for 20 s under load: rooms go on within each node, nobody is reported as gone, and all is well when it
// is back.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Cluster, statusOf } from "./support/cluster.mjs";
import { Load } from "./support/load.mjs";

const AWAY_MS = 20_000;
const NOTICED_MS = 6_000; // what is answered at once from then on
const BACK_MS = 10_000;
const CROWD = { rooms: 20, perSecond: 150, churn: 0.1 };

/** `leave` and `comeBack`: what Redis does. */
function awayTest(name, options, leave, comeBack) {
  test(name, async (t) => {
    const cluster = await Cluster.start(t, { redis: options });
    const load = await Load.start(t, cluster, CROWD);
    const { oracle } = load;
    await load.talk(1_000);
    oracle.disturbed = true;
    await leave(cluster.redis);
    await load.talk(NOTICED_MS);
    for (const node of cluster.nodes) assert.equal(await statusOf(node, "/readyz"), 503);
    const delivered = oracle.deliveries;
    await load.talk(AWAY_MS - NOTICED_MS);
    t.diagnostic(
      `${oracle.deliveries - delivered} deliveries without Redis, ${oracle.countRefused()} messages refused`,
    );
    assert.ok(oracle.deliveries - delivered > (AWAY_MS - NOTICED_MS) / 50, "local rooms go on");
    assert.ok(oracle.countRefused("store_unavailable") > 0, "what cannot be brought is refused");
    await comeBack(cluster.redis);
    const back = performance.now();
    await cluster.ready();
    await load.talk(2_000);
    await load.settle(BACK_MS);
    t.diagnostic(`exact ${Math.round(performance.now() - back)} ms after its return`);
    // And now everything is as if nothing had been.
    const refused = oracle.countRefused("store_unavailable");
    load.go();
    await load.talk(2_000);
    await load.settle();
    assert.equal(oracle.countRefused("store_unavailable"), refused);
    assert.equal(oracle.leaves.get("node-lost"), undefined);
    await load.leave();
    await cluster.stopNodes();
  });
}

// They wait for most of the time.
describe("for 20 s", { concurrency: true }, () => {
  const silent = [(redis) => redis.signal("SIGSTOP"), (redis) => redis.signal("SIGCONT")];
  awayTest("it stands still with its connections open", {}, ...silent);
  const stopped = [(redis) => redis.stop(), (redis) => redis.start()];
  awayTest("it is stopped, and comes back with its data", { appendonly: true }, ...stopped);
});
