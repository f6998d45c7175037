// A node that stood still for longer than its lease comes back to a Redis that has kept everything: its picture is right at
// once, since nobody has to bring anything back but itself.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { Cluster, statusOf } from "./support/cluster.mjs";

const BOUND_MS = 15_000;
const AT_ONCE_MS = 3_000; // a look at data that were lost waits for 6 s

test("who joins it, and who was there before, sees everybody at once and is heard", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2 });
  const [well, stopped] = cluster.nodes;
  const connect = async (node) => {
    const client = await NativeClient.connect(node);
    t.after(() => client.socket.terminate());
    return client;
  };
  const witness = await connect(well);
  const sleeper = await connect(stopped);
  await witness.join("r", "witness");
  await sleeper.join("r", "sleeper");
  process.kill(stopped.pid, "SIGSTOP");
  const isReaped = async () => Number(await cluster.redis.command("ZCARD", "signaling:nodes")) === 1;
  await until(isReaped, "the node is reaped", 2 * BOUND_MS);
  const newcomer = await connect(well);
  await newcomer.join("r", "newcomer");
  process.kill(stopped.pid, "SIGCONT");
  const back = performance.now();
  await until(async () => (await statusOf(stopped, "/readyz")) === 200, "ready");
  const late = await connect(stopped);
  const joined = await late.join("r", "late");
  const seen = joined.peers.map(({ metadata }) => metadata).sort();
  assert.deepEqual(seen, ["newcomer", "sleeper", "witness"]);
  assert.equal((await newcomer.request({ type: "message", room: "r", data: "hello" })).type, "sent");
  const heard = [];
  const hasHeard = async () => heard.push(...(await sleeper.drain())) && heard.some(({ data }) => data === "hello");
  await until(hasHeard, "the one who slept hears the newcomer", AT_ONCE_MS);
  t.diagnostic(`all is well ${Math.round(performance.now() - back)} ms after its return`);
  assert.ok(heard.some(({ code }) => code === "messages_lost"), "and is told that it may have missed something");
  assert.ok(heard.some(({ type, peer }) => type === "peer-joined" && peer.metadata === "newcomer"));
  assert.match(stopped.output, /store-lost-inbox/);
  assert.doesNotMatch(stopped.output, /store-lost-data/);
});
