// A host's own wire language beside the native protocol: clients of the two meet in one room and call each other.

import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import WebSocket from "ws";
import { within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { exampleProgram, startServer } from "../support/server.mjs";

let server;
beforeEach(async () => {
  server = await startServer([], { program: exampleProgram("SIGNALING_CUSTOM_PROTOCOL") });
});
afterEach(async () => assert.equal(await server?.stop(), 0, server?.output));

/** A client of hall.v1, once the server has said hello. */
async function enterHall() {
  const socket = new WebSocket(server.url.replace("http", "ws") + "/hall", "hall.v1");
  const inbox = [];
  socket.on("message", (data) => {
    inbox.push(JSON.parse(data.toString()));
    socket.emit("told");
  });
  const next = async () => {
    while (inbox.length === 0) await within(once(socket, "told"), "a message in hall.v1");
    return inbox.shift();
  };
  const hello = await next();
  assert.equal(hello.op, "hello");
  const send = (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message));
  return { id: hello.you, next, send, end: () => socket.close() };
}

test("clients of hall.v1 see each other come and go, by name", async () => {
  const [ann, bob] = [await enterHall(), await enterHall()];
  ann.send({ op: "enter", hall: "lobby", name: "Ann" });
  assert.deepEqual(await ann.next(), { op: "here", hall: "lobby", count: 0 });
  bob.send({ op: "enter", hall: "lobby", name: 'B"o\nb 🙂' });
  assert.deepEqual(await ann.next(), { op: "came", who: bob.id, name: 'B"o\nb 🙂' });
  assert.deepEqual(await bob.next(), { op: "here", hall: "lobby", count: 1 });
  bob.send({ op: "leave", hall: "lobby" });
  assert.deepEqual(await ann.next(), { op: "gone", who: bob.id, name: 'B"o\nb 🙂' });
});

test("a client of hall.v1 and a native one call each other, and each payload arrives as it was", async () => {
  const ann = await enterHall();
  ann.send(`{"op":"\\u0065nter","h\\u0061ll":"lo\\u0062by","name":"Ann"}`); // names are what they stand for
  assert.equal((await ann.next()).op, "here");
  const native = await NativeClient.connect(server);
  const { peers } = await native.join("lobby", { name: "Nat" });
  assert.deepEqual(
    peers.map(({ id, metadata }) => ({ id, metadata })),
    [{ id: ann.id, metadata: { name: "Ann" } }],
  );
  assert.deepEqual(await ann.next(), { op: "came", who: native.id, name: "Nat" });

  ann.send({ op: "tell", to: native.id, what: "offer", body: { sdp: "v=0\r\n" } });
  await native.expect({ type: "offer", from: ann.id, data: { sdp: "v=0\r\n" } });
  native.send({ type: "answer", to: ann.id, data: [1, null] });
  assert.deepEqual(await ann.next(), { op: "told", from: native.id, what: "answer", body: [1, null] });
  native.socket.close();
  assert.deepEqual(await ann.next(), { op: "gone", who: native.id, name: "Nat" });
});

test("what is not in hall.v1 is refused, and the client goes on", async () => {
  const ann = await enterHall();
  for (const wrong of ["", "[]", "{", '{"op":"sing"}', '{"op":"tell"}', '{"op":"tell","to":{}}', '{"op":1}']) {
    ann.send(wrong);
    assert.equal((await ann.next()).op, "oops", wrong);
  }
  ann.send({ op: "enter" });
  assert.equal((await ann.next()).op, "oops");
  ann.send({ op: "enter", hall: "lobby" });
  assert.deepEqual(await ann.next(), { op: "here", hall: "lobby", count: 0 });
});
