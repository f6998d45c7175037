// What may wait while the store does not answer, and what the store may keep for a node that does not read. Redis and
// nodes that stand still are stopped with SIGSTOP: their connections stay open.

import assert from "node:assert/strict";
import { test } from "node:test";
import { RedisServer } from "../cluster/support/redis_server.mjs";
import { parseExposition, valueOf } from "../operation/support/exposition.mjs";
import { wires } from "../socketio/support/wires.mjs";
import { until, within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { MEBIBYTE } from "../support/process_usage.mjs";
import { get } from "../support/raw_http.mjs";
import { startServer } from "../support/server.mjs";
import { Siege } from "../support/siege.mjs";

process.setMaxListeners(50); // one for each program, in case that the tests end early

const CROWD = 10;
/** So long a node waits for an answer of Redis before it goes on without it. */
const PATIENCE_MS = 2_000;
const ANY_TRAFFIC = ["--max-messages-per-second", "0", "--max-joins-per-second", "0"];

/** Besieged with a Redis of its own: `attack(server, redis, siege, t)`. */
function besieged(name, args, attack) {
  test(name, async (t) => {
    const redis = await RedisServer.start();
    let siege;
    t.after(async () => {
      redis.signal("SIGCONT");
      await siege?.end();
      await redis.kill();
    });
    siege = await Siege.begin(["--store", redis.url, ...args]);
    await attack(siege.server, redis, siege, t);
    await siege.ready();
    await siege.expectRepelled(t);
  });
}

async function metric(server, name, labels) {
  return valueOf(parseExposition((await get(server, "/metrics")).body), name, labels);
}

const errors = (server, code) => metric(server, "signaling_errors_total", { code });

/** `run` while Redis stands still, and before the node goes on without it. */
async function whileSilent(redis, run) {
  redis.signal("SIGSTOP");
  const begin = performance.now();
  try {
    await run();
  } finally {
    redis.signal("SIGCONT");
  }
  const took = performance.now() - begin;
  assert.ok(took < PATIENCE_MS, `${took} ms: the node did not wait for Redis any more`);
}

/** Messages of so many bytes in all. */
function talk(client, bytes) {
  const piece = 500;
  for (let sent = 0; sent < bytes; sent += piece) {
    const empty = '{"type":"message","room":"r","data":""}';
    client.send(empty.replace('""', `"${"x".repeat(piece - empty.length)}"`));
  }
}

/** Errors that came before the connection ended. */
async function lastWords(client) {
  const { code } = await client.closed();
  for (let message; (message = await client.next().catch(() => undefined));)
    if (message.type === "error") return { error: message.code, code };
  return { code };
}

besieged(
  "--max-pending-bytes: who sends on while it joins is held back, and loses nothing",
  ["--max-pending-bytes", "20000", ...ANY_TRAFFIC],
  async (server, redis, siege) => {
    const clients = await Promise.all(Array.from({ length: CROWD }, () => NativeClient.connect(server)));
    await whileSilent(redis, async () => {
      for (const [i, client] of clients.entries()) {
        client.send({ type: "join", room: String(i) });
        for (let ping = 0; ping < 1000; ++ping) client.send({ type: "ping", id: String(ping) });
      }
      await siege.exchange();
    });
    for (const client of clients) {
      assert.equal((await client.next()).type, "joined");
      for (let ping = 0; ping < 1000; ++ping) assert.equal((await client.next()).id, String(ping));
    }
    for (const client of clients) await client.close();
  },
);

besieged(
  "--max-pending-bytes: the same for who sends before it is admitted",
  ["--max-pending-bytes", "20000", ...ANY_TRAFFIC],
  async (server, redis, siege) => {
    const clients = Array.from({ length: CROWD }, () => new NativeClient(server));
    await whileSilent(redis, async () => {
      for (const client of clients)
        client.socket.on("open", () => {
          for (let i = 0; i < 1000; ++i) client.send({ type: "ping", id: String(i) });
        });
      await siege.exchange();
    });
    for (const client of clients) {
      assert.equal((await client.next()).type, "welcome");
      for (let i = 0; i < 1000; ++i) assert.deepEqual(await client.next(), { type: "pong", id: String(i) });
      await client.close();
    }
  },
);

besieged(
  "--max-pending-bytes: the same for who changes its metadata, or asks for members, faster than the store answers",
  ["--max-pending-bytes", "20000", ...ANY_TRAFFIC],
  async (server, redis, siege) => {
    const clients = await Promise.all(Array.from({ length: CROWD }, () => NativeClient.connect(server)));
    for (const [i, client] of clients.entries()) await client.join(`room ${i}`);
    const requests = Array.from({ length: 300 }, (_, n) => n);
    await whileSilent(redis, async () => {
      for (const [i, client] of clients.entries()) {
        const room = `room ${i}`;
        for (const id of requests)
          client.send(i % 2 === 0 ? { type: "update", room, metadata: "x".repeat(200), id } : { type: "members", room, id });
      }
      await siege.exchange();
    });
    for (const client of clients) for (const n of requests) assert.equal((await client.next()).id, n);
    assert.equal(await errors(server, "overloaded"), 0);
    for (const client of clients) await client.close();
  },
);

besieged(
  "--max-pending-bytes 0: everything is kept, and done in the end",
  ["--max-pending-bytes", "0", ...ANY_TRAFFIC],
  async (server, redis) => {
    const client = await NativeClient.connect(server);
    await whileSilent(redis, async () => {
      client.send({ type: "join", room: "r" });
      talk(client, MEBIBYTE);
      await within(new Promise((sent) => client.socket.ping(sent)), "everything is sent");
    });
    assert.equal((await client.next()).type, "joined");
    await client.expectNothing();
    await client.close();
  },
);

const UNKNOWN_ROOM = '42["message"]'; // answered with an error
const event = (bytes, namespace = "") => `42${namespace}["message","${"x".repeat(bytes)}"]`;

for (const [transport, open] of Object.entries(wires)) {
  besieged(
    `--socketio-max-held-bytes: the session ends: ${transport}`,
    ["--socketio-max-held-bytes", "20000", "--http-idle-timeout", "2s"], // for what fetch keeps open
    async (server, redis, siege) => {
      const patient = await open(server);
      const crowd = await Promise.all(Array.from({ length: CROWD }, () => open(server)));
      await whileSilent(redis, async () => {
        await patient.send("40", event(10_000), UNKNOWN_ROOM);
        // No namespace has too much by itself.
        for (const wire of crowd) await wire.send("40", "40/rooms-mesh,", event(15_000), event(15_000, "/rooms-mesh,"));
        for (const wire of crowd) await wire.closed();
        await siege.exchange();
      });
      assert.equal(await metric(server, "signaling_engine_sessions_closed_total", { reason: "overloaded" }), CROWD);
      assert.match(await within(patient.next(), "the namespace"), /^40\{"sid"/);
      for (let i = 0; i < 2; ++i) assert.match(await within(patient.next(), "an answer"), /^42\["error"/);
      await patient.send("1");
      await patient.closed();
    },
  );
}

/** A node of its own, ready. It is gone when the test `t` ends, even if it was stopped. */
async function startNode(t, redis, ...args) {
  const node = await startServer(["--store", redis.url, ...ANY_TRAFFIC, ...args]);
  t.after(() => node.kill());
  await until(async () => (await get(node, "/readyz")).status === 200, "the other node");
  return node;
}

/** Another node, and a client in the same room on each: `near` on the server that is besieged. */
async function neighbours(t, server, redis) {
  const other = await startNode(t, redis, "--max-outbound-bytes", "0");
  const near = await NativeClient.connect(server);
  const far = await NativeClient.connect(other);
  for (const client of [near, far]) await client.join("r");
  assert.equal((await near.next()).type, "peer-joined");
  return { other, near, far };
}

besieged(
  "--store-max-queued-bytes: store_unavailable for the sender, and what was taken arrives",
  ["--store-max-queued-bytes", "200000", ...ANY_TRAFFIC],
  async (server, redis, siege, t) => {
    const { near, far } = await neighbours(t, server, redis);
    const message = { type: "message", to: far.id, data: "x".repeat(20_000) };
    let taken = 0;
    await whileSilent(redis, async () => {
      let answer;
      while ((answer = await near.request(message)).type === "sent") {
        assert.ok(++taken < 100, "2 MB were taken for a Redis that does not answer");
        await siege.exchange();
      }
      assert.equal(answer.code, "store_unavailable");
      for (let i = 0; i < CROWD; ++i) assert.equal((await near.request(message)).code, "store_unavailable");
      assert.ok(taken === 9 || taken === 10, `${taken} messages were taken`);
      assert.equal(await errors(server, "store_unavailable"), CROWD + 1);
      const queued = await metric(server, "signaling_redis_queued_bytes");
      assert.ok(queued >= 200_000 && queued < 230_000, `${queued} bytes wait`);
    });
    for (let i = 0; i < taken; ++i) assert.equal((await far.next()).data, message.data);
    const isTaken = async () => (await near.request({ ...message, data: "again" })).type === "sent";
    await until(isTaken, "room for another");
    assert.equal((await far.next()).data, "again");
    await near.close();
  },
);

// Beside no bystanders, as it costs what a bound spares.
test("--store-max-queued-bytes 0: whatever waits for Redis, waits", async (t) => {
  const redis = await RedisServer.start();
  t.after(() => redis.kill());
  const server = await startNode(t, redis, "--store-max-queued-bytes", "0");
  const { near, far } = await neighbours(t, server, redis);
  await whileSilent(redis, async () => {
    for (let sent = 0; sent < 100; ++sent) {
      const answer = await near.request({ type: "message", to: far.id, data: "x".repeat(200_000) });
      assert.equal(answer.type, "sent");
    }
    assert.ok((await metric(server, "signaling_redis_queued_bytes")) > 16 * MEBIBYTE);
  });
});

/** Everything that `client` is told until a message with this data, by type. */
async function toldUntil(client, data) {
  const told = { message: [], error: [] };
  while (told.message.at(-1) !== data) {
    const { type, code, data: number } = await client.next();
    told[type]?.push(type === "error" ? code : number);
  }
  return told;
}

const INBOX = 50;
/** Redis removes whole blocks of a stream, of up to a hundred entries. */
const BLOCK = 100;
const TURNS = 300;

besieged(
  "--store-max-inbox-entries: the oldest go, and members on the node that did not read are told messages_lost",
  ["--store-max-inbox-entries", String(INBOX), ...ANY_TRAFFIC],
  async (server, redis, siege, t) => {
    const { other, near, far } = await neighbours(t, server, redis);
    const [, node] = /event=store-connected node="?([\w-]+)"?/.exec(other.output);
    const guest = await NativeClient.connect(server);
    process.kill(other.pid, "SIGSTOP");
    for (let turn = 0; turn < TURNS; ++turn) {
      assert.equal((await near.request({ type: "message", to: far.id, data: turn })).type, "sent");
      await guest.join("r");
      await guest.request({ type: "leave", room: "r" });
      if (turn % 100 === 0) await siege.exchange();
    }
    const kept = await redis.command("XLEN", `signaling:inbox:${node}`);
    assert.ok(kept >= INBOX && kept <= INBOX + BLOCK, `${kept} entries of ${2 * TURNS} or more`);
    process.kill(other.pid, "SIGCONT");
    await until(() => other.output.includes("event=store-inbox-gap"), "the gap is noticed");
    await near.request({ type: "message", to: far.id, data: "last" });
    const { message, error } = await toldUntil(far, "last");
    assert.deepEqual(error, ["messages_lost"]);
    assert.ok(message.length < TURNS, `${message.length} messages arrived`);
    assert.deepEqual(message.slice(0, -1), message.slice(0, -1).sort((a, b) => a - b), "in order");
    assert.equal(await errors(other, "messages_lost"), 1);
    const { peers } = await far.request({ type: "members", room: "r" });
    assert.deepEqual(peers.map(({ id }) => id), [near.id]);
    for (const client of [near, guest]) await client.close();
  },
);

besieged(
  "--store-max-inbox-entries 0: everything is kept, and arrives",
  ["--store-max-inbox-entries", "0", ...ANY_TRAFFIC],
  async (server, redis, siege, t) => {
    const { other, near, far } = await neighbours(t, server, redis);
    process.kill(other.pid, "SIGSTOP");
    for (let turn = 0; turn < TURNS; ++turn) await near.request({ type: "message", to: far.id, data: turn });
    process.kill(other.pid, "SIGCONT");
    const { message, error } = await toldUntil(far, TURNS - 1);
    assert.deepEqual(message, Array.from({ length: TURNS }, (_, i) => i));
    assert.deepEqual(error, []);
    await near.close();
  },
);

besieged(
  "--decision-timeout: internal and 1011, for a client that cannot be admitted meanwhile",
  ["--decision-timeout", "500ms"],
  async (server, redis, siege) => {
    await whileSilent(redis, async () => {
      const clients = Array.from({ length: CROWD }, () => new NativeClient(server));
      for (const client of clients) assert.deepEqual(await lastWords(client), { error: "internal", code: 1011 });
      await siege.exchange();
    });
  },
);
