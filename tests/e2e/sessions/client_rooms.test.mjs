// The demo's signaling.js after messages of the server were lost, against a server that the test plays: what arrived in
// the meantime, what was lost with it, and what the rooms are now.

import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { WebSocketServer } from "ws";
import { until, within } from "../support/deadline.mjs";
import { makeClient } from "./support/demo_client.mjs";

const WELCOME = { type: "welcome", peer: "p1", resume: "s1", keep: 60, heartbeatMs: 25_000, iceServers: [] };
const ROOMS = { ...WELCOME, resume: "s2", resumed: "rooms", received: 0, lost: 3 };
const ADA = { id: "ada", metadata: null, polite: false };
const GRACE = { id: "grace", metadata: null, polite: true };
const options = { timeout: 60_000 };

let server, client;
let connections; // {query, received, say(message), break()}

beforeEach(async (t) => {
  connections = [];
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket, { url }) => {
    const query = Object.fromEntries(new URL(url, "ws://127.0.0.1").searchParams);
    const received = [];
    socket.on("message", (text) => received.push(JSON.parse(text)));
    const say = (message) => socket.send(JSON.stringify(message));
    connections.push({ query, received, say, break: () => socket.terminate() });
  });
  client = makeClient(t, { url: `http://127.0.0.1:${server.address().port}` });
});

