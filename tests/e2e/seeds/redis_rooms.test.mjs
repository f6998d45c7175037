// What the clients of simple-webrtc-signaling rely on, event by event.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { until } from "../support/deadline.mjs";
import { onEveryTransport } from "./support/every_transport.mjs";

const OFFER = { type: "offer", sdp: "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=\u00e9\r\n" };
const ANSWER = { type: "answer", sdp: "v=0\r\n" };
const CANDIDATE = { candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0", sdpMLineIndex: 0 };

/** All join, one after the other; each gets the list, and those before it get its id. */
async function joinAll(room, ...clients) {
  for (const [i, client] of clients.entries()) {
    client.emit("join-room", room, `user${i}`);
    await client.expect(["room-users", clients.slice(0, i + 1).map(({ id }) => id)]);
    for (const earlier of clients.slice(0, i)) await earlier.expect(["user-connected", client.id]);
  }
}

/** Nobody is told when somebody goes, but who asks again sees it. */
async function waitForMembers(room, client, members) {
  const isThere = async () => {
    client.emit("join-room", room);
    const [name, ids] = await client.next();
    assert.equal(name, "room-users");
    return isDeepStrictEqual(ids.sort(), members.map(({ id }) => id).sort());
  };
  await until(isThere, "the list without who has gone");
}

function rooms(withClients) {
  withClients("join-room: the joiner gets all in the room, itself included, the others get its id", 4, async (_, a, b, c, d) => {
    d.emit("join-room", "elsewhere", "D");
    await d.expect(["room-users", [d.id]]);
    await joinAll("2002", a, b, c);
    await d.expectNothing(a, b, c);
    await a.expectNothing(b, c, d);
  });

  withClients("joining the same room again lists nobody twice, and is no news to the others", 2, async (_, a, b) => {
    await joinAll("2002", a, b);
    b.emit("join-room", "2002");
    await b.expect(["room-users", [a.id, b.id]]);
    await a.expectNothing(b);
  });

  withClients("a room may have any name", 2, async (_, a, b) => {
    for (const room of ["__proto__", "constructor", "caf\u00e9 \u{1f3ac}", "a,b", "/", "*", "\n\0"]) {
      await joinAll(room, a, b);
      a.emit("offer", room, b.id, OFFER);
      await b.expect(["offer", { userId: b.id, offer: OFFER }]);
    }
    await joinAll(2002, a); // is "2002"
    b.emit("join-room", "2002");
    await b.expect(["room-users", [a.id, b.id]]);
  });

  withClients("who was disconnected is in the room no more", 3, async (_, a, b, c) => {
    await joinAll("2002", a, b, c);
    await b.close();
    await waitForMembers("2002", a, [a, c]);
    await c.expectNothing(a);
  });

  withClients("who was cut off is in the room no more", 3, async (_, a, b, c) => {
    await joinAll("2002", a, b, c);
    await b.abort();
    await waitForMembers("2002", a, [a, c]);
    await c.expectNothing(a);
  });
}

function relay(withClients) {
  withClients("offer, answer and ice-candidate reach all others in the room, once each, with the user as it was given", 4, async (_, a, b, c, d) => {
    await joinAll("2002", a, b, c);
    d.emit("join-room", "elsewhere");
    await d.expect(["room-users", [d.id]]);
    a.emit("offer", "2002", c.id, OFFER);
    a.emit("ice-candidate", "2002", c.id, CANDIDATE);
    for (const other of [b, c]) {
      await other.expect(["offer", { userId: c.id, offer: OFFER }]);
      await other.expect(["ice-candidate", { userId: c.id, candidate: CANDIDATE }]);
    }
    c.emit("answer", "2002", "anything", ANSWER);
    for (const other of [a, b]) await other.expect(["answer", { userId: "anything", answer: ANSWER }]);
    for (const client of [a, b, c, d]) await client.expectNothing(a, b, c, d);
  });

  withClients("a user may be a number, an object, or null", 2, async (_, a, b) => {
    await joinAll("2002", a, b);
    for (const userId of [7, { id: "x" }, ["x"], null, "", "__proto__"]) {
      a.emit("offer", "2002", userId, OFFER);
      await b.expect(["offer", { userId, offer: OFFER }]);
    }
  });

  withClients("a sender that is not in the room gets an error, and nobody its offer", 2, async (_, a, b) => {
    await joinAll("2002", a);
    b.emit("offer", "2002", a.id, OFFER);
    await b.expectError("not_joined");
    await a.expectNothing(b);
  });
}

function wrongInput(withClients) {
  withClients("what lacks a room or data, or has others than these, is an error to its sender alone", 2, async (_, a, b) => {
    await joinAll("2002", a, b);
    const wrong = [[], [null], [{}], [["2002"]], [true], [""]].map((args) => ["join-room", ...args]);
    for (const event of ["offer", "answer", "ice-candidate"]) {
      const all = [[], [null], [null, null, null], [{}, [], OFFER], [["2002"], "x", OFFER], ["2002"], ["2002", "x"]];
      wrong.push(...all.map((args) => [event, ...args]));
    }
    for (const event of wrong) {
      a.emit(...event);
      await a.expectError("bad_request");
    }
    await b.expectNothing(a);
    a.emit("offer", "2002", b.id, null); // JavaScript's null is data
    await b.expect(["offer", { userId: b.id, offer: null }]);
  });

  withClients("events that are not listed, and more arguments than are, are passed over", 2, async (_, a, b) => {
    await joinAll("2002", a, b);
    for (const event of ["message", "user-connected", "room-users", "__proto__", "constructor", ""])
      a.emit(event, "2002", b.id, OFFER);
    a.emit("offer", "2002", b.id, OFFER, "more", { and: "more" });
    await b.expect(["offer", { userId: b.id, offer: OFFER }]);
    await b.expectNothing(a);
    await a.expectNothing(b);
  });
}

onEveryTransport("redis-rooms", { marker: "join-room" }, (withClients) => {
  rooms(withClients);
  relay(withClients);
  wrongInput(withClients);
});
