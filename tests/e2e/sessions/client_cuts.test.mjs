// The demo's signaling.js against the server, while their connection is cut at any byte: what `exact` says is true, and
// what the other answers say as well.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { CUTS, CuttingProxy } from "../support/cutting_proxy.mjs";
import { until, within } from "../support/deadline.mjs";
import { generator } from "../support/random.mjs";
import { startServer } from "../support/server.mjs";
import { enter } from "./support/demo_client.mjs";

const options = { timeout: 150_000 };
const TALK_MS = 6_000;
const TURN_MS = 5;
const MAX_BYTES_TO_CUT = 20_000;
const SEED = Number(process.env.SIGNALING_SEED ?? Date.now() % 1_000_000);

/** A server with `args`, a client behind a proxy, and one that nothing happens to. Both are in a room. */
async function openRoom(t, args) {
  // The client pings as often as the server, which is how it notices silence.
  const server = await startServer(["--ping-interval", "200ms", ...args]);
  t.after(() => server.stop());
  const proxy = await CuttingProxy.start(t, server);
  const cutOff = await enter(t, proxy, "room");
  const steady = await enter(t, server, "room");
  return { proxy, cutOff, steady };
}

function cutAtRandom(proxy, random) {
  proxy.plan = () => ({
    cut: CUTS[Math.floor(random() * CUTS.length)],
    from: random() < 0.5 ? "client" : "server",
    bytes: 1 + Math.floor(random() * random() * MAX_BYTES_TO_CUT),
  });
  proxy.cut("reset");
}

/** Numbers its messages to the other, until it stops. */
class Talker {
  sent = 0;
  confirmed = 0;
  failed = []; // {number, error}
  #client;
  #random;

  constructor(client, random) {
    this.#client = client;
    this.#random = random;
  }

  talk(to) {
    const padding = "x".repeat(Math.floor(this.#random() * this.#random() * 1_000));
    for (let count = Math.floor(this.#random() * 4); count > 0; count--) {
      const number = this.sent++;
      this.#client.message(to, { number, padding }).then(
        () => this.confirmed++,
        (error) => this.failed.push({ number, error }),
      );
    }
  }

  get isDone() {
    return this.confirmed + this.failed.length === this.sent;
  }
}

/** Both talk to each other while the connection of one is cut again and again; then all is quiet. */
async function talkWhileCut({ proxy, cutOff, steady }, random) {
  const talkers = [new Talker(cutOff, random), new Talker(steady, random)];
  cutAtRandom(proxy, random);
  const end = performance.now() + TALK_MS;
  while (performance.now() < end) {
    talkers[0].talk(steady.peer);
    talkers[1].talk(cutOff.peer);
    await delay(TURN_MS); // the pace of the talk
  }
  proxy.plan = () => undefined;
  proxy.cut("reset");
  await until(() => talkers.every(({ isDone }) => isDone), "an answer to every message");
  await within(steady.message(cutOff.peer, "last"), "the last message");
  await until(() => cutOff.told("message").at(-1).data === "last", "the last message to arrive");
  return talkers;
}

const numbersOf = (client) =>
  client
    .told("message")
    .map(({ data }) => data.number)
    .filter((number) => number !== undefined);

const upTo = (count) => Array.from({ length: count }, (_, i) => i);

function assertInOrder(numbers) {
  for (const [i, number] of numbers.entries())
    if (i > 0) assert.ok(number > numbers[i - 1], `${number} comes behind ${numbers[i - 1]}`);
}

function assertNobodyLeft(steady) {
  assert.deepEqual(steady.told("peer-left"), []);
  assert.deepEqual(steady.told("peer-joined"), []);
}

for (const seed of [SEED, SEED + 1]) {
  test("exact: nothing is lost, doubled or reordered, in both directions", options, async (t) => {
    t.diagnostic(`SIGNALING_SEED=${seed}`);
    const random = generator(seed);
    // While there is silence more may come together than the server keeps by default.
    const room = await openRoom(t, ["--max-unacknowledged-bytes", "0"]);
    const [ofCutOff, ofSteady] = await talkWhileCut(room, random);
    const { cutOff, steady } = room;
    const answers = cutOff.told("resumed").map(({ resumed }) => resumed);
    t.diagnostic(`${answers.length} resumptions, ${ofCutOff.sent} messages there, ${ofSteady.sent} back`);
    assert.ok(answers.length > 3, `only ${answers.length} resumptions`);
    assert.deepEqual(new Set(answers), new Set(["exact"]));
    assert.deepEqual([...ofCutOff.failed, ...ofSteady.failed], []);
    assert.deepEqual(numbersOf(steady), upTo(ofCutOff.sent));
    assert.deepEqual(numbersOf(cutOff), upTo(ofSteady.sent));
    assertNobodyLeft(steady);
    assert.equal(cutOff.told("joined").length, 1, "it did not join again");
  });
}

test("rooms: `lost` is true, and what the client sent arrives once and in order", options, async (t) => {
  t.diagnostic(`SIGNALING_SEED=${SEED}`);
  const random = generator(SEED);
  const room = await openRoom(t, ["--max-unacknowledged-bytes", "2000"]);
  const [ofCutOff, ofSteady] = await talkWhileCut(room, random);
  const { cutOff, steady } = room;
  const answers = cutOff.told("resumed");
  const lossy = answers.filter(({ resumed }) => resumed === "rooms");
  t.diagnostic(`${lossy.length} of ${answers.length} resumptions with losses`);
  assert.ok(lossy.length > 0, "nothing was lost");
  assert.deepEqual(new Set(answers.map(({ resumed }) => resumed)), new Set(["exact", "rooms"]));
  assert.deepEqual(numbersOf(steady), upTo(ofCutOff.sent));
  const arrived = numbersOf(cutOff);
  assertInOrder(arrived);
  assertNobodyLeft(steady);
  for (const { error } of ofCutOff.failed) assert.equal(error.code, "disconnected");
  // With each connection that was cut, the list of members behind its welcome may be lost as well.
  const told = lossy.reduce((sum, { lost }) => sum + lost, 0);
  const missing = ofSteady.sent - arrived.length + ofCutOff.failed.length;
  t.diagnostic(`${told} told, ${missing} missing, ${room.proxy.cuts} cuts`);
  assert.ok(told >= missing && told <= missing + room.proxy.cuts);
});
