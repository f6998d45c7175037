// An id has one owner in the whole cluster; who proves to be the same client takes it along to another node.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../support/deadline.mjs";
import { NativeClient, connectClients } from "../support/native_client.mjs";
import { Cluster } from "./support/cluster.mjs";

let cluster;
const hooks = [];
before(
  async () =>
    (cluster = await Cluster.start(
      { after: (hook) => hooks.push(hook) },
      { args: ["--allow-client-ids", "--id-grace", "3s"] }, // so that what is kept for those who were lost ends soon
    )),
);
after(async () => {
  for (const hook of hooks) await hook();
});

async function connect(t, node, query) {
  const client = await NativeClient.connect(cluster.nodes[node], { query });
  t.after(() => client.socket.terminate());
  return client;
}

async function expectRefused(node, query) {
  const client = new NativeClient(cluster.nodes[node], { query });
  assert.equal((await client.next()).code, "id_in_use");
  await client.closed();
}

describe("a wished id", () => {
  test("is refused on every node while somebody has it, and free afterwards", async (t) => {
    const ada = await connect(t, 0, { peer: "ada" });
    assert.equal(ada.id, "ada");
    for (const node of [0, 1, 2]) {
      await expectRefused(node, { peer: "ada" });
      const guesser = await connect(t, node, { peer: "ada", resume: "not the secret" });
      assert.notEqual(guesser.id, "ada");
    }
    await ada.expectNothing();
    await ada.close();
    for (const node of [1, 2, 0]) {
      const next = await connect(t, node, { peer: "ada" });
      assert.equal(next.id, "ada");
      await next.close();
    }
  });

  test("that many want at once on all nodes is given to one", async (t) => {
    const wishes = Array.from(
      { length: 12 },
      (_, i) => new NativeClient(cluster.nodes[i % 3], { query: { peer: "eve" } }),
    );
    t.after(() => wishes.forEach(({ socket }) => socket.terminate()));
    const answers = await Promise.all(wishes.map((client) => client.next()));
    const got = answers.map(({ type, code }) => code ?? type).sort();
    assert.deepEqual(got, [...Array(11).fill("id_in_use"), "welcome"]);
  });
});

describe("take-over with the resume secret", () => {
  test("on another node: the old connection is closed as replaced, the peer moves, and nobody sees it", async (t) => {
    const [witness] = await connectClients(t, cluster.nodes[2], 1);
    await witness.join("moving");
    const old = await connect(t, 0, { peer: "mover" });
    await old.join("moving");
    await witness.next();
    const young = await connect(t, 1, { peer: "mover", resume: old.resume });
    assert.equal(young.id, "mover");
    assert.equal((await old.closed()).code, 4409);
    assert.deepEqual(
      (await young.next()).peers.map(({ id }) => id),
      [witness.id],
    );
    await witness.request({ type: "message", to: "mover", data: "here?" });
    assert.equal((await young.next()).data, "here?");
    young.send({ type: "ack", received: 0 });
    await young.request({ type: "ping" });
    const late = await connect(t, 0, { peer: "mover", resume: old.resume }); // which the newer one has ended
    assert.notEqual(late.id, "mover");
    await witness.expectNothing();
  });

  test("from node to node, ten times, with a join each: one leave for each join", async (t) => {
    const [witness] = await connectClients(t, cluster.nodes[2], 1);
    await witness.join("restless");
    let current = await connect(t, 0, { peer: "restless" });
    for (let turn = 1; turn <= 10; ++turn) {
      const joining = current.request({ type: "join", room: "restless" }).catch(() => {});
      const next = await connect(t, turn % 3, { peer: "restless", resume: current.resume });
      await Promise.all([joining, current.closed()]);
      current = next;
    }
    await current.join("restless");
    const isLast = async () =>
      (await witness.request({ type: "members", room: "restless" })).peers.length === 1;
    await until(isLast, "the last one is there");
    const seen = (await witness.drain()).map(({ type }) => type);
    const alternating = seen.map((_, i) => (i % 2 ? "peer-left" : "peer-joined"));
    assert.deepEqual(seen, alternating);
    assert.equal(seen.at(-1), "peer-joined");
    await current.close();
    assert.equal((await witness.next()).type, "peer-left");
    await witness.expectNothing();
  });
});

test("nobody is left in Redis when all have gone", async () => {
  await cluster.expectNoTraces();
});
