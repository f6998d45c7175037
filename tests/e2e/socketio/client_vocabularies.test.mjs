// The real socket.io-client, against vocabularies: many namespaces over one connection, and who is not let in.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { Manager } from "socket.io-client";
import { SeedClient } from "../seeds/support/seed_client.mjs";
import { within } from "../support/deadline.mjs";
import { startServer } from "../support/server.mjs";
import { onEachTransport } from "./support/each_transport.mjs";

const TOKEN = "a \"secret\" caf\u00e9";
const NAMESPACES = ["/", "/email-calls", "/redis-rooms", "/rooms-mesh", "/token-peers"];
const WRONG_AUTH = [
  undefined,
  {},
  { token: "" },
  { token: `${TOKEN}x` },
  { token: null },
  { token: [TOKEN] },
  { token: { token: TOKEN } },
  JSON.parse(`{"__proto__":{"token":${JSON.stringify(TOKEN)}}}`),
];

let open;
let guarded;

before(async () => {
  open = await startServer(["--vocabulary", "rooms-mesh"]);
  guarded = await startServer(["--vocabulary", "token-peers", "--auth-token", TOKEN]);
});
after(async () => {
  for (const server of [open, guarded]) assert.equal(await server.stop(), 0, server.output);
});

function openManager(t, server, options) {
  const manager = new Manager(server.url, { forceNew: true, reconnection: false, ...options });
  t.after(() => manager._close());
  return manager;
}

async function joinRoom(socket, personName) {
  const told = once(socket, "user_joined");
  socket.emit("join_room", { roomName: "shared", personName });
  return (await within(told, `${personName} in the room`))[0].socketId;
}

function namespaceTests(testWith) {
  testWith("all vocabularies over one connection; each socket is a peer of its own", async (_, options, t) => {
    const manager = openManager(t, open, options);
    const sockets = NAMESPACES.map((namespace) => manager.socket(namespace));
    await Promise.all(sockets.map((socket) => within(once(socket, "connect"), socket.nsp)));
    assert.equal(new Set(sockets.map(({ id }) => id)).size, NAMESPACES.length);

    // Two of them are clients of one room.
    const [main, , , mesh] = sockets;
    assert.equal(await joinRoom(main, "Mia"), main.id);
    const seen = once(main, "user_joined");
    assert.equal(await joinRoom(mesh, "Max"), mesh.id);
    assert.equal((await within(seen, "the second one"))[0].socketId, mesh.id);
    const left = once(main, "user_left");
    const max = { personName: "Max", roomName: "shared", socketId: mesh.id };
    mesh.disconnect();
    assert.deepEqual((await within(left, "its end"))[0], max);
    for (const socket of sockets) assert.equal(socket.connected, socket !== mesh);
  });
}

const ODD_NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "\u0000", "/", ",", "null"];

function nameTests(testWith) {
  testWith("names that mean something to JavaScript are names like others", async (connect) => {
    const [a, b] = [await connect({ marker: "join_room" }), await connect({ marker: "join_room" })];
    for (const name of ODD_NAMES) {
      for (const client of [a, b]) client.emit(name, { roomName: name }); // no event that there is
      a.emit("join_room", { roomName: name, personName: name });
      await a.expect(["user_joined", { personName: name, roomName: name, socketId: a.id }]);
      b.emit("message", { roomName: name, personName: name, content: name });
      await b.expectError("not_joined");
      b.emit("offer", { toPeer: name, fromPeer: b.id, offer: {} });
      await b.expectError("peer_not_found");
      const offer = JSON.parse(`{"__proto__":{"sdp":1},"constructor":null}`);
      b.emit("offer", { toPeer: a.id, fromPeer: name, offer });
      await a.expect(["offer", { toPeer: a.id, fromPeer: b.id, offer }]); // the server names the sender
    }
    await a.expectNothing(b);
  });

  testWith("they are no namespaces, and no key of the auth payload hides another", async (connect, options) => {
    for (const name of ODD_NAMES.filter((each) => !["/", "\u0000", ","].includes(each)))
      await assert.rejects(connect({ namespace: `/${name}` }), { message: "Invalid namespace" });
    const auth = JSON.parse(`{"__proto__":null,"constructor":{"token":"wrong"},"token":${JSON.stringify(TOKEN)}}`);
    assert.equal(await refusal(options, "/", auth), undefined);
  });
}

/** What a client with this payload is refused with; undefined if it is let in. */
async function refusal(options, namespace, auth) {
  const client = new SeedClient(guarded, { ...options, namespace, auth });
  const connected = new Promise((resolve) => client.socket.once("connect", resolve));
  client.socket.connect();
  const error = await within(Promise.race([client.refused, connected]), "an answer");
  client.socket.disconnect();
  return error?.message;
}

function authenticationTests(testWith) {
  testWith("without the token, connect_error says Authentication error", async (_, options) => {
    for (const namespace of ["/", "/token-peers"]) {
      for (const auth of WRONG_AUTH)
        assert.equal(await refusal(options, namespace, auth), "Authentication error", JSON.stringify(auth));
      assert.equal(await refusal(options, namespace, { token: TOKEN, more: 1 }), undefined);
    }
  });

  testWith("the other vocabularies let nobody in without it either", async (_, options) => {
    for (const namespace of ["/email-calls", "/redis-rooms", "/rooms-mesh"]) {
      assert.match(await refusal(options, namespace, { token: "wrong" }), /\w/);
      assert.equal(await refusal(options, namespace, { token: TOKEN }), undefined);
    }
  });

  testWith("who was refused comes in with the token over the same connection", async (_, options, t) => {
    const manager = openManager(t, guarded, options);
    const other = manager.socket("/rooms-mesh", { auth: { token: TOKEN } });
    await within(once(other, "connect"), "the other namespace");
    const socket = manager.socket("/", { auth: { token: "wrong" } });
    const [error] = await within(once(socket, "connect_error"), "a refusal");
    assert.equal(error.message, "Authentication error");
    const session = manager.engine.id;
    socket.auth = { token: TOKEN };
    socket.connect();
    await within(once(socket, "connect"), "the namespace");
    assert.equal(manager.engine.id, session);
    assert.ok(other.connected);
  });
}

onEachTransport(() => open, (testWith) => {
  namespaceTests(testWith);
  nameTests(testWith);
  authenticationTests(testWith);
});

test("an auth payload over the bound is refused, and the server goes on", async () => {
  const error = await refusal({}, "/", { token: "x".repeat(16_384) });
  assert.equal(error, "The auth data is too large");
});
