// What the clients of webrtc-server rely on, event by event.

import assert from "node:assert/strict";
import { onEveryTransport } from "./support/every_transport.mjs";

const OFFER = { type: "offer", sdp: "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=\u00e9\r\n" };
const ANSWER = { type: "answer", sdp: "v=0\r\n" };
const CANDIDATE = { candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0", sdpMLineIndex: 0 };
const WRONG = [[], [null], [[]], ["text"], [7], [true], [{}], [["lobby"]]];

const person = (client, roomName, personName) => ({ personName, roomName, socketId: client.id });

/** All join, one after the other, as "person 0" and so on; everybody in the room is told, the joiner too. */
async function joinAll(roomName, ...clients) {
  for (const [i, client] of clients.entries()) {
    client.emit("join_room", { roomName, personName: `person ${i}` });
    for (const member of clients.slice(0, i + 1))
      await member.expect(["user_joined", person(client, roomName, `person ${i}`)]);
  }
}

/** The next event is this message, with the present time as Date.prototype.toUTCString writes it. */
async function expectMessage(client, { personName, content }) {
  const [name, message, ...more] = await client.next();
  const { timestamp, ...rest } = message;
  assert.deepEqual([name, rest, more], ["message", { personName, content }, []]);
  assert.equal(new Date(timestamp).toUTCString(), timestamp);
  assert.ok(Math.abs(Date.now() - Date.parse(timestamp)) < 60_000, timestamp);
}

function rooms(withClients) {
  withClients("join_room: everybody in the room is told, the joiner too", 4, async (_, a, b, c, d) => {
    await joinAll("elsewhere", d);
    await joinAll("lobby", a, b, c);
    for (const client of [a, b, c, d]) await client.expectNothing(a, b, c, d);
  });

  withClients("joining the same room again tells the joiner alone", 2, async (_, a, b) => {
    await joinAll("lobby", a, b);
    b.emit("join_room", { roomName: "lobby", personName: "person 1" });
    await b.expect(["user_joined", person(b, "lobby", "person 1")]);
    await a.expectNothing(b);
    await b.expectNothing();
  });

  withClients("leave_room: the others are told, with the name of the joining; no message comes any more", 3, async (_, a, b, c) => {
    await joinAll("lobby", a, b, c);
    b.emit("leave_room", { roomName: "lobby", personName: "person 1" });
    for (const other of [a, c]) await other.expect(["user_left", person(b, "lobby", "person 1")]);
    a.emit("message", { roomName: "lobby", personName: "A", content: "hi" });
    for (const other of [a, c]) await expectMessage(other, { personName: "A", content: "hi" });
    await b.expectNothing(a, c);
  });

  withClients("a disconnect, and a connection that breaks, is told to the others in each room", 4, async (_, a, b, c, d) => {
    await joinAll("lobby", a, b, c);
    await joinAll("kitchen", a, c, d);
    await c.close();
    const left = ["lobby", "kitchen"].map((room, i) => ["user_left", person(c, room, `person ${2 - i}`)]);
    await a.expectInAnyOrder(...left);
    await b.expect(left[0]);
    await d.expect(left[1]);
    await a.abort();
    await b.expect(["user_left", person(a, "lobby", "person 0")]);
    await d.expect(["user_left", person(a, "kitchen", "person 0")]);
    await b.expectNothing(d);
    await d.expectNothing(b);
  });

  withClients("rooms and persons may have any name", 2, async (_, a, b) => {
    for (const name of ["__proto__", "constructor", "caf\u00e9 \u{1f3ac}", "a,b", "/", "*", "\n\0"]) {
      a.emit("join_room", { roomName: name, personName: name });
      await a.expect(["user_joined", person(a, name, name)]);
      b.emit("join_room", { roomName: name }); // nobody in particular
      for (const member of [a, b]) await member.expect(["user_joined", { roomName: name, socketId: b.id }]);
      b.emit("message", { roomName: name, personName: name, content: name });
      for (const member of [a, b]) await expectMessage(member, { personName: name, content: name });
    }
  });
}

function messages(withClients) {
  withClients("message: everybody in the room gets it, the sender too, with the time in UTC", 3, async (_, a, b, c) => {
    await joinAll("lobby", a, b);
    await joinAll("elsewhere", c);
    for (const content of ["hello \u{1f44b}", "", { any: ["thing"] }, null, 7]) {
      a.emit("message", { roomName: "lobby", personName: "Ada", content });
      for (const member of [a, b]) await expectMessage(member, { personName: "Ada", content });
    }
    await c.expectNothing(a, b);
  });

  withClients("message: a sender that is not in the room gets an error", 2, async (_, a, b) => {
    await joinAll("lobby", a);
    b.emit("message", { roomName: "lobby", personName: "B", content: "x" });
    await b.expectError("not_joined");
    await a.expectNothing(b);
  });
}

function relay(withClients) {
  for (const inRooms of [true, false]) {
    const where = inRooms ? "in a room" : "without a room";
    withClients(`offer and answer reach the socket that is named, ${where}, as they were`, 3, async (_, a, b, c) => {
      if (inRooms) await joinAll("lobby", a, b, c);
      const offer = { offer: OFFER, fromPeer: a.id, toPeer: b.id, more: [1] };
      a.emit("offer", offer);
      await b.expect(["offer", offer]);
      const answer = { answer: ANSWER, fromPeer: b.id, toPeer: a.id };
      b.emit("answer", answer);
      await a.expect(["answer", answer]);
      for (const client of [a, b, c]) await client.expectNothing(a, b, c);
    });

    withClients(`ice_candidate arrives as ice-candidate and as ice_candidate, ${where}`, 3, async (_, a, b, c) => {
      if (inRooms) await joinAll("lobby", a, b, c);
      const candidate = { iccCandidate: CANDIDATE, fromPeer: a.id, toPeer: b.id };
      a.emit("ice_candidate", candidate);
      await b.expectInAnyOrder(["ice-candidate", candidate], ["ice_candidate", candidate]);
      for (const client of [a, b, c]) await client.expectNothing(a, b, c);
    });
  }

  withClients("send-offer, send-answer and send-icecandidate reach all others, in rooms or not, unchanged", 3, async (_, a, b, c) => {
    await joinAll("lobby", a, b);
    for (const kind of ["offer", "answer", "icecandidate"]) {
      for (const content of [OFFER, "text", 7, null, [1, { two: 2 }], { ["__proto__"]: 1 }]) {
        c.emit(`send-${kind}`, content);
        for (const other of [a, b]) await other.expect([`receive-${kind}`, content]);
      }
    }
    for (const client of [a, b, c]) await client.expectNothing(a, b, c);
  });

  withClients("who is not there is an error to the sender alone", 2, async (_, a, b) => {
    await joinAll("lobby", a, b);
    for (const toPeer of ["nobody", "__proto__", "lobby", "constructor"]) {
      for (const event of ["offer", "answer", "ice_candidate"]) {
        a.emit(event, { offer: OFFER, fromPeer: a.id, toPeer });
        await a.expectError("peer_not_found");
      }
    }
    await b.expectNothing(a);
  });
}

function wrongInput(withClients) {
  withClients("no argument, null, arrays and other types are an error to their sender alone", 3, async (_, a, b, c) => {
    await joinAll("lobby", a, b);
    for (const event of ["join_room", "leave_room", "message", "offer", "answer", "ice_candidate"]) {
      const named = [{ roomName: null, toPeer: null }, { roomName: ["lobby"], toPeer: [b.id] }, { roomName: {}, toPeer: {} }];
      for (const args of [...WRONG, ...named.map((one) => [one]), [{ roomName: "", toPeer: "" }]]) {
        c.emit(event, ...args);
        await c.expectError("bad_request");
      }
    }
    for (const event of ["send-offer", "send-answer", "send-icecandidate"]) {
      c.emit(event);
      await c.expectError("bad_request");
    }
    for (const client of [a, b]) await client.expectNothing(a, b, c);
    await joinAll("lobby2", a, c);
  });

  withClients("the room of everybody cannot be joined, and events that are not listed are passed over", 2, async (_, a, b) => {
    await joinAll("lobby", a, b);
    a.emit("join_room", { roomName: "rooms-mesh/everybody", personName: "x" });
    await a.expectError("bad_request");
    for (const event of ["user_joined", "user_left", "ice-candidate", "receive-offer", "__proto__", "constructor", ""])
      a.emit(event, { roomName: "lobby", personName: "x", socketId: b.id, toPeer: b.id });
    for (const client of [a, b]) await client.expectNothing(a, b);
  });
}

onEveryTransport("rooms-mesh", { marker: "join_room" }, (withClients) => {
  rooms(withClients);
  messages(withClients);
  relay(withClients);
  wrongInput(withClients);
});
