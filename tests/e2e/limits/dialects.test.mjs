// What a client of another ecosystem's protocol may ask for.

import assert from "node:assert/strict";
import { TextClient } from "../dialects/support/text_client.mjs";
import { besieged } from "../support/siege.mjs";

const PATH = "/y-webrtc";
const MANY = 12_000;

/** What is done when the test is over. */
function scope() {
  const hooks = [];
  return { after: (hook) => hooks.push(hook), end: () => hooks.forEach((hook) => hook()) };
}

/** The topics of which the client gets what is published to them. */
async function subscribed(client, topics) {
  client.send({ type: "subscribe", topics });
  for (const topic of topics) client.send({ type: "publish", topic });
  client.send({ type: "ping" });
  const heard = [];
  for (;;) {
    const message = await client.next();
    if (message.type === "pong") return heard;
    heard.push(message.topic);
  }
}

const numbers = (count) => Array.from({ length: count }, (_, i) => String(i));

besieged(
  "--y-webrtc-max-topics: those that fit",
  ["--y-webrtc", PATH, "--y-webrtc-max-topics", "100", "--metrics", "everybody"],
  async (server) => {
    const t = scope();
    const client = await TextClient.connect(t, server, PATH);
    client.send({ type: "subscribe", topics: numbers(MANY) });
    assert.deepEqual(await subscribed(client, numbers(101)), numbers(100));
    client.send({ type: "unsubscribe", topics: ["7"] });
    assert.deepEqual(await subscribed(client, ["new", "7"]), ["new"]);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /signaling_errors_total\{code="too_many_rooms"\} [1-9]/);
    t.end();
  },
);

besieged("--y-webrtc-max-topics 0: no bound", ["--y-webrtc", PATH, "--y-webrtc-max-topics", "0", "--max-joins-per-second", "0"], async (server) => {
  const t = scope();
  const client = await TextClient.connect(t, server, PATH);
  assert.deepEqual(await subscribed(client, numbers(600)), numbers(600));
  t.end();
});

besieged("--y-webrtc-max-topic-bytes: longer ones are no topics", ["--y-webrtc", PATH, "--y-webrtc-max-topic-bytes", "20"], async (server) => {
  const t = scope();
  const client = await TextClient.connect(t, server, PATH);
  const fitting = "x".repeat(20);
  assert.deepEqual(await subscribed(client, [`${fitting}x`, fitting]), [fitting]);
  t.end();
});

besieged("--y-webrtc-max-topic-bytes 0: no bound", ["--y-webrtc", PATH, "--y-webrtc-max-topic-bytes", "0"], async (server) => {
  const t = scope();
  const client = await TextClient.connect(t, server, PATH);
  const topic = "x".repeat(50_000);
  assert.deepEqual(await subscribed(client, [topic]), [topic]);
  t.end();
});

const GODOT = "/godot";

besieged("--godot-join-timeout: closed", ["--godot", GODOT, "--godot-join-timeout", "200ms"], async (server) => {
  const t = scope();
  const hosts = await TextClient.connect(t, server, GODOT);
  hosts.send({ type: 0, id: 0, data: "" });
  const late = await TextClient.connect(t, server, GODOT);
  assert.deepEqual(await late.closed, { code: 4000, reason: "Have not joined lobby yet" });
  assert.equal((await hosts.next()).type, 1);
  assert.equal(hosts.socket.readyState, hosts.socket.OPEN);
  t.end();
});

besieged("--godot-seal-time: closed", ["--godot", GODOT, "--godot-seal-time", "200ms"], async (server) => {
  const t = scope();
  const host = await TextClient.connect(t, server, GODOT);
  for (const type of [0, 7]) host.send({ type, id: 0, data: "" });
  assert.deepEqual(await host.closed, { code: 1000, reason: "Seal complete" });
  t.end();
});
