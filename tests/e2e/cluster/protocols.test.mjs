// What clients do on one node they do across nodes, whatever each of them speaks.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { SeedClient } from "../seeds/support/seed_client.mjs";
import { VertexClient } from "../seeds/support/vertex_client.mjs";
import { DEADLINE_MS, until } from "../support/deadline.mjs";
import { NativeClient, connectClients } from "../support/native_client.mjs";
import { Cluster } from "./support/cluster.mjs";

const OFFER = { type: "offer", sdp: "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=\u00e9\r\n" };
const ANSWER = { type: "answer", sdp: "v=0\r\n" };
const CANDIDATE = { candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0", sdpMLineIndex: 0 };
const MARKERS = {
  "redis-rooms": "join-room",
  "rooms-mesh": "join_room",
  "email-calls": "join_room",
  "token-peers": "ready",
};

let cluster;
const hooks = [];
before(async () => (cluster = await Cluster.start({ after: (hook) => hooks.push(hook), diagnostic() {} })));
after(async () => {
  for (const hook of hooks) await hook();
});

/** One native client on each node. */
async function oneEach(t, options) {
  const clients = await Promise.all(cluster.nodes.map((node) => connectClients(t, node, 1, options)));
  return clients.flat();
}

/** One client of the vocabulary on each node. */
async function seedEach(t, vocabulary) {
  const options = { namespace: `/${vocabulary}`, marker: MARKERS[vocabulary] };
  const clients = await Promise.all(cluster.nodes.map((node) => SeedClient.connect(node, options)));
  t.after(() => clients.forEach(({ socket }) => socket.disconnect()));
  return clients;
}

const by = (field) => (a, b) => (a[field] < b[field] ? -1 : 1);

describe("native clients", () => {
  test("join, update, leave and the end of a connection are told on all nodes, in one order", async (t) => {
    const [ada, bob, eve] = await oneEach(t);
    assert.deepEqual((await ada.join("r", "Ada")).peers, []);
    const first = { id: ada.id, metadata: "Ada", polite: false };
    assert.deepEqual((await bob.join("r", "Bob")).peers, [first]);
    const bobJoined = {
      type: "peer-joined",
      room: "r",
      version: 2,
      peer: { id: bob.id, metadata: "Bob", polite: true },
    };
    await ada.expect(bobJoined);
    assert.deepEqual(
      (await eve.join("r")).peers.sort(by("id")),
      [first, { ...first, id: bob.id, metadata: "Bob" }].sort(by("id")),
    );
    for (const other of [ada, bob])
      await other.expect({ ...bobJoined, version: 3, peer: { id: eve.id, metadata: null, polite: true } });
    await bob.request({ type: "update", room: "r", metadata: { muted: true } });
    for (const other of [ada, eve])
      await other.expect({
        type: "peer-updated",
        room: "r",
        version: 4,
        peer: { id: bob.id, metadata: { muted: true } },
      });
    await bob.request({ type: "leave", room: "r" });
    for (const other of [ada, eve])
      await other.expect({ type: "peer-left", room: "r", version: 5, peer: bob.id, reason: "leave" });
    await eve.reset();
    await ada.expect({ type: "peer-left", room: "r", version: 6, peer: eve.id, reason: "disconnect" });
    for (const client of [ada, bob]) await client.expectNothing();
  });

  test("every type of message arrives as it was sent, from one and from all", async (t) => {
    const [ada, bob, eve] = await oneEach(t);
    for (const client of [ada, bob, eve]) await client.join("types");
    await until(
      async () => (await ada.request({ type: "members", room: "types" })).peers.length === 2,
      "all are seen",
    );
    for (const client of [ada, bob, eve]) await client.drain();
    const kinds = ["offer", "answer", "candidate", "message"].map((type) => ({ type }));
    for (const kind of [...kinds, { type: "event", event: "hand raised \u{1f44b}" }]) {
      for (const more of [
        {},
        { data: null },
        { data: OFFER },
        { data: "\u0000\u2028\ud83d\ude80" },
        { data: 1.5 },
      ]) {
        assert.equal((await ada.request({ ...kind, to: bob.id, ...more })).status, "sent");
        await bob.expect({ ...kind, from: ada.id, ...more });
        await ada.request({ ...kind, room: "types", ...more });
        for (const other of [bob, eve]) await other.expect({ ...kind, from: ada.id, room: "types", ...more });
      }
    }
    const odd = '{"type":"message","to":"TO","data":{"a" :1, "a":1.0e2,\t"b":"\\u00e9\\/"}}';
    ada.send(odd.replace("TO", eve.id));
    assert.ok((await eve.nextText()).includes('{"a" :1, "a":1.0e2,\t"b":"\\u00e9\\/"}'), "byte for byte");
    for (const client of [ada, bob, eve]) await client.expectNothing();
  });

  test("who is not there is an error to the sender, on this node or another", async (t) => {
    const [ada, bob] = await oneEach(t);
    await ada.join("one");
    await bob.join("another");
    for (const to of [bob.id, "nobody"])
      assert.equal((await ada.request({ type: "offer", to, data: 0 })).code, "peer_not_found");
    await bob.expectNothing();
  });

  test("a room's capacity counts the members of all nodes", async (t) => {
    const small = await Cluster.start(t, { args: ["--max-peers-per-room", "4"] });
    const places = [0, 1, 2, 0, 1, 2, 0, 1];
    const clients = await Promise.all(places.map((node) => NativeClient.connect(small.nodes[node])));
    t.after(() => clients.forEach(({ socket }) => socket.terminate()));
    const answers = await Promise.all(
      clients.map((client) => client.request({ type: "join", room: "small" })),
    );
    const codes = answers.map(({ type, code }) => code ?? type).sort();
    assert.deepEqual(codes, [...Array(4).fill("joined"), ...Array(4).fill("room_full")]);
  });
});

describe("Socket.IO", () => {
  test("rooms-mesh: rooms, chat, calls and words to everybody, with a native client among them", async (t) => {
    const [mia, max, mel] = await seedEach(t, "rooms-mesh");
    const [, native] = await oneEach(t);
    const user = ({ id }, personName) => ({ personName, roomName: "lobby", socketId: id });
    mia.emit("join_room", { roomName: "lobby", personName: "Mia" });
    await mia.expect(["user_joined", user(mia, "Mia")]);
    max.emit("join_room", { roomName: "lobby", personName: "Max" });
    for (const one of [mia, max]) await one.expect(["user_joined", user(max, "Max")]);
    const { peers } = await native.join("lobby", { personName: "Nat" });
    assert.deepEqual(peers.map(({ id }) => id).sort(), [mia.id, max.id].sort());
    for (const one of [mia, max]) await one.expect(["user_joined", user(native, "Nat")]);

    max.emit("message", { roomName: "lobby", personName: "Max", content: "hi" });
    for (const one of [mia, max]) assert.equal((await one.next())[1].content, "hi");
    await native.expect({ type: "message", from: max.id, room: "lobby", data: "hi" });
    for (const [from, to] of [
      [mia, max],
      [max, mel],
      [mel, mia],
    ]) {
      const call = { offer: OFFER, fromPeer: from.id, toPeer: to.id };
      from.emit("offer", call);
      await to.expect(["offer", call]);
    }
    mel.emit("send-offer", OFFER);
    for (const one of [mia, max]) await one.expect(["receive-offer", OFFER]);
    await max.abort();
    await mia.expect(["user_left", user(max, "Max")]);
    assert.equal((await native.next()).peer, max.id);
    await mia.expectNothing(mel);
  });

  test("redis-rooms: a room lists the sockets of all nodes, and what is sent reaches them once", async (t) => {
    const clients = await seedEach(t, "redis-rooms");
    for (const [i, client] of clients.entries()) {
      client.emit("join-room", "2001", `user${i}`);
      await client.expect(["room-users", clients.slice(0, i + 1).map(({ id }) => id)]);
      for (const earlier of clients.slice(0, i)) await earlier.expect(["user-connected", client.id]);
    }
    const [ada, ...others] = clients;
    ada.emit("ice-candidate", "2001", ada.id, CANDIDATE);
    ada.emit("answer", "2001", ada.id, ANSWER);
    for (const other of others)
      await other.expect(
        ["ice-candidate", { userId: ada.id, candidate: CANDIDATE }],
        ["answer", { userId: ada.id, answer: ANSWER }],
      );
    for (const client of clients) await client.expectNothing(...clients);
  });

  test("email-calls: an address is reached from any node, and is the socket's that came last", async (t) => {
    const [ada, bob, eve] = await seedEach(t, "email-calls");
    ada.emit("join_room", { roomID: "r", emailID: "a@x" });
    await ada.expect(["joined_room", { roomID: "r" }]);
    bob.emit("join_room", { roomID: "r", emailID: "b@x" });
    await bob.expect(["joined_room", { roomID: "r" }]);
    await ada.expect(["user_joined", { emailID: "b@x" }]);
    ada.emit("call_user", { emailID: "b@x", offer: OFFER });
    await bob.expect(["incoming_call", { from: "a@x", offer: OFFER }]);
    bob.emit("call_accepted", { emailID: "a@x", ans: ANSWER });
    await ada.expect(["call_accepted", { ans: ANSWER }]);
    eve.emit("call_user", { emailID: "nobody@x", offer: OFFER });
    await eve.expectError("peer_not_found");
    eve.emit("join_room", { roomID: "elsewhere", emailID: "a@x" });
    await eve.expect(["joined_room", { roomID: "elsewhere" }]);
    const callEve = async () => {
      bob.emit("call_user", { emailID: "a@x", offer: OFFER });
      await eve.expect(["incoming_call", { from: "b@x", offer: OFFER }]);
    };
    await callEve();
    await bob.expectNothing(ada, eve);
    await ada.close();
    for (let i = 0; i < 3; ++i) await callEve();
  });

  test("token-peers: /connections is the same on every node, also on one without clients", async (t) => {
    const [ada, bob] = (await seedEach(t, "token-peers")).slice(0, 2);
    const told = (from, target, payload) => ["message", { from, target, payload }];
    const self = ({ id }, peerId, peerType) => ({ socketId: id, peerId, peerType });
    ada.emit("ready", "robot-1", "robot");
    await ada.expect(told("all", "robot-1", { action: "open", connections: [], bePolite: false }));
    await bob.expect(
      told("robot-1", "all", {
        action: "open",
        connections: [self(ada, "robot-1", "robot")],
        bePolite: true,
      }),
    );
    bob.emit("ready", "robot-1", "thief");
    assert.equal((await bob.next())[0], "uniquenessError");
    await bob.ended();
    const [car] = await seedEach(t, "token-peers");
    car.emit("ready", "car-1", "car");
    await car.expect(
      told("all", "car-1", { action: "open", connections: [self(ada, "robot-1", "robot")], bePolite: false }),
    );
    const expected = [self(ada, "robot-1", "robot"), self(car, "car-1", "car")];
    for (const node of cluster.nodes) {
      const list = async () =>
        (await fetch(`${node.url}/connections`, { signal: AbortSignal.timeout(DEADLINE_MS) })).json();
      await until(async () => (await list()).length === 2, "both are listed");
      assert.deepEqual((await list()).sort(by("peerId")), expected.sort(by("peerId")));
    }
  });
});

describe("/connections", () => {
  test("of a node without clients lists those of the others, and nobody when they have gone", async (t) => {
    const quiet = await Cluster.start(t);
    const list = async (node) => (await fetch(`${node.url}/connections`)).json();
    for (const node of quiet.nodes) assert.deepEqual(await list(node), []);
    const client = await SeedClient.connect(quiet.nodes[1], { namespace: "/token-peers", marker: "ready" });
    client.emit("ready", "p1", "robot");
    await client.next();
    for (const node of quiet.nodes)
      assert.deepEqual(await list(node), [{ socketId: client.id, peerId: "p1", peerType: "robot" }]);
    await client.close();
    for (const node of quiet.nodes)
      await until(async () => (await list(node)).length === 0, "nobody is listed");
  });
});

describe("vertex", () => {
  test("the list spans nodes, calls reach any of them, and who goes is off the list", async (t) => {
    const phones = [];
    t.after(() => phones.forEach(({ socket }) => socket.terminate()));
    for (const [i, node] of cluster.nodes.entries()) {
      const phone = await VertexClient.register(node, `phone ${i}`);
      assert.deepEqual(phone.peers.sort(by("id")), [...phones, phone].map(({ self }) => self).sort(by("id")));
      phones.push(phone);
      for (const other of phones.slice(0, -1)) await other.expectPeers(...phones);
    }
    const [a, b, c] = phones;
    for (const [type, content] of [
      ["offer", { description: OFFER }],
      ["answer", { description: ANSWER }],
      ["candidate", { candidate: CANDIDATE }],
    ]) {
      const message = {
        type,
        data: { to: "phone 2", id: "phone 0", session_id: "phone 0-phone 2", ...content },
      };
      a.send(message);
      assert.deepEqual(await c.next(), message);
    }
    c.send({ type: "bye", data: { session_id: "phone 0-phone 2", from: "phone 2" } });
    for (const phone of [a, c])
      assert.equal((await phone.expectType("bye")).data.session_id, "phone 0-phone 2");
    await b.close();
    for (const phone of [a, c]) await phone.expectPeers(a, c);
    const [, , native] = await oneEach(t);
    await native.join("vertex/everybody", { username: "Nat" });
    const listed = { self: { id: `peer:${native.id}`, device_name: "", username: "Nat", user_agent: "" } };
    for (const phone of [a, c]) await phone.expectPeers(a, c, listed);
    for (const phone of [a, c]) await phone.expectNothing();
  });
});
