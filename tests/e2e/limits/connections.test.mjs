// How many there may be: connections, peers, sessions, and what happens when the process has no descriptor left.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { until, within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { cpuSeconds, openFiles } from "../support/process_usage.mjs";
import { get, request } from "../support/raw_http.mjs";
import { besieged } from "../support/siege.mjs";
import { EngineWebSocket } from "../socketio/support/engine_websocket.mjs";
import { PollingSession, engineRequest } from "../socketio/support/polling_session.mjs";

const path = "/socket.io/";

/** A connection that says nothing. */
async function connection(server, localAddress) {
  const socket = connect({ host: "127.0.0.1", port: server.port, localAddress });
  socket.on("error", () => {});
  await within(once(socket, "connect"), "a connection");
  return socket;
}

async function expectHungUp(socket) {
  let bytes = 0;
  socket.on("data", (data) => (bytes += data.length));
  if (!socket.closed) await within(once(socket, "close"), "the end of the connection");
  assert.equal(bytes, 0, "closed without a word");
}

const isServed = async (server) => (await get(server, "/healthz").catch(() => ({}))).status === 200;

// The two bystanders are among those that count.
besieged(
  "--max-connections: one more is closed when it is accepted, until another goes",
  ["--max-connections", "4"],
  async (server) => {
    const [first, second] = [await connection(server), await connection(server)];
    for (let i = 0; i < 100; ++i) await expectHungUp(await connection(server));
    await expectHungUp(await connection(server, "127.0.0.2"));
    first.destroy();
    await until(() => isServed(server), "room for another");
    second.destroy();
  },
);

besieged(
  "--max-connections-per-address: others are let in",
  ["--max-connections-per-address", "4"],
  async (server) => {
    const sockets = [await connection(server), await connection(server)];
    for (let i = 0; i < 100; ++i) await expectHungUp(await connection(server));
    const other = await connection(server, "127.0.0.2");
    other.write(request("GET", "/healthz", ["Connection: close"]));
    const [answer] = await within(once(other, "data"), "the answer to another address");
    assert.match(answer.toString(), /^HTTP\/1.1 200 /);
    sockets[0].destroy();
    await until(() => isServed(server), "room for another");
    for (const socket of [...sockets, other]) socket.destroy();
  },
);

besieged("--max-peers: too_many_peers and 1013, until one goes", ["--max-peers", "3"], async (server) => {
  const third = await NativeClient.connect(server);
  for (let i = 0; i < 20; ++i) {
    const fourth = new NativeClient(server);
    assert.equal((await fourth.next()).code, "too_many_peers");
    assert.equal((await fourth.closed()).code, 1013);
  }
  await third.close();
  await until(async () => {
    const client = new NativeClient(server);
    const { type } = await client.next();
    await client.close();
    return type === "welcome";
  }, "room for another");
});

besieged(
  "--socketio-max-sessions: 503, by poll or WebSocket, until one goes",
  ["--socketio-max-sessions", "2", "--http-idle-timeout", "1s"], // for what fetch keeps open
  async (server) => {
    const [first, second] = [
      await PollingSession.open(server, path),
      await EngineWebSocket.open(server, { path }),
    ];
    for (let i = 0; i < 20; ++i) {
      assert.equal((await engineRequest(server, path, { EIO: 4, transport: "polling" })).status, 503);
      assert.equal((await new EngineWebSocket(server, { path }).refused).status, 503);
    }
    await first.post("1");
    const third = await PollingSession.open(server, path);
    await third.post("1");
    second.send("1");
    await second.closed();
  },
);

besieged(
  "0: as many as come",
  [
    "--max-connections",
    "0",
    "--max-connections-per-address",
    "0",
    "--max-peers",
    "0",
    "--socketio-max-sessions",
    "0",
  ],
  async (server) => {
    const sockets = await Promise.all(Array.from({ length: 300 }, () => connection(server)));
    assert.ok(await isServed(server));
    for (const socket of sockets) socket.destroy();
  },
);

/** While the process may have only so many descriptors more than it has. */
async function withoutDescriptors(pid, more, run) {
  const prlimit = (...args) => execFileSync("prlimit", ["--pid", String(pid), ...args]).toString();
  const limit = (count) => prlimit(`--nofile=${count}`);
  const [soft, hard] = prlimit("--nofile", "--noheadings", "--output=SOFT,HARD").trim().split(/\s+/);
  limit(`${openFiles(pid) + more}:${hard}`);
  try {
    await run();
  } finally {
    limit(`${soft}:${hard}`);
  }
}

besieged(
  "out of file descriptors: accepting pauses without keeping the processor busy, and goes on",
  [],
  async (server, t, siege) => {
    const waiting = [];
    await withoutDescriptors(server.pid, 5, async () => {
      for (let i = 0; i < 20; ++i) waiting.push(await connection(server));
      await until(() => /accept-paused/.test(server.output), "the pause");
      const before = cpuSeconds(server.pid);
      await delay(1000); // what it costs to be in that state for a second
      const used = cpuSeconds(server.pid) - before;
      t.diagnostic(`${used} s of processor time in a second`);
      assert.ok(used < 0.5, `${used} s in a second`);
      await siege.exchange();
      for (const socket of waiting.slice(0, 10)) socket.destroy();
    });
    const served = waiting.slice(10).map(async (socket) => {
      socket.write(request("GET", "/healthz", ["Connection: close"]));
      const [answer] = await within(once(socket, "data"), "the answer to one that waited");
      assert.match(answer.toString(), /^HTTP\/1.1 200 /);
    });
    await Promise.all(served);
    for (const socket of waiting) socket.destroy();
    const lines = server.output.match(/accept-paused/g).length;
    assert.ok(lines < 20, `${lines} log lines`);
  },
);
