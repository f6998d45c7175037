// What the clients of simple_webrtc_signaling_server rely on, event by event.

import assert from "node:assert/strict";
import { DEADLINE_MS, until, within } from "../support/deadline.mjs";
import { onEveryTransport } from "./support/every_transport.mjs";
import { SeedClient } from "./support/seed_client.mjs";

const TOKEN = "SIGNALING123";
const SDP = { action: "sdp", sdp: { type: "offer", sdp: "v=0\r\ns=\u00e9\r\n" } };

const connection = ({ id, peerId, peerType }) => ({
  socketId: id,
  peerId,
  ...(peerType !== undefined && { peerType }),
});
const opened = (client) => [
  "message",
  { from: client.peerId, target: "all", payload: { action: "open", connections: [connection(client)], bePolite: true } },
];
const closed = (peerId) => [
  "message",
  { from: peerId, target: "all", payload: { action: "close", message: "Peer has left the signaling server" } },
];
const welcome = (client, others) => [
  "message",
  {
    from: "all",
    target: client.peerId,
    payload: { action: "open", connections: others.filter(isReady).map(connection), bePolite: false },
  },
];
const isReady = ({ peerId }) => peerId !== undefined;

/** Says that it is ready, which `others` hear, ready or not. */
async function ready(client, others, peerId, peerType) {
  Object.assign(client, { peerId, peerType });
  client.emit("ready", peerId, ...(peerType === undefined ? [] : [peerType]));
  await client.expect(welcome(client, others));
  for (const other of others) await other.expect(opened(client));
}

/** The first `count` are, as "p0" and so on; the others are connected. */
async function readyAll(clients, count = clients.length) {
  for (const [i, client] of clients.slice(0, count).entries()) {
    const others = clients.filter((other) => other !== client);
    await ready(client, others, `p${i}`, i % 2 ? "vehicle" : undefined);
  }
}

