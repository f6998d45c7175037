// The demo's signaling.js against the server: what becomes of its peer and its calls when the connection is lost.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { CuttingProxy } from "../support/cutting_proxy.mjs";
import { until, within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { startServer } from "../support/server.mjs";
import { enter, makeClient } from "./support/demo_client.mjs";

const options = { timeout: 60_000 };
const UNREACHABLE = () => ({ cut: "reset", from: "client", bytes: 1 });

let server, proxy;

async function start(t, args = []) {
  server = await startServer(["--ping-interval", "200ms", ...args]);
  t.after(() => server.stop());
  proxy = await CuttingProxy.start(t, server);
}

beforeEach(() => ([server, proxy] = []));

/** Without a connection, and unable to get one. */
async function cutOff(client) {
  proxy.plan = UNREACHABLE;
  proxy.cut("reset");
  await until(() => client.state !== "open", "the loss of the connection");
}

async function comeBack(client) {
  proxy.plan = () => undefined;
  await until(() => client.state === "open", "a connection");
}

const resumptions = (client) => client.told("resumed").map(({ resumed }) => resumed);
const textsOf = (client) => client.told("message").map(({ data }) => data);
const codeOf = (promise) =>
  promise.then(
    () => "sent",
    ({ code }) => code,
  );

test("calls made without a connection wait for it and keep their order", options, async (t) => {
  await start(t);
  const [ada, grace] = [await enter(t, proxy, "room"), await enter(t, server, "room")];
  await cutOff(ada);
  const calls = [1, 2, 3].map((number) => ada.message(grace.peer, number));
  const update = ada.update("room", { name: "Ada" });
  await comeBack(ada);
  await within(Promise.all([...calls, update]), "the answers");
  await until(() => textsOf(grace).length === 3, "the messages");
  assert.deepEqual(textsOf(grace), [1, 2, 3]);
  assert.deepEqual(resumptions(ada), ["exact"]);
  assert.equal(ada.told("joined").length, 1);
});

test("the others are told of a loss that lasts, and of its end", options, async (t) => {
  await start(t, ["--away-after", "100ms"]);
  const [ada, grace] = [await enter(t, proxy, "room"), await enter(t, server, "room")];
  await cutOff(ada);
  await until(() => grace.told("peer-away").length === 1, "peer-away");
  const { peers } = await within(grace.members("room"), "the members");
  assert.deepEqual(
    peers.map(({ id, away }) => [id, away]),
    [[ada.peer, true]],
  );
  const { status } = await within(grace.message(ada.peer, "waits"), "an answer");
  assert.equal(status, "queued");
  await comeBack(ada);
  await until(() => grace.told("peer-back").length === 1, "peer-back");
  await until(() => textsOf(ada).length === 1, "the message that waited");
  assert.deepEqual(grace.told("peer-left"), []);
});

test("a connection that is back before the others were told is no event for them", options, async (t) => {
  await start(t, ["--away-after", "20s"]);
  const [ada, grace] = [await enter(t, proxy, "room"), await enter(t, server, "room")];
  for (let round = 1; round <= 3; round++) {
    proxy.cut("half");
    await until(() => resumptions(ada).length === round, "a resumption");
  }
  await within(ada.message(grace.peer, "last"), "an answer");
  await until(() => textsOf(grace).length === 1, "the message");
  for (const type of ["peer-away", "peer-back", "peer-left", "peer-joined"])
    assert.deepEqual(grace.told(type), [], type);
});

test("a session that is over is told, its calls are rejected, and the rooms are joined again", options, async (t) => {
  await start(t, ["--max-resume", "1s"]);
  const [ada, grace] = [await enter(t, proxy, "room"), await enter(t, server, "room")];
  const id = ada.peer;
  await cutOff(ada);
  const call = codeOf(ada.message(grace.peer, "too late"));
  await until(() => grace.told("peer-left").length === 1, "the leave");
  assert.equal(grace.told("peer-left")[0].reason, "timeout");
  await comeBack(ada);
  assert.equal(await within(call, "the end of the call"), "disconnected");
  await until(() => ada.told("joined").length === 2, "the second join");
  assert.deepEqual(
    ada.told("resumed").map(({ resumed, reason }) => [resumed, reason]),
    [["none", "expired"]],
  );
  assert.deepEqual(
    ada.told("joined").map(({ rejoined }) => rejoined),
    [false, true],
  );
  assert.deepEqual(textsOf(grace), []);
  assert.equal(id !== "" && ada.state, "open");
});

test("a client that is closed leaves at once", options, async (t) => {
  await start(t);
  const [ada, grace] = [await enter(t, proxy, "room"), await enter(t, server, "room")];
  ada.close();
  await until(() => grace.told("peer-left").length === 1, "the leave", 5_000);
  assert.equal(grace.told("peer-left")[0].reason, "disconnect");
  assert.deepEqual(grace.told("peer-away"), []);
});

test("keepSeconds 0: the peer leaves with its connection, and calls are rejected at once", options, async (t) => {
  await start(t);
  const [ada, grace] = [
    await enter(t, proxy, "room", { keepSeconds: 0 }),
    await enter(t, server, "room"),
  ];
  await cutOff(ada);
  assert.equal(await codeOf(ada.message(grace.peer, "now")), "disconnected");
  await until(() => grace.told("peer-left").length === 1, "the leave");
  await comeBack(ada);
  await until(() => ada.told("joined").length === 2, "the second join");
  assert.equal(ada.told("joined")[1].rejoined, true);
});

test("keepSeconds that the server would refuse is an error", () => {
  for (const keepSeconds of [-1, 1.5, 86_401, "60", NaN])
    assert.throws(() => makeClient({ after: () => {} }, { url: "http://127.0.0.1" }, { keepSeconds }), RangeError);
});

test("an old connection that comes alive again takes nothing from the new one", options, async (t) => {
  await start(t);
  const [ada, grace] = [await enter(t, proxy, "room"), await enter(t, server, "room")];
  proxy.cut("silence");
  const call = ada.message(grace.peer, "once");
  await until(() => resumptions(ada).length === 1, "a resumption");
  await within(call, "the answer");
  proxy.thaw();
  for (let number = 0; number < 50; number++) await within(ada.message(grace.peer, number), "an answer");
  await until(() => textsOf(grace).length >= 51, "the messages");
  assert.equal(textsOf(grace)[0], "once");
  assert.equal(textsOf(grace).length, 51);
  assert.deepEqual(grace.told("peer-left"), []);
  assert.deepEqual(resumptions(ada), ["exact"]);
});

test("a connection that is given up tells the server nothing of a leave", options, async (t) => {
  await start(t);
  const [ada, grace] = [await enter(t, proxy, "room"), await enter(t, server, "room")];
  proxy.plan = UNREACHABLE;
  proxy.cut("silence");
  await until(() => ada.state !== "open", "the end of its patience");
  proxy.thaw();
  await within(grace.message(ada.peer, "still there?"), "an answer");
  await comeBack(ada);
  await until(() => textsOf(ada).length === 1, "the message");
  assert.deepEqual(resumptions(ada), ["exact"]);
  assert.deepEqual(grace.told("peer-left"), []);
});

test("beyond the bound the oldest calls are given up, and the later ones arrive", options, async (t) => {
  await start(t);
  const ada = await enter(t, proxy, "room", { maxUnconfirmedCharacters: 10_000 });
  const grace = await enter(t, server, "room");
  await cutOff(ada);
  const calls = Array.from({ length: 20 }, (_, i) =>
    codeOf(ada.message(grace.peer, String(i).padEnd(1_000))),
  );
  const first = await within(calls[0], "the end of the oldest");
  assert.equal(first, "disconnected");
  await comeBack(ada);
  const codes = await within(Promise.all(calls), "an end of each call");
  const sent = codes.indexOf("sent");
  assert.ok(sent > 9 && sent < 13, `${sent} were given up`);
  assert.deepEqual(new Set(codes.slice(sent)), new Set(["sent"]));
  await until(() => textsOf(grace).length === 20 - sent, "the later ones");
  assert.deepEqual(
    textsOf(grace).map(Number),
    codes.map((_, i) => i).slice(sent),
  );
});

/** The secret of a client's next welcome, which something else may show. */
function secretOf(client) {
  return new Promise((resolve) =>
    client.addEventListener("welcome", ({ detail: { resume } }) => resolve(resume), { once: true }),
  );
}

/** Another client that has the secret; it confirms that it has the newer one. */
async function takeOver(t, peer, resume) {
  const thief = await NativeClient.connect(server, { query: { peer, resume } });
  t.after(() => thief.socket.terminate());
  thief.send({ type: "ack", received: 0 });
  await thief.request({ type: "ping" });
  return thief;
}

test("a client that was replaced while it was connected stays away", options, async (t) => {
  await start(t);
  const ada = makeClient(t, proxy);
  const secret = secretOf(ada);
  await ada.connect();
  await takeOver(t, ada.peer, await secret);
  await until(() => ada.told("error").length === 1, "the error");
  assert.equal(ada.told("error")[0].code, "replaced");
  assert.equal(ada.state, "closed");
});

test("a client that was replaced while it was away stays away", options, async (t) => {
  await start(t);
  const ada = makeClient(t, proxy);
  const secret = secretOf(ada);
  await ada.connect();
  const id = ada.peer;
  await cutOff(ada);
  const call = codeOf(ada.message(id, "to itself"));
  const thief = await takeOver(t, id, await secret);
  assert.equal(thief.id, id);
  proxy.plan = () => undefined;
  await until(() => ada.state === "closed", "the end");
  assert.equal(await call, "replaced");
  assert.equal(ada.told("error")[0].code, "replaced");
  await within(thief.request({ type: "ping" }), "an answer to the one that has the peer");
});
