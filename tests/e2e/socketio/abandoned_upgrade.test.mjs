// Sessions that begin to change to a WebSocket and never get there: the WebSocket goes after the timeout, the session goes
// on, or goes when nobody answers its ping; and nothing is kept.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { SeedClient } from "../seeds/support/seed_client.mjs";
import { until, within } from "../support/deadline.mjs";
import { MEBIBYTE, openFiles, residentBytes } from "../support/process_usage.mjs";
import { RawHttp, request } from "../support/raw_http.mjs";
import { startServer } from "../support/server.mjs";
import { EngineWebSocket } from "./support/engine_websocket.mjs";
import { PollingSession } from "./support/polling_session.mjs";

const path = "/socket.io/";
const UPGRADE_TIMEOUT_MS = 1000;
const COUNT = 400;
const ROOM = "room";

async function openWebSocket(server, session) {
  const socket = new EngineWebSocket(server, { path, sid: session.sid });
  await within(socket.opened, "the WebSocket");
  return socket;
}

const probe = (server, session) => EngineWebSocket.probe(server, session, { path });

/** Each gives the WebSocket that it leaves behind. */
const unfinished = {
  "that sends nothing": openWebSocket,
  "that was probed": probe,
  "that was probed, and sends probes": async (server, session) => {
    const socket = await probe(server, session);
    for (let i = 0; i < 3; i++) {
      socket.send("2probe");
      await socket.expect("3probe");
    }
    return socket;
  },
};

const finished = {
  "that breaks off": async (server, session) => (await probe(server, session)).abort(),
  "with a wrong packet": async (server, session) => (await openWebSocket(server, session)).send("2prob"),
  "that is the session's, and falls silent": async (server, session) => (await probe(server, session)).send("5"),
};

function start(...args) {
  return startServer(["--socketio-upgrade-timeout", `${UPGRADE_TIMEOUT_MS}ms`, "--log-level", "error", ...args]);
}

describe("an upgrade that is never finished", () => {
  let server;

  before(async () => (server = await start()));
  after(async () => assert.equal(await server.stop(), 0, server.output));

  for (const [name, open] of Object.entries(unfinished)) {
    test(`a WebSocket ${name} is closed after the timeout, and the session goes on over polling`, async () => {
      const session = await PollingSession.open(server, path);
      const begin = performance.now();
      const socket = await open(server, session);
      await session.post("40");
      const answer = await nextOnPolling(session);
      assert.match(answer, /^40\{"sid":/);
      await socket.closed();
      const took = performance.now() - begin;
      assert.ok(took >= UPGRADE_TIMEOUT_MS && took < UPGRADE_TIMEOUT_MS + 5000, `${took} ms`);

      await session.post(`42["join_room",{"roomName":"alone"}]`);
      assert.match(await nextOnPolling(session), /^42\["user_joined",/);
      const second = await probe(server, session);
      second.send("5", `42["leave_room"]`);
      assert.match(await second.next(), /^42\["error",/);
      second.abort();
    });
  }
});

/** What is not there to end a poll. */
async function nextOnPolling(session) {
  for (;;) {
    const packet = await session.next();
    if (packet !== "6") return packet;
  }
}

/** A session that is in the room, begins to upgrade in its way, and is left alone. */
async function abandon(server, begin) {
  const session = await PollingSession.open(server, path);
  await session.post("40", `42["join_room",{"roomName":"${ROOM}"}]`);
  const connected = await nextOnPolling(session);
  await begin(server, session);
  return JSON.parse(connected.slice(2)).sid;
}

/** A client of which half a request has come. */
async function openHalf(server) {
  const http = await RawHttp.open(server);
  http.write(request("GET", `${path}?EIO=4&transport=websocket`).slice(0, -2));
}

async function waitForEnds(observer, ids) {
  const joined = new Set();
  const gone = new Set();
  while (gone.size < COUNT) {
    const [event, { socketId }] = await observer.next();
    assert.ok(event === "user_joined" || event === "user_left", event);
    const seen = event === "user_joined" ? joined : gone;
    assert.ok(!seen.has(socketId), `${event} twice`);
    seen.add(socketId);
  }
  assert.deepEqual([...gone].sort(), ids.sort());
  await observer.expectNothing();
}

async function round(server, observer) {
  const begins = Object.values({ ...unfinished, ...finished });
  const ids = [];
  while (ids.length < COUNT) {
    const some = begins.flatMap((begin) => [begin, begin, begin, begin]).slice(0, COUNT - ids.length);
    ids.push(...(await Promise.all(some.map((begin) => abandon(server, begin)))));
    await openHalf(server);
  }
  await waitForEnds(observer, ids);
}

test(`${COUNT} abandoned sessions are gone with the ping that nobody answers, three times, and so is what they took`, async (t) => {
  const server = await start("--handshake-timeout", "1s", "--socketio-ping-interval", "2s", "--socketio-ping-timeout", "2s");
  const observer = await SeedClient.connect(server, { marker: "join_room", transports: ["websocket"] });
  observer.emit("join_room", { roomName: ROOM });
  await observer.next();
  const files = openFiles(server.pid);
  const resident = [];
  for (let i = 0; i < 3; i++) {
    await round(server, observer);
    await until(() => openFiles(server.pid) <= files, "all connections are gone");
    resident.push(residentBytes(server.pid));
  }
  t.diagnostic(`resident after each round: ${resident.join(", ")} bytes`);
  const growth = resident[2] - resident[0];
  assert.ok(growth < resident[0] / 10 + 4 * MEBIBYTE, `grew by ${growth} bytes over ${resident[0]}`);
  await observer.close();
  assert.equal(server.output, server.stdout, "nothing to complain about");
  assert.equal(await server.stop(), 0);
});
