// Sessions that move between nodes: clients that come back anywhere, in the midst of traffic.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { SessionClient } from "../support/session_client.mjs";
import { Cluster } from "./support/cluster.mjs";

const CLIENTS = 6;
const MESSAGES = 300;

test("clients that change their node have missed nothing, in order, and nobody saw them go", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 3, args: ["--allow-client-ids"] });
  const witness = await NativeClient.connect(cluster.nodes[0]);
  await witness.join("r");
  const seen = [];
  let next = 0;
  const anyNode = () => `${cluster.nodes[next++ % 3].url.replace("http", "ws")}/signaling`;
  const clients = Array.from({ length: CLIENTS }, (_, i) => new SessionClient(anyNode, { wish: `p${i}` }));
  for (const client of clients) {
    client.connect();
    client.send({ type: "join", room: "r" });
    await until(() => client.heard.length > 0, "joined");
    t.after(() => client.close());
  }
  await until(async () => seen.push(...(await witness.drain())) && seen.length >= CLIENTS, "all are seen");
  for (let i = 0; i < MESSAGES; ++i) {
    const client = clients[i % CLIENTS];
    client.send({ type: "message", room: "r", data: [client.id, i] });
    client.send({ type: "message", to: clients[(i + 1) % CLIENTS].id, room: "r", data: ["to one", client.id, i] });
    if (i % 7 === 0) clients[(i / 7) % CLIENTS].lose();
    if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const heardOf = (client, other) =>
    client.heard.filter(({ type, from, data }) => type === "message" && from === other.id && data[0] !== "to one");
  const perClient = MESSAGES / CLIENTS;
  const isComplete = () =>
    clients.every((client) => clients.every((other) => other === client || heardOf(client, other).length >= perClient));
  await until(isComplete, "everybody has heard everything");
  const answers = clients.flatMap(({ welcomes }) => welcomes.slice(1).map(({ resumed }) => resumed));
  t.diagnostic(`${answers.length} resumptions on other nodes`);
  assert.ok(answers.length > 20);
  assert.deepEqual(new Set(answers), new Set(["exact"]));
  for (const client of clients) {
    for (const other of clients) {
      if (other === client) continue;
      const numbers = heardOf(client, other).map(({ data }) => data[1]);
      assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), "in order");
      assert.equal(new Set(numbers).size, perClient, "each once");
      assert.equal(numbers.length, perClient);
    }
  }
  seen.push(...(await witness.drain()));
  const changes = seen.filter(({ type }) => type === "peer-left" || type === "peer-joined");
  assert.equal(changes.length, CLIENTS, "each was seen to join, and nobody to leave");
});
