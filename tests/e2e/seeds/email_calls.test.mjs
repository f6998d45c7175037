// What the clients of WebRTC_sample rely on, event by event.

import { onEveryTransport } from "./support/every_transport.mjs";

const OFFER = { type: "offer", sdp: "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=\u00e9\r\n" };
const ANSWER = { type: "answer", sdp: "v=0\r\n" };
const WRONG = [[], [null], [[]], ["a@x"], [7], [true], [{}], [[{ emailID: "a@x", roomID: "r" }]]];

/** All join, one after the other; the joiner alone is told the room, and the others its address. */
async function joinAll(roomID, members) {
  const earlier = [];
  for (const [emailID, client] of Object.entries(members)) {
    client.emit("join_room", { roomID, emailID });
    await client.expect(["joined_room", { roomID }]);
    for (const other of earlier) await other.expect(["user_joined", { emailID }]);
    earlier.push(client);
  }
}

async function call(caller, emailID, callee, from, offer = OFFER) {
  caller.emit("call_user", { emailID, offer });
  await callee.expect(["incoming_call", { from, offer }]);
}

function rooms(withClients) {
  withClients("join_room: the joiner is told the room, the others in it the address", 4, async (_, a, b, c, d) => {
    await joinAll("elsewhere", { "d@x": d });
    await joinAll("r", { "a@x": a, "b@x": b, "c@x": c });
    for (const client of [a, b, c, d]) await client.expectNothing(a, b, c, d);
  });

  withClients("joining the same room again tells the joiner alone, also in a second room", 2, async (_, a, b) => {
    await joinAll("r", { "a@x": a, "b@x": b });
    await joinAll("r", { "b@x": b });
    await joinAll("r2", { "b@x": b });
    await a.expectNothing(b);
    await joinAll("r2", { "b@x": b });
    await call(a, "b@x", b, "a@x");
  });

  withClients("rooms and addresses may have any name", 3, async (_, a, b, c) => {
    for (const name of ["__proto__", "constructor", "caf\u00e9 \u{1f3ac}", "a,b", "*", "\n\0"]) {
      await joinAll(name, { "a@x": a });
      b.emit("join_room", { roomID: name, emailID: name });
      await b.expect(["joined_room", { roomID: name }]);
      await a.expect(["user_joined", { emailID: name }]);
      await call(a, name, b, "a@x");
    }
    await joinAll("r", { "c@x": c });
    for (const name of ["toString", "hasOwnProperty", "prototype"]) {
      c.emit("call_user", { emailID: name, offer: OFFER });
      await c.expectError("peer_not_found");
    }
  });
}

function calls(withClients) {
  withClients("call_user and call_accepted reach the address and nobody else, in the same room or not", 4, async (_, a, b, c, d) => {
    await joinAll("r", { "a@x": a, "b@x": b, "c@x": c });
    await joinAll("elsewhere", { "d@x": d });
    for (const [address, callee] of [["b@x", b], ["d@x", d]]) {
      await call(a, address, callee, "a@x");
      callee.emit("call_accepted", { emailID: "a@x", ans: ANSWER });
      await a.expect(["call_accepted", { ans: ANSWER }]);
    }
    for (const client of [a, b, c, d]) await client.expectNothing(a, b, c, d);
  });

  withClients("an offer and an answer may be anything; fields beside them do not arrive", 2, async (_, a, b) => {
    await joinAll("r", { "a@x": a, "b@x": b });
    for (const content of ["text", 7, null, [1, { two: 2 }], JSON.parse('{"__proto__":{"x":1}}')]) {
      a.emit("call_user", { emailID: "b@x", offer: content, from: "somebody else", ans: 1 });
      await b.expect(["incoming_call", { from: "a@x", offer: content }]);
      b.emit("call_accepted", { emailID: "a@x", ans: content, offer: 1 });
      await a.expect(["call_accepted", { ans: content }]);
    }
  });

  withClients("an address that nobody has is an error to the caller alone", 2, async (_, a, b) => {
    await joinAll("r", { "a@x": a, "b@x": b });
    for (const emailID of ["nobody@x", b.id, "r", "B@X", "b@x "]) {
      a.emit("call_user", { emailID, offer: OFFER });
      await a.expectError("peer_not_found");
      a.emit("call_accepted", { emailID, ans: ANSWER });
      await a.expectError("peer_not_found");
    }
    await b.expectNothing(a);
  });

  withClients("a caller that has joined no room can be answered", 2, async (_, a, b) => {
    await joinAll("r", { "b@x": b });
    a.emit("call_user", { emailID: "b@x", offer: OFFER });
    const [, { from }] = await b.next();
    b.emit("call_accepted", { emailID: from, ans: ANSWER });
    await a.expect(["call_accepted", { ans: ANSWER }]);
  });
}

