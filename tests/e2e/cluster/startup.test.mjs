// What a node says about a Redis that it cannot use, and how it stands by /readyz.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { until } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { startServer } from "../support/server.mjs";
import { Cluster, expectNoComplaints, statusOf } from "./support/cluster.mjs";
import { RedisServer } from "./support/redis_server.mjs";

const GUIDE = readFileSync(new URL("../../../docs/clustering.md", import.meta.url), "utf8");
/** The words of the command that docs/clustering.md gives, with a password that needs encoding in a URL. */
const ACL = /ACL SETUSER signaling [^`]*/
  .exec(GUIDE)[0]
  .trim()
  .split(/\s+/)
  .map((word) => word.replace("PASSWORD", "open sesame"));

/** A Redis server for the test, with one command done. */
async function startRedis(t, options, ...command) {
  const redis = await RedisServer.start(options);
  t.after(() => redis.kill());
  if (command.length) await redis.command(...command);
  return redis;
}

async function startNode(t, url, args = []) {
  const node = await startServer(["--store", url, ...args]);
  t.after(() => node.kill());
  return node;
}

test("a wrong password is named in the log, and the node is not ready", async (t) => {
  const redis = await startRedis(t, { args: ["--requirepass", "right"] });
  for (const credentials of ["", ":wrong@", "nobody:right@"]) {
    const node = await startNode(t, `redis://${credentials}127.0.0.1:${redis.port}`);
    await until(
      () => /level=error .*(password|NOAUTH|WRONGPASS)/i.test(node.output),
      `the log of ${credentials}`,
    );
    assert.equal(await statusOf(node, "/readyz"), 503);
    assert.ok(!node.output.includes("wrong@"), "the password stays out of the log");
  }
  const node = await startNode(t, `redis://:right@127.0.0.1:${redis.port}`);
  await until(async () => (await statusOf(node, "/readyz")) === 200, "ready with the right one");
});

test("the permissions of docs/clustering.md suffice; one that is missing is named in the log", async (t) => {
  const redis = await startRedis(t, {}, ...ACL);
  const url = `redis://signaling:open%20sesame@127.0.0.1:${redis.port}`;
  const node = await startNode(t, url);
  await until(async () => (await statusOf(node, "/readyz")) === 200, "ready");
  const client = await NativeClient.connect(node);
  await client.join("r", "Ada");
  await client.request({ type: "update", room: "r", metadata: "Eve" });
  await client.close();
  assert.equal(await node.stop(), 0);
  expectNoComplaints(node);

  for (const missing of ["xadd", "evalsha", "spop", "xread", "zrangebyscore"]) {
    await redis.command(...ACL, `-${missing}`);
    const refused = await startNode(t, url);
    const named = () => new RegExp(`level=error .*${missing}`, "i").test(refused.output);
    await until(named, `'${missing}' in the log`).catch((error) =>
      assert.fail(`${error.message}: ${refused.output}`),
    );
    assert.equal(await statusOf(refused, "/readyz"), 503);
  }
  await redis.command(...ACL, "resetkeys", "~other:*");
  const refused = await startNode(t, url);
  await until(() => /level=error .*(key|NOPERM)/i.test(refused.output), "the keys in the log");
});

test("readyz: 503 while Redis is away, 200 when it is back, also of a node that starts without it", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2 });
  await cluster.redis.stop();
  const early = await startNode(t, cluster.redis.url);
  for (const node of [...cluster.nodes, early]) {
    await until(async () => (await statusOf(node, "/readyz")) === 503, "not ready");
    assert.equal(await statusOf(node, "/healthz"), 200);
  }
  const client = await NativeClient.connect(early);
  await client.join("alone");
  await cluster.redis.start();
  for (const node of [...cluster.nodes, early])
    await until(async () => (await statusOf(node, "/readyz")) === 200, "ready again");
  await until(async () => (await cluster.roomsInRedis()).size === 1, "its room is known");
});

test("--store-required: without Redis clients and joins are turned away, and who is there stays", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 1, args: ["--store-required"] });
  const [node] = cluster.nodes;
  const [ada, bob] = [await NativeClient.connect(node), await NativeClient.connect(node)];
  await ada.join("r");
  await bob.join("r");
  await ada.next();
  await cluster.redis.stop();
  await until(async () => (await statusOf(node, "/readyz")) === 503, "not ready");
  assert.equal((await ada.request({ type: "join", room: "other" })).code, "store_unavailable");
  const late = new NativeClient(node);
  assert.equal((await late.next()).code, "store_unavailable");
  await ada.request({ type: "message", to: bob.id, data: "still here" });
  assert.equal((await bob.next()).data, "still here");
  await cluster.redis.start();
  await cluster.ready();
  assert.equal((await ada.request({ type: "join", room: "other" })).type, "joined");
});
