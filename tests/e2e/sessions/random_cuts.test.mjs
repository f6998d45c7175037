// Clients whose connections break at random bytes, and who go on as if nothing had happened: no message lost, none twice,
// none out of order, in either direction; and nobody sees anybody leave.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CuttingProxy } from "../support/cutting_proxy.mjs";
import { until } from "../support/deadline.mjs";
import { generator } from "../support/random.mjs";
import { startServer } from "../support/server.mjs";
import { SessionClient } from "../support/session_client.mjs";

const LONG = process.env.SIGNALING_LONG_TEST === "1";
const PAIRS = LONG ? 100 : 15;
const SECONDS = LONG ? 600 : 8;
const MEAN_BYTES = 3000;

test("connections that break at random bytes", { timeout: (SECONDS + 120) * 1000 }, async (t) => {
  const seed = Number(process.env.SIGNALING_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`SIGNALING_SEED=${seed}`);
  const server = await startServer(["--threads", "2", "--away-after", "50ms", "--max-messages-per-second", "0"]);
  t.after(async () => assert.equal(await server.stop(), 0));
  const proxy = await CuttingProxy.start(t, server);

  const clients = [];
  for (let i = 0; i < 2 * PAIRS; ++i) {
    const client = new SessionClient(() => `${proxy.url.replace("http", "ws")}/signaling`);
    client.next = 0;
    client.expected = 0;
    client.problems = [];
    client.onMessage = (message) => {
      if (message.type === "message") {
        if (message.data !== client.expected) client.problems.push(`${message.data} in place of ${client.expected}`);
        client.expected = message.data + 1;
      } else if (message.type !== "joined" && message.type !== "peer-away" && message.type !== "peer-back") {
        if (message.type !== "peer-joined" || client.partnerJoined) client.problems.push(JSON.stringify(message));
        client.partnerJoined = true;
      }
    };
    client.connect();
    client.send({ type: "join", room: `pair ${i >> 1}` });
    clients.push(client);
  }
  const hasJoined = (client) => client.heard.some((message) => message.type === "joined");
  await until(() => clients.every(hasJoined), "all have joined", 30_000);
  const random = generator(seed);
  proxy.plan = () => ({
    cut: random() < 0.5 ? "reset" : "end",
    from: random() < 0.5 ? "client" : "server",
    bytes: Math.ceil(-Math.log(1 - random()) * MEAN_BYTES),
  });
  proxy.cut("reset"); // not earlier: without a secret a client cannot come back
  const partners = clients.map((_, i) => clients[i ^ 1]);

  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) {
    clients.forEach((client, i) => {
      for (let n = 0; n < 3; ++n) client.send({ type: "message", to: partners[i].id, data: client.next++ });
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  proxy.plan = () => undefined;
  proxy.cut("reset");
  await until(() => clients.every((client, i) => client.expected === partners[i].next), "all have arrived", 30_000);

  assert.deepEqual(clients.map((client) => client.problems).flat(), []);
  const answers = clients.flatMap((client) => client.welcomes.map((welcome) => welcome.resumed ?? "new"));
  const count = (answer) => answers.filter((one) => one === answer).length;
  t.diagnostic(`${proxy.cuts} cuts, ${count("exact")} resumed exactly, ${count("new")} first connections`);
  assert.ok(count("exact") > PAIRS);
  assert.equal(count("rooms") + count("none"), 0);
  for (const client of clients) client.close();
});