function addresses(withClients) {
  withClients("an address is the socket's that has joined with it last, which gets the calls", 3, async (_, a, b, c) => {
    await joinAll("r", { "a@x": a, "b@x": b });
    c.emit("join_room", { roomID: "r", emailID: "a@x" });
    await c.expect(["joined_room", { roomID: "r" }]);
    for (const client of [a, b]) await client.expect(["user_joined", { emailID: "a@x" }]);
    await call(b, "a@x", c, "b@x");
    for (const client of [a, b, c]) await client.expectNothing(a, b, c);
  });

  for (const end of ["close", "abort"]) {
    withClients(`the end of the socket that had an address before changes nothing (${end})`, 3, async (_, a, b, c) => {
      await joinAll("r", { "a@x": a, "b@x": b });
      c.emit("join_room", { roomID: "r", emailID: "a@x" });
      await c.expect(["joined_room", { roomID: "r" }]);
      await b.expect(["user_joined", { emailID: "a@x" }]);
      await a[end]();
      for (let i = 0; i < 3; ++i) await call(b, "a@x", c, "b@x");
      await b.expectNothing(c);
    });
  }

  for (const end of ["close", "abort"]) {
    withClients(`the address is free when its socket is gone (${end})`, 3, async (_, a, b, c) => {
      await joinAll("r", { "a@x": a, "b@x": b });
      await b[end]();
      for (;;) {
        c.emit("join_room", { roomID: "r", emailID: "b@x" });
        const [event] = await c.next();
        if (event === "joined_room") break;
      }
      await a.expect(["user_joined", { emailID: "b@x" }]);
      await call(a, "b@x", c, "a@x");
      await a.expectNothing(c); // no word for leaving
    });
  }

  withClients("who joins under a second address can be called by both, and calls by the second", 2, async (_, a, b) => {
    await joinAll("r", { "a@x": a, "b@x": b });
    a.emit("join_room", { roomID: "r", emailID: "a@y" });
    await a.expect(["joined_room", { roomID: "r" }]);
    await call(b, "a@x", a, "b@x");
    await call(b, "a@y", a, "b@x");
    await call(a, "b@x", b, "a@y");
    await b.expectNothing(a);
  });
}

function wrongInput(withClients) {
  withClients("no argument, null, arrays and other types are an error to their sender alone", 3, async (_, a, b, c) => {
    await joinAll("r", { "a@x": a, "b@x": b });
    const fields = [{ emailID: null }, { emailID: ["a@x"] }, { emailID: {} }, { emailID: "" }, { emailID: true }];
    for (const event of ["join_room", "call_user", "call_accepted"]) {
      for (const args of [...WRONG, ...fields.map((one) => [{ roomID: "r", offer: OFFER, ans: ANSWER, ...one }])]) {
        c.emit(event, ...args);
        await c.expectError("bad_request");
      }
    }
    for (const roomID of [undefined, null, ["r"], {}, "", true]) {
      c.emit("join_room", { roomID, emailID: "c@x" });
      await c.expectError("bad_request");
    }
    for (const client of [a, b]) await client.expectNothing(a, b, c);
  });

  withClients("events that are not listed are passed over", 2, async (_, a, b) => {
    await joinAll("r", { "a@x": a, "b@x": b });
    for (const event of ["user_joined", "incoming_call", "message", "__proto__", "constructor", ""])
      a.emit(event, { emailID: "b@x", roomID: "r" });
    for (const client of [a, b]) await client.expectNothing(a, b);
  });
}

onEveryTransport("email-calls", { marker: "join_room" }, (withClients) => {
  rooms(withClients);
  calls(withClients);
  addresses(withClients);
  wrongInput(withClients);
});
