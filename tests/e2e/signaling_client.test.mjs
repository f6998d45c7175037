// The demo's signaling.js under Node, with the WebSocket of the package `ws`, for which an error that nobody
// listens to ends the process. tests/e2e/browser/signaling.test.mjs tries the rest of it in a browser.

import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { SignalingClient } from "../../examples/web/signaling.js";
import { until, within } from "./support/deadline.mjs";

const WELCOME = { type: "welcome", peer: "p1", resume: "s3cret", heartbeatMs: 25_000, iceServers: [] };
const options = { timeout: 60_000 };

globalThis.WebSocket = WebSocket;

let server, client;
let connections; // what came, each with `say(message)` and the rooms of its `joins`
let answer; // what the played server does: (connection, message or null when it has just opened)
let states;

async function listen(port = 0) {
  server = new WebSocketServer({ port, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (connection) => {
    connection.joins = [];
    connection.say = (message) => connection.send(JSON.stringify(message));
    connection.on("message", (text) => {
      const message = JSON.parse(text);
      if (message.type === "join") connection.joins.push(message.room);
      if (message.type === "ping") connection.say({ type: "pong" });
      else answer(connection, message);
    });
    connections.push(connection);
    answer(connection, null);
  });
}

async function stop() {
  for (const connection of server.clients) connection.terminate();
  await new Promise((resolve) => server.close(resolve));
}

beforeEach(async () => {
  connections = [];
  states = [];
  answer = (connection, message) => {
    if (!message) connection.say(WELCOME);
    if (message?.type === "join")
      connection.say({ ...message, type: "joined", peer: "p1", version: 1, peers: [] });
  };
  await listen();
  client = new SignalingClient(`ws://127.0.0.1:${server.address().port}/signaling`, {
    minDelayMs: 10,
    maxDelayMs: 20,
  });
  client.addEventListener("state", ({ detail }) => states.push(detail.state));
});

afterEach(async () => {
  client.close();
  await stop();
});

const count = (state) => states.filter((each) => each === state).length;

/** Calls `handler` once, when the client tells of that state. */
function onState(state, handler) {
  const listener = ({ detail }) => {
    if (detail.state !== state) return;
    client.removeEventListener("state", listener);
    handler();
  };
  client.addEventListener("state", listener);
}

test("attempts that fail end nothing: when the server is back, the client is in its room again", options, async () => {
  const { port } = server.address();
  await within(client.connect(), "the first welcome");
  await within(client.join("a", { name: "Ada" }), "the join");
  await stop();
  await until(() => count("waiting") >= 3, "three attempts in vain");
  const rejoined = once(client, "joined");
  await listen(port);
  const [{ detail }] = await within(rejoined, "the room again");
  assert.equal(detail.rejoined, true);
});

test("closing during an attempt ends it, and rejects connect()", options, async () => {
  const connected = assert.rejects(client.connect(), { code: "closed" });
  assert.equal(client.state, "connecting");
  client.close();
  await within(connected, "connect()");
  assert.deepEqual(states, ["connecting", "closed"]);
});

test("an address that no WebSocket can have rejects connect()", options, async () => {
  const lost = new SignalingClient("ftp://127.0.0.1/signaling");
  await assert.rejects(lost.connect(), SyntaxError);
  assert.equal(lost.state, "closed");
});

test("a request that does not fit into JSON is rejected, and the connection goes on", options, async () => {
  await within(client.connect(), "the welcome");
  await assert.rejects(client.message("p2", 1n), TypeError);
  await within(client.join("a"), "the join");
});

for (const state of ["connecting", "open"]) {
  test(`close() in the listener of the state "${state}" is the end`, options, async () => {
    onState(state, () => client.close());
    await assert.rejects(within(client.connect(), "connect()"), { code: "closed" });
    assert.equal(client.state, "closed");
    assert.equal(states.at(-1), "closed");
  });
}

test("close() in the listener of `welcome` is the end", options, async () => {
  client.addEventListener("welcome", () => client.close());
  await assert.rejects(within(client.connect(), "connect()"), { code: "closed" });
  assert.deepEqual(states, ["connecting", "open", "closed"]);
});

test("connect() in the listener of the state \"closed\" is awaited", options, async () => {
  await within(client.connect(), "the first welcome");
  let again;
  onState("closed", () => (again = client.connect()));
  client.close();
  await within(again, "the second welcome");
  assert.equal(client.state, "open");
});

test("close() in the listener of `joined` leaves no room behind", options, async () => {
  await within(client.connect(), "the first welcome");
  client.addEventListener("joined", () => client.close(), { once: true });
  await within(client.join("a"), "the join");
  await within(client.connect(), "the second welcome");
  await within(client.join("b"), "another join");
  assert.deepEqual(
    connections.map(({ joins }) => joins),
    [["a"], ["b"]],
  );
});

test("an id that is refused with a final close code is given up for a new one", options, async () => {
  answer = (connection) => {
    if (connections.length !== 2) return connection.say(WELCOME);
    connection.say({ type: "error", code: "id_in_use", message: "That peer id is in use." });
    connection.close(4401);
  };
  await within(client.connect(), "the first welcome");
  connections[0].terminate();
  await until(() => count("open") === 2, "the second welcome");
  assert.equal(connections.length, 3);
});