async function connections({ server }) {
  const response = await fetch(`${server.url}/connections`, {
    headers: { authorization: `Bearer ${TOKEN}` },
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type"), /^application\/json/);
  return response.json();
}

async function expectConnections(world, ...clients) {
  assert.deepEqual(await connections(world), clients.map(connection));
}

function admission(withClients) {
  const wrong = [undefined, {}, { token: "" }, { token: "wrong" }, { token: `${TOKEN} ` }, { token: null }];
  wrong.push({ token: [TOKEN] }, { token: { toString: TOKEN } }, { token: 7 }, { TOKEN }, { token: true });
  withClients("without the token there is a connect_error, and nobody else notices", 1, async (world, a) => {
    await ready(a, [], "p0");
    for (const auth of wrong) {
      const client = new SeedClient(world.server, { ...world.settings, auth });
      client.socket.connect();
      const error = await within(client.refused, "connect_error");
      assert.equal(error.message, "Authentication error");
      assert.equal(client.socket.connected, false);
      client.socket.disconnect();
    }
    await expectConnections(world, a);
    await a.expectNothing();
  });
}

function readiness(withClients) {
  withClients("ready: the new peer gets those that are there, they get the new one, who is to be polite", 4, async (world, a, b, c, d) => {
    await readyAll([a, b, c, d], 3);
    await d.expectNothing(a, b, c);
    await ready(d, [a, b, c], "p3", "robot");
    await expectConnections(world, a, b, c, d);
    for (const client of [a, b, c]) await client.expectNothing(d);
  });

  withClients("IDs and types may be anything that JSON has, such as __proto__ and constructor", 6, async (world, ...clients) => {
    const names = ["__proto__", "constructor", "toString", "caf\u00e9 \u{1f3ac}", "all", "peer"];
    for (const [i, client] of clients.entries())
      await ready(client, clients.filter((one) => one !== client), names[i], [{ kind: "x" }, null, "__proto__", 7, ["a"], ""][i]);
    await expectConnections(world, ...clients);
    const [, b, , , , last] = clients;
    for (const target of names.slice(0, 4)) {
      last.emit("messageOne", { from: "peer", target, payload: SDP });
      await clients[names.indexOf(target)].expect(["message", { from: "peer", target, payload: SDP }]);
    }
    await b.close();
    for (const other of clients.filter((one) => one !== b)) await other.expect(closed("constructor"));
  });

  withClients("a peer ID in use is a uniquenessError and the end, and leaves the first one alone", 3, async (world, a, b, c) => {
    await readyAll([a, b, c], 2);
    c.emit("ready", "p0", "thief");
    const [name, error, ...more] = await c.next();
    assert.deepEqual([name, Object.keys(error), more], ["uniquenessError", ["message"], []]);
    assert.equal(typeof error.message, "string");
    // For this reason, and for no other that the server may have, clients do not come back by themselves.
    assert.equal(await c.ended(), "io server disconnect");
    await expectConnections(world, a, b);
    b.emit("messageOne", { target: "p0", payload: 1 });
    await a.expect(["message", { target: "p0", payload: 1 }]);
    for (const client of [a, b]) await client.expectNothing(a, b);
  });

  withClients("ready again under another ID is a farewell and an arrival, and nothing stays behind", 3, async (world, a, b, c) => {
    await readyAll([a, b, c], 2);
    Object.assign(b, { peerId: "other", peerType: "robot" });
    b.emit("ready", "other", "robot");
    for (const other of [a, c]) await other.expect(closed("p1"), opened(b));
    await b.expect(welcome(b, [a]));
    await expectConnections(world, a, b);
    b.emit("ready", "other", "robot");
    for (const other of [a, c]) await other.expect(closed("other"), opened(b));
    await b.expect(welcome(b, [a]));
    await b.close();
    for (const other of [a, c]) await other.expect(closed("other"));
    await expectConnections(world, a);
    await ready(c, [a], "p1");
    await a.expectNothing(c);
  });
}

function farewells(withClients) {
  withClients("a disconnect, and a connection that breaks, is told to the others; the ID is free", 4, async (world, a, b, c, d) => {
    await readyAll([a, b, c, d], 3);
    await b.close();
    for (const other of [a, c, d]) await other.expect(closed("p1"));
    await expectConnections(world, a, c);
    await c.abort();
    for (const other of [a, d]) await other.expect(closed("p2"));
    await ready(d, [a], "p1");
    await expectConnections(world, a, d);
    await a.expectNothing(d);
  });

  withClients("who never was ready goes unseen", 2, async (world, a, b) => {
    await readyAll([a, b], 1);
    await b.close();
    await a.expectNothing();
    await expectConnections(world, a);
  });
}

function messages(withClients) {
  withClients("message reaches all others, ready or not, unchanged", 3, async (_, a, b, c) => {
    await readyAll([a, b, c], 2);
    const all = [{ from: "p0", target: "all", payload: SDP }, { from: "p0", target: "all", message: "hi" }, "text", 7];
    for (const message of [...all, null, [1, [2]], { target: "p1" }, JSON.parse('{"__proto__":{"x":1}}')]) {
      a.emit("message", message);
      for (const other of [b, c]) await other.expect(["message", message]);
    }
    c.emit("message", { from: "c" });
    for (const other of [a, b]) await other.expect(["message", { from: "c" }]);
    for (const client of [a, b, c]) await client.expectNothing(a, b, c);
  });

  withClients("messageOne reaches its target alone, unchanged", 3, async (_, a, b, c) => {
    await readyAll([a, b, c]);
    for (const message of [{ from: "p0", target: "p1", payload: SDP }, { target: "p1", message: {}, more: [1] }]) {
      a.emit("messageOne", message);
      await b.expect(["message", message]);
    }
    a.emit("messageOne", { target: "p0", payload: "to myself" });
    await a.expect(["message", { target: "p0", payload: "to myself" }]);
    for (const client of [a, b, c]) await client.expectNothing(a, b, c);
  });

  withClients("messageOne to somebody who is not there is an error to the sender", 2, async (_, a, b) => {
    await readyAll([a, b]);
    for (const target of ["nobody", b.id, "all", "__proto__", "constructor"]) {
      a.emit("messageOne", { from: "p0", target, payload: SDP });
      await a.expectError("peer_not_found");
    }
    await b.expectNothing(a);
  });

  withClients("what is sent before the connection is there arrives, also before ready", 1, async (world, a) => {
    await ready(a, [], "p0");
    const early = new SeedClient(world.server, world.settings);
    early.socket.on("connect", () => early.emit("ready", "early"));
    early.socket.connect();
    early.emit("message", { from: "early", target: "all", message: "Hello" });
    early.emit("messageOne", { from: "early", target: "p0", message: { this: "is a test" } });
    const heard = [await a.next(), await a.next(), await a.next()];
    Object.assign(early, { id: early.socket.id, peerId: "early" });
    assert.deepEqual(heard, [
      ["message", { from: "early", target: "all", message: "Hello" }],
      ["message", { from: "early", target: "p0", message: { this: "is a test" } }],
      opened(early),
    ]);
    await early.close();
    await a.expect(closed("early"));
  });
}

function senders(withClients) {
  withClients("from is the name that the sender has claimed, whatever it says", 3, async (_, a, b, c) => {
    await readyAll([a, b, c], 2);
    for (const from of ["p1", "all", a.id, ["p1"], null]) {
      a.emit("message", { from, payload: SDP });
      for (const other of [b, c]) await other.expect(["message", { from: "p0", payload: SDP }]);
    }
    a.emit("messageOne", { from: "p1", target: "p1", payload: SDP });
    await b.expect(["message", { from: "p0", target: "p1", payload: SDP }]);
    c.emit("message", { from: "p1", payload: SDP }); // not ready: it has no name, and this one is taken
    for (const other of [a, b]) await other.expect(["message", { from: `peer:${c.id}`, payload: SDP }]);
  });

  withClients("nobody but the server says who comes and goes", 2, async (_, a, b) => {
    await readyAll([a, b]);
    for (const action of ["open", "close"]) {
      a.emit("message", { from: "p1", target: "all", payload: { action, connections: [] } });
      await a.expectError("bad_request");
      a.emit("messageOne", { from: "all", target: "p1", payload: { action, connections: [] } });
      await a.expectError("bad_request");
    }
    await b.expectNothing(a);
  });

  withClients("binary data arrives as binary data", 2, async (_, a, b) => {
    await readyAll([a, b]);
    const message = { from: "p0", target: "p1", payload: { file: Buffer.from([0, 1, 255]), more: [Buffer.from("x")] } };
    for (const event of ["message", "messageOne"]) {
      a.emit(event, message);
      await b.expect(["message", message]);
    }
  });
}

function wrongInput(withClients) {
  withClients("no argument, null, arrays and other types are an error to their sender alone", 3, async (world, a, b, c) => {
    await readyAll([a, b, c], 2);
    const events = [[], [null], [{}], [[]], [["p0"]], [""], [true]].map((args) => ["ready", ...args]);
    const targets = [null, {}, ["p0"], "", true].map((target) => [{ target, payload: 1 }]);
    for (const args of [[], [null], ["p0"], [7], [["p0"]], [[{ target: "p0" }]], [{}], ...targets])
      events.push(["messageOne", ...args]);
    for (const event of [...events, ["message"]]) {
      c.emit(...event);
      await c.expectError("bad_request");
    }
    for (const client of [a, b]) await client.expectNothing(a, b, c);
    await expectConnections(world, a, b);
    await ready(c, [a, b], "p2");
  });

  withClients("events that are not listed are passed over", 2, async (_, a, b) => {
    await readyAll([a, b]);
    for (const event of ["uniquenessError", "connection", "__proto__", "constructor", ""]) a.emit(event, { target: "p1" });
    for (const client of [a, b]) await client.expectNothing(a, b);
  });
}

const settings = { marker: "ready", args: ["--auth-token", TOKEN], options: { auth: { token: TOKEN } } };
onEveryTransport("token-peers", settings, (withClients) => {
  admission(withClients);
  readiness(withClients);
  farewells(withClients);
  messages(withClients);
  senders(withClients);
  wrongInput(withClients);
});