afterEach(async () => {
  client.close();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

/** The next connection of the client. */
async function connection(number) {
  await until(() => connections.length === number, `connection ${number}`);
  return connections[number - 1];
}

/** The client's first connection, on which it has joined a room with Ada. */
async function enter(room) {
  const connected = client.connect();
  const first = await connection(1);
  first.say(WELCOME);
  await within(connected, "the welcome");
  const joined = client.join(room);
  const request = await messageTo(first, "join");
  first.say({ type: "joined", room, peer: "p1", version: 2, peers: [ADA], id: request.id });
  await within(joined, "the join");
  return first;
}

/** What the client has sent of that type, the last one. */
async function messageTo({ received }, type, count = 1) {
  const ofType = () => received.filter((message) => message.type === type);
  await until(() => ofType().length >= count, `${count} of type ${type}`);
  return ofType().at(-1);
}

/** Answers the ping behind which nothing more comes of what was before. */
async function answerPing(to) {
  const { id } = await messageTo(to, "ping");
  to.say({ type: "pong", received: 0, id });
}

const ends = (promise) =>
  promise.then(
    (answer) => answer,
    ({ code }) => code,
  );

test("the lists of the rooms are events, the counts begin at 0, and an `ack` comes first", options, async () => {
  const first = await enter("room");
  first.break();
  const second = await connection(2);
  assert.deepEqual(second.query, { keep: "60", peer: "p1", resume: "s1", received: "1" });
  second.say(ROOMS);
  second.say({ type: "members", room: "room", version: 4, peers: [GRACE] });
  await until(() => client.told("members").length === 1, "the list");
  assert.deepEqual(client.told("members")[0].peers, [GRACE]);
  assert.deepEqual(client.told("resumed"), [{ resumed: "rooms", lost: 3, reason: undefined }]);
  await messageTo(second, "ping");
  assert.deepEqual(second.received[0], { type: "ack", received: 0 });
  second.break();
  assert.equal((await connection(3)).query.received, "1");
});

test("what the server has not received is sent again, behind the `ack`, in order, as it was", options, async () => {
  const first = await enter("room");
  const calls = [1, 2, 3].map((number) => ends(client.message("ada", number)));
  await messageTo(first, "message", 3);
  first.break();
  const second = await connection(2);
  calls.push(ends(client.message("ada", 4)));
  second.say({ ...WELCOME, resumed: "exact", received: 2 }); // the join, and the first message
  await messageTo(second, "message", 3);
  const before = first.received.filter(({ type }) => type === "message");
  const again = second.received.filter(({ type }) => type === "message");
  assert.deepEqual(again.slice(0, 2), before.slice(1));
  assert.deepEqual(
    again.map(({ data }) => data),
    [2, 3, 4],
  );
  assert.equal(second.received[0].type, "ack");
  second.say({ type: "sent", status: "sent", id: before[0].id });
  assert.equal((await within(calls[0], "its answer")).status, "sent");
});

test("a server that has not counted: what was not confirmed is given up, the rest is sent", options, async () => {
  const first = await enter("room");
  const calls = ["sent", "confirmed"].map((data) => ends(client.message("ada", data)));
  await messageTo(first, "message", 2);
  first.say({ type: "ack", received: 2 });
  first.say({ type: "message", from: "ada" });
  await until(() => client.told("message").length === 1, "the ack");
  first.break();
  const second = await connection(2);
  const later = ends(client.message("ada", "later"));
  second.say({ ...ROOMS, received: undefined, lost: undefined });
  assert.equal(await within(calls[1], "the end"), "disconnected");
  const { data, id } = await messageTo(second, "message");
  assert.equal(data, "later");
  second.say({ type: "sent", status: "sent", id });
  assert.equal((await within(later, "its answer")).status, "sent");
  second.say({ type: "members", room: "room", version: 4, peers: [] });
  await answerPing(second);
  assert.equal(await within(calls[0], "the end"), "disconnected", "its answer is lost");
});

test("answers that were not lost arrive, and those that were are rejected", options, async () => {
  const first = await enter("room");
  const [arrives, lost] = [ends(client.message("ada", 1)), ends(client.message("ada", 2))];
  const { id } = await messageTo(first, "message", 2);
  first.break();
  const second = await connection(2);
  second.say({ ...ROOMS, received: 3 });
  second.say({ type: "members", room: "room", version: 4, peers: [] });
  second.say({ type: "sent", status: "queued", id: id - 1 });
  await answerPing(second);
  assert.equal((await within(arrives, "its answer")).status, "queued");
  assert.equal(await within(lost, "the end"), "disconnected");
});

test("a join whose answer is lost is answered by the list of the room", options, async () => {
  const first = await enter("room");
  const joining = client.join("other");
  await messageTo(first, "join", 2);
  first.break();
  const second = await connection(2);
  second.say({ ...ROOMS, received: 2 });
  second.say({ type: "members", room: "room", version: 4, peers: [] });
  second.say({ type: "members", room: "other", version: 7, peers: [GRACE] });
  await answerPing(second);
  const { type, peer, version, peers } = await within(joining, "its answer");
  assert.deepEqual({ type, peer, version, peers }, { type: "joined", peer: "p1", version: 7, peers: [GRACE] });
  assert.equal(client.told("joined").at(-1).rejoined, false);
});

test("a room that the server does not list was left", options, async () => {
  const first = await enter("room");
  first.break();
  const second = await connection(2);
  second.say(ROOMS);
  await answerPing(second);
  await until(() => client.told("left").length === 1, "the leave");
  assert.equal(client.told("left")[0].room, "room");
  second.break();
  const third = await connection(3);
  third.say({ ...WELCOME, resumed: "none", reason: "unknown" });
  await messageTo(third, "ping");
  assert.deepEqual(
    third.received.filter(({ type }) => type === "join"),
    [],
  );
});

test("a server that refuses the session gets a new peer, which joins the rooms again", options, async () => {
  const first = await enter("room");
  const call = ends(client.message("ada", 1));
  await messageTo(first, "message");
  first.break();
  const second = await connection(2);
  second.say({ type: "error", code: "bad_request", message: "More messages are acknowledged than were sent." });
  const third = await connection(3);
  assert.deepEqual(third.query, { keep: "60" });
  assert.equal(await within(call, "the end of the call"), "disconnected");
  third.say({ ...WELCOME, peer: "p2" });
  assert.equal((await messageTo(third, "join")).room, "room");
});

test("the server is told what has arrived after 32 messages, 64 Ki characters or 5 s", options, async () => {
  const first = await enter("room");
  const say = (count, data) => {
    for (let i = 0; i < count; i++) first.say({ type: "message", from: "ada", data });
  };
  say(31, 1); // and the answer to the join
  assert.equal((await messageTo(first, "ack", 1)).received, 32);
  say(2, "x".repeat(33_000));
  assert.equal((await messageTo(first, "ack", 2)).received, 34);
  say(1, 2);
  assert.equal((await messageTo(first, "ack", 3)).received, 35);
});
