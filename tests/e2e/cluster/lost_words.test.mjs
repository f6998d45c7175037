// What was accepted and cannot be brought: somebody is told, also when its sender has gone long before Redis is back.

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { describe, test } from "node:test";
import { io } from "socket.io-client";
import { until, within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { Cluster, statusOf } from "./support/cluster.mjs";

const PAIRS = 20;
const AWAY_MS = 20_000; // longer than messages live, and than a lease
const WORDS = 3;

/** Somebody on node 1, alone in a room with a sender of the other protocol on node 0. */
async function meshSender(t, node, room) {
  const socket = io(`${node.url}/rooms-mesh`, { transports: ["websocket"], forceNew: true, reconnection: false });
  t.after(() => socket.disconnect());
  await within(new Promise((resolve) => socket.once("connect", resolve)), "a namespace");
  const joined = new Promise((resolve) => socket.once("user_joined", resolve));
  socket.emit("join_room", { roomName: room, personName: "mesh" });
  await within(joined, "its own user_joined");
  return socket;
}

async function startPairs(t, cluster) {
  const pairs = [];
  for (let i = 0; i < PAIRS; ++i) {
    const room = `pair ${i}`;
    const receiver = await NativeClient.connect(cluster.nodes[1]);
    t.after(() => receiver.socket.terminate());
    await receiver.join(room);
    const isMesh = i % 4 === 3;
    const sender = isMesh
      ? await meshSender(t, cluster.nodes[0], room)
      : await NativeClient.connect(cluster.nodes[0]);
    if (!isMesh) {
      t.after(() => sender.socket.terminate());
      await sender.join(room);
    }
    assert.equal((await receiver.next()).type, "peer-joined");
    pairs.push({ room, receiver, sender, isMesh, sent: 0 });
  }
  return pairs;
}

/** Says something to the receiver, or to the room; how much of it was accepted. */
async function speak({ room, receiver, sender, isMesh }, number) {
  if (isMesh) {
    if (number % 2) sender.emit("offer", { offer: `word ${number}`, fromPeer: sender.id, toPeer: receiver.id });
    else sender.emit("message", { roomName: room, personName: "mesh", content: `word ${number}` });
    return true;
  }
  const target = number % 2 ? { type: "offer", to: receiver.id } : { type: "message", room };
  return (await sender.request({ ...target, data: `word ${number}` })).type === "sent";
}

async function close({ sender, isMesh }) {
  if (isMesh) sender.disconnect();
  else await sender.close();
}

async function hearAll({ receiver }) {
  const heard = await receiver.drain();
  return {
    words: heard.filter(({ data, type }) => type !== "error" && data !== undefined).length,
    told: heard.filter(({ code }) => code === "messages_lost").length,
  };
}

/** `leave`, `comeBack`: what becomes of Redis, or of the way to it. */
function lossTest(name, redis, leave, comeBack) {
  test(name, async (t) => {
    const cluster = await Cluster.start(t, { nodes: 2, redis });
    const pairs = await startPairs(t, cluster);
    await leave(cluster);
    for (const pair of pairs) {
      for (let word = 0; word < WORDS; ++word) pair.sent += await speak(pair, word);
    }
    const hasClosed = pairs.slice(0, PAIRS / 2);
    const waits = pairs.slice(PAIRS / 2);
    for (const pair of hasClosed) await close(pair);
    await delay(AWAY_MS / 2);
    // Who is still there is told while Redis is away, once for all of it.
    for (const pair of waits.filter(({ isMesh, sent }) => !isMesh && sent > 0)) {
      const told = (await pair.sender.drain()).filter(({ code }) => code === "messages_lost").length;
      assert.equal(told, 1, `the sender in ${pair.room}`);
    }
    for (const pair of waits) await close(pair);
    await delay(AWAY_MS / 2);
    await comeBack(cluster);
    await cluster.ready();
    const accepted = hasClosed.filter(({ sent }) => sent > 0);
    t.diagnostic(`${accepted.length} of ${hasClosed.length} senders had something accepted`);
    assert.ok(accepted.length > 0);
    const silent = [];
    for (const pair of accepted) {
      const total = { words: 0, told: 0 };
      const isTold = async () => {
        const { words, told } = await hearAll(pair);
        total.words += words;
        total.told += told;
        return total.told > 0 || total.words >= pair.sent;
      };
      await until(isTold, `word of the lost in ${pair.room}`, 8_000).catch(() => silent.push(pair.room));
      assert.ok(total.told <= 2, `${pair.room}: told ${total.told} times`);
    }
    assert.deepEqual(silent, [], "nobody was told");
    assert.equal(await statusOf(cluster.nodes[0], "/readyz"), 200);
  });
}

describe("for 20 s, and the senders close", { concurrency: true }, () => {
  lossTest(
    "Redis stands still",
    {},
    ({ redis }) => redis.signal("SIGSTOP"),
    ({ redis }) => redis.signal("SIGCONT"),
  );
});
