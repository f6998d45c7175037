// Native clients and those of the other projects in one room, as docs/interop.md says.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NativeClient } from "../support/native_client.mjs";
import { startServer } from "../support/server.mjs";
import { SeedClient } from "./support/seed_client.mjs";
import { VertexClient } from "./support/vertex_client.mjs";

const OFFER = { type: "offer", sdp: "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=\u00e9\r\n" };
const ANSWER = { type: "answer", sdp: "v=0\r\n" };
const CANDIDATE = { candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0", sdpMLineIndex: 0 };
const MARKERS = { "redis-rooms": "join-room", "rooms-mesh": "join_room", "email-calls": "join_room", "token-peers": "ready" };

let server;
const seedClient = (vocabulary) =>
  SeedClient.connect(server, { namespace: `/${vocabulary}`, marker: MARKERS[vocabulary] });

/** A test on a server of its own, with a client of the vocabulary and a native one. */
function meeting(vocabulary, name, run) {
  test(name, async () => {
    server = await startServer();
    try {
      await run(await seedClient(vocabulary), await NativeClient.connect(server));
    } finally {
      assert.equal(await server.stop(), 0);
    }
  });
}

const toPeer = ({ id }, type, data) => ({ type, to: id, data });
const fromPeer = ({ id }, type, data) => ({ type, from: id, data });

/** What was sent to one peer that has no word for it. */
async function expectNoWord(native, message) {
  assert.equal((await native.request(message)).code, "unknown_type");
}

describe("rooms-mesh", () => {
  const user = ({ id }, personName, roomName = "lobby") => ({ personName, roomName, socketId: id });

  async function meetAsMiaAndNat(mesh, native) {
    mesh.emit("join_room", { roomName: "lobby", personName: "Mia" });
    await mesh.expect(["user_joined", user(mesh, "Mia")]);
    await native.join("lobby", { personName: "Nat" });
    await mesh.expect(["user_joined", user(native, "Nat")]);
  }

  meeting("rooms-mesh", "each sees the other join and leave, by name", async (mesh, native) => {
    await native.join("lobby", { personName: "Nat" });
    mesh.emit("join_room", { roomName: "lobby", personName: "Mia" });
    const mia = { id: mesh.id, metadata: { personName: "Mia" } };
    await native.expect({ type: "peer-joined", room: "lobby", version: 2, peer: { ...mia, polite: true } });
    await mesh.expect(["user_joined", user(mesh, "Mia")]);
    mesh.emit("leave_room", { roomName: "lobby", personName: "Mia" });
    await native.expect({ type: "peer-left", room: "lobby", version: 3, peer: mesh.id, reason: "leave" });
    mesh.emit("join_room", { roomName: "lobby", personName: "Mia" });
    await native.expect({ type: "peer-joined", room: "lobby", version: 4, peer: { ...mia, polite: true } });
    await mesh.expect(["user_joined", user(mesh, "Mia")]);
    await native.request({ type: "leave", room: "lobby" });
    await mesh.expect(["user_left", user(native, "Nat")]);
    const { peers, version } = await native.join("lobby", { personName: "Nat" });
    assert.deepEqual({ peers, version }, { peers: [{ ...mia, polite: false }], version: 6 });
    await mesh.expect(["user_joined", user(native, "Nat")]);
    await mesh.abort();
    await native.expect({ type: "peer-left", room: "lobby", version: 7, peer: mesh.id, reason: "disconnect" });
  });

  meeting("rooms-mesh", "the end of a native client is user_left, and a change of its metadata is not shown", async (mesh, native) => {
    await meetAsMiaAndNat(mesh, native);
    await native.request({ type: "update", room: "lobby", metadata: { personName: "Nathan" } });
    await mesh.expectNothing();
    await native.reset();
    await mesh.expect(["user_left", user(native, "Nathan")]);
  });

  meeting("rooms-mesh", "offer, answer and candidates arrive both ways, and in the room", async (mesh, native) => {
    await meetAsMiaAndNat(mesh, native);
    const ends = { fromPeer: mesh.id, toPeer: native.id };
    mesh.emit("offer", { offer: OFFER, ...ends });
    mesh.emit("ice_candidate", { iccCandidate: CANDIDATE, ...ends });
    mesh.emit("answer", { answer: ANSWER, ...ends });
    for (const [type, data] of [["offer", OFFER], ["candidate", CANDIDATE], ["answer", ANSWER]])
      await native.expect(fromPeer(mesh, type, data));
    for (const there of [{ to: mesh.id }, { room: "lobby" }]) {
      const came = { fromPeer: native.id, ...(there.to && { toPeer: mesh.id }) };
      native.send({ type: "offer", ...there, data: OFFER });
      await mesh.expect(["offer", { offer: OFFER, ...came }]);
      native.send({ type: "answer", ...there, data: ANSWER });
      await mesh.expect(["answer", { answer: ANSWER, ...came }]);
      native.send({ type: "candidate", ...there, data: CANDIDATE });
      const candidate = { iccCandidate: CANDIDATE, ...came };
      await mesh.expectInAnyOrder(["ice_candidate", candidate], ["ice-candidate", candidate]);
    }
  });

  meeting("rooms-mesh", "messages arrive both ways, from a nameless client under its id", async (mesh, native) => {
    await meetAsMiaAndNat(mesh, native);
    mesh.emit("message", { roomName: "lobby", personName: "Mia", content: "hello" });
    await native.expect({ type: "message", from: mesh.id, room: "lobby", data: "hello" });
    assert.equal((await mesh.next())[1].content, "hello"); // its own
    for (const [metadata, personName] of [[{ personName: "Nat" }, "Nat"], [{}, native.id]]) {
      await native.request({ type: "update", room: "lobby", metadata });
      for (const there of [{ room: "lobby" }, { to: mesh.id }]) {
        native.send({ type: "message", ...there, data: "hi" });
        const [name, { timestamp, ...message }] = await mesh.next();
        assert.deepEqual([name, message], ["message", { personName, content: "hi" }]);
        assert.equal(new Date(timestamp).toUTCString(), timestamp);
      }
    }
  });

  meeting("rooms-mesh", "events of other names are not shown: nobody puts words into the server's mouth", async (mesh, native) => {
    await meetAsMiaAndNat(mesh, native);
    for (const event of ["user_left", "user_joined", "x"]) {
      await expectNoWord(native, { type: "event", event, to: mesh.id, data: user(mesh, "Mia") });
      assert.equal((await native.request({ type: "event", event, room: "lobby" })).type, "sent");
    }
    await mesh.expectNothing();
  });

  meeting("rooms-mesh", "send-offer and the like reach who has joined the room of everybody, both ways", async (mesh, native) => {
    await native.join("rooms-mesh/everybody");
    mesh.emit("send-offer", OFFER);
    mesh.emit("send-icecandidate", CANDIDATE);
    const room = "rooms-mesh/everybody";
    await native.expect({ type: "offer", from: mesh.id, room, data: OFFER });
    await native.expect({ type: "candidate", from: mesh.id, room, data: CANDIDATE });
    native.send({ type: "answer", room, data: ANSWER });
    await mesh.expect(["receive-answer", ANSWER]); // and nothing of the joining
    await mesh.expectNothing();
  });
});

describe("redis-rooms", () => {
  meeting("redis-rooms", "joins, offers, answers and candidates both ways; a message has no word", async (redis, native) => {
    await native.join("2002");
    redis.emit("join-room", "2002", "user1");
    await redis.expect(["room-users", [native.id, redis.id]]);
    const peer = { id: redis.id, metadata: null, polite: true };
    await native.expect({ type: "peer-joined", room: "2002", version: 2, peer });
    redis.emit("offer", "2002", native.id, OFFER);
    redis.emit("answer", "2002", native.id, ANSWER);
    redis.emit("ice-candidate", "2002", native.id, CANDIDATE);
    for (const [type, data] of [["offer", OFFER], ["answer", ANSWER], ["candidate", CANDIDATE]])
      await native.expect({ type, from: redis.id, room: "2002", data });
    for (const there of [{ to: redis.id }, { room: "2002" }]) {
      native.send({ type: "offer", ...there, data: OFFER });
      await redis.expect(["offer", { userId: native.id, offer: OFFER }]);
      native.send({ type: "answer", ...there, data: ANSWER });
      await redis.expect(["answer", { userId: native.id, answer: ANSWER }]);
      native.send({ type: "candidate", ...there, data: CANDIDATE });
      await redis.expect(["ice-candidate", { userId: native.id, candidate: CANDIDATE }]);
    }
    await expectNoWord(native, toPeer(redis, "message", "hi"));
    const second = await NativeClient.connect(server);
    await second.join("2002");
    await redis.expect(["user-connected", second.id]);
    await native.next(); // the joining of the second
    await redis.close();
    await native.expect({ type: "peer-left", room: "2002", version: 4, peer: redis.id, reason: "disconnect" });
  });
});

describe("email-calls", () => {
  meeting("email-calls", "each calls the other and is answered; candidates and messages have no word", async (caller, native) => {
    caller.emit("join_room", { roomID: "r", emailID: "a@x" });
    await caller.expect(["joined_room", { roomID: "r" }]);
    const { peers } = await native.join("r", { name: "Nat" });
    assert.deepEqual(peers, [{ id: caller.id, metadata: { emailID: "a@x" }, polite: false }]);
    const emailID = `peer:${native.id}`;
    await caller.expect(["user_joined", { emailID }]);
    caller.emit("call_user", { emailID, offer: OFFER });
    await native.expect(fromPeer(caller, "offer", OFFER));
    native.send(toPeer(caller, "answer", ANSWER));
    await caller.expect(["call_accepted", { ans: ANSWER }]);
    native.send(toPeer(caller, "offer", OFFER));
    await caller.expect(["incoming_call", { from: emailID, offer: OFFER }]);
    caller.emit("call_accepted", { emailID, ans: ANSWER });
    await native.expect(fromPeer(caller, "answer", ANSWER));
    for (const type of ["candidate", "message"]) await expectNoWord(native, toPeer(caller, type, CANDIDATE));
    await caller.close();
    await native.expect({ type: "peer-left", room: "r", version: 3, peer: caller.id, reason: "disconnect" });
  });

  meeting("email-calls", "an address in the metadata of a native client reaches nobody, and takes no calls", async (caller, native) => {
    const owner = await seedClient("email-calls");
    owner.emit("join_room", { roomID: "elsewhere", emailID: "o@x" });
    await owner.expect(["joined_room", { roomID: "elsewhere" }]);
    caller.emit("join_room", { roomID: "r", emailID: "a@x" });
    await caller.expect(["joined_room", { roomID: "r" }]);
    for (const emailID of ["o@x", "n@x"]) {
      await native.join("r", { emailID });
      await native.request({ type: "leave", room: "r" });
      await caller.expect(["user_joined", { emailID: `peer:${native.id}` }]);
      caller.emit("call_user", { emailID, offer: OFFER });
    }
    await owner.expect(["incoming_call", { from: "a@x", offer: OFFER }]);
    await caller.expectError("peer_not_found");
    await native.expectNothing();
  });
});

describe("token-peers", () => {
  const room = "token-peers/everybody";
  const told = (from, target, payload) => ["message", { from, target, payload }];

  meeting("token-peers", "a native client with metadata is a peer among others, and messages arrive both ways", async (peer, native) => {
    peer.emit("ready", "p1", "robot");
    await peer.expect(told("all", "p1", { action: "open", connections: [], bePolite: false }));
    const { peers } = await native.join(room, { name: "Nat" });
    assert.deepEqual(peers, [{ id: peer.id, metadata: { peerId: "p1", peerType: "robot" }, polite: false }]);
    const name = `peer:${native.id}`;
    const connection = { socketId: native.id, peerId: name };
    await peer.expect(told(name, "all", { action: "open", connections: [connection], bePolite: true }));
    peer.emit("messageOne", { from: "p1", target: name, payload: { action: "sdp", sdp: OFFER } });
    await native.expect(fromPeer(peer, "message", { action: "sdp", sdp: OFFER }));
    peer.emit("message", { from: "p1", target: "all", message: "hi" });
    await native.expect({ type: "message", from: peer.id, room, data: { from: "p1", target: "all", message: "hi" } });
    native.send(toPeer(peer, "offer", { action: "sdp", sdp: OFFER }));
    await peer.expect(told(name, peer.id, { action: "sdp", sdp: OFFER }));
    native.send({ type: "message", room, data: "hi" });
    await peer.expect(told(name, "all", "hi"));
    await native.close();
    await peer.expect(told(name, "all", { action: "close", message: "Peer has left the signaling server" }));
  });
});

describe("strangers", () => {
  const attempts = {
    "rooms-mesh": (id) => ["offer", { offer: OFFER, toPeer: id }],
    "email-calls": (id) => ["call_user", { emailID: `peer:${id}`, offer: OFFER }],
    "token-peers": (id) => ["messageOne", { target: `peer:${id}`, payload: OFFER }],
  };
  for (const [vocabulary, attempt] of Object.entries(attempts)) {
    meeting(vocabulary, `${vocabulary} does not reach a native client that shares no room with it`, async (client, native) => {
      await native.join("alone");
      client.emit(...attempt(native.id));
      await client.expectError("peer_not_found");
      await native.expectNothing();
    });
  }

  meeting("rooms-mesh", "two native clients that share no room do not reach each other", async (_, native) => {
    const other = await NativeClient.connect(server);
    assert.equal((await native.request({ type: "message", to: other.id, data: 1 })).code, "peer_not_found");
    await other.expectNothing();
  });
});

describe("vertex", () => {
  test("a native client is listed; offers, answers, candidates and the end of a call arrive both ways", async () => {
    server = await startServer();
    try {
      const phone = await VertexClient.register(server, "41");
      const native = await NativeClient.connect(server);
      await native.join("vertex/everybody", { username: "Nat" });
      const id = `peer:${native.id}`;
      const listed = { id, device_name: "", username: "Nat", user_agent: "" };
      assert.deepEqual((await phone.expectType("peers")).data, [phone.self, listed]);
      const session_id = `41-${id}`;
      phone.send({ type: "offer", data: { to: id, id: "41", description: OFFER, session_id, media: "video" } });
      phone.send({ type: "candidate", data: { to: id, id: "41", candidate: CANDIDATE, session_id } });
      const [{ from, ...offer }, candidate] = [await native.next(), await native.next()];
      assert.deepEqual([offer, candidate], [{ type: "offer", data: OFFER }, { type: "candidate", from, data: CANDIDATE }]);
      native.send(toPeer({ id: from }, "answer", ANSWER));
      native.send(toPeer({ id: from }, "candidate", CANDIDATE));
      // The app knows peers by data.id, and answers to that.
      const ends = { to: from, id, session_id: `${id}-peer:${from}` };
      assert.deepEqual(await phone.next(), { type: "answer", data: { ...ends, description: ANSWER } });
      assert.deepEqual(await phone.next(), { type: "candidate", data: { ...ends, candidate: CANDIDATE } });
      native.send(toPeer({ id: from }, "offer", OFFER));
      assert.deepEqual(await phone.next(), { type: "offer", data: { ...ends, description: OFFER, media: "video" } });
      await expectNoWord(native, toPeer({ id: from }, "message", "hi"));
      phone.send({ type: "bye", data: { session_id, from: "41" } });
      await native.expect({ type: "event", from, event: "bye", data: { to: id, session_id } });
      assert.deepEqual(await phone.next(), { type: "bye", data: { to: "41", session_id } });
      await phone.close();
      await native.expect({ type: "peer-left", room: "vertex/everybody", version: 3, peer: from, reason: "disconnect" });
    } finally {
      assert.equal(await server.stop(), 0);
    }
  });
});
