// What a peer may ask for: rooms, members, metadata, ids, nesting. Up to the bound it is done, above it the request gets
// its error and the connection stays; 0 is no bound.

import assert from "node:assert/strict";
import { NativeClient } from "../support/native_client.mjs";
import { Opcode, RawWebSocket, frame } from "../support/raw_websocket.mjs";
import { SeedClient } from "../seeds/support/seed_client.mjs";
import { until } from "../support/deadline.mjs";
import { besieged } from "../support/siege.mjs";

const MANY = 50;
const JOIN_ANY = ["--max-joins-per-second", "0"];

/** `ask(client, size)` gives the answer to a request of that size; `bound` is the largest that is granted. */
function bounded(option, { bound, code, ask, large, args = [] }) {
  besieged(`${option}: ${code}`, [option, String(bound), ...args], async (server) => {
    const client = await NativeClient.connect(server);
    const granted = await ask(client, bound);
    assert.notEqual(granted.type, "error", JSON.stringify(granted));
    for (let i = 0; i < MANY; ++i) assert.equal((await ask(client, bound + 1)).code, code);
    assert.equal((await client.request({ type: "ping" })).type, "pong");
    await client.close();
  });
  if (!large) return;
  besieged(`${option} 0: no bound`, [option, "0", ...args], async (server) => {
    const client = await NativeClient.connect(server);
    const granted = await ask(client, large);
    assert.notEqual(granted.type, "error", JSON.stringify(granted));
    await client.close();
  });
}

const nested = (depth) => "[".repeat(depth) + "]".repeat(depth);

bounded("--max-metadata-bytes", {
  bound: 100,
  large: 100_000,
  code: "metadata_too_large",
  ask: (client, size) => client.request({ type: "join", room: "r", metadata: "x".repeat(size - 2) }),
});

bounded("--max-id-bytes", {
  bound: 40,
  code: "bad_id",
  ask: (client, size) => client.request({ type: "join", room: "x".repeat(size) }),
});

// The schema that clients of these tests hold the answers against knows the default.
besieged("--max-id-bytes 0: no bound", ["--max-id-bytes", "0"], async (server) => {
  const socket = await RawWebSocket.open(server, { path: "/signaling" });
  await socket.next();
  socket.send(frame(Opcode.text, JSON.stringify({ type: "join", room: "x".repeat(10_000) })));
  assert.equal(JSON.parse((await socket.next()).payload).type, "joined");
  socket.destroy();
});

// The message itself is one level, the array of the data the next.
bounded("--max-json-depth", {
  bound: 5,
  large: 1000,
  code: "bad_json",
  ask: async (client, size) => {
    client.send(`{"type":"ping","data":${nested(size - 1)}}`);
    return client.next();
  },
});

besieged(
  "--max-json-depth 0: 1024 levels, as recursion of others must end somewhere",
  ["--max-json-depth", "0"],
  async (server) => {
    const client = await NativeClient.connect(server);
    for (const depth of [1025, 20_000, 100_000]) {
      client.send(`{"type":"ping","data":${nested(depth)}}`);
      assert.equal((await client.next()).code, "bad_json");
    }
    await client.close();
  },
);

/** Joins until it is in so many rooms, and gives the last answer. */
async function joinRooms(client, count) {
  let answer;
  for (let i = 1; i <= count; ++i) answer = await client.request({ type: "join", room: `room ${i}` });
  return answer;
}

bounded("--max-rooms-per-peer", {
  bound: 3,
  large: 200,
  code: "too_many_rooms",
  ask: joinRooms,
  args: JOIN_ANY,
});

/** So many members, of whom those that are over the bound are told. */
async function fillRoom(server, count) {
  const clients = await Promise.all(Array.from({ length: count }, () => NativeClient.connect(server)));
  const answers = [];
  for (const client of clients) answers.push(await client.request({ type: "join", room: "full" }));
  await Promise.all(clients.map((client) => client.close()));
  return answers.map(({ code }) => code);
}

besieged(
  "--max-peers-per-room: room_full, and they are not in",
  ["--max-peers-per-room", "5"],
  async (server) => {
    const codes = await fillRoom(server, 20);
    assert.deepEqual(codes, [...Array(5).fill(undefined), ...Array(15).fill("room_full")]);
  },
);

besieged("--max-peers-per-room 0: no bound", ["--max-peers-per-room", "0"], async (server) => {
  assert.deepEqual(await fillRoom(server, 50), Array(50).fill(undefined));
});

besieged(
  "--max-joins-per-second, --max-join-burst: rate_limited, and other requests pass",
  ["--max-joins-per-second", "1", "--max-join-burst", "5"],
  async (server) => {
    const client = await NativeClient.connect(server);
    const codes = [];
    for (let i = 0; i < 200; ++i) {
      codes.push((await client.request({ type: "join", room: String(i % 20) })).code);
      await client.request({ type: "leave", room: String(i % 20) });
    }
    assert.deepEqual(codes.slice(0, 5), Array(5).fill(undefined));
    assert.ok(codes.filter((code) => code === "rate_limited").length > 150, codes.join());
    assert.equal((await client.request({ type: "ping" })).type, "pong");
    await client.close();
  },
);

besieged("--max-joins-per-second 0: no bound", JOIN_ANY, async (server) => {
  const client = await NativeClient.connect(server);
  for (let i = 0; i < 400; ++i) {
    assert.equal((await client.request({ type: "join", room: "again" })).type, "joined");
    assert.equal((await client.request({ type: "leave", room: "again" })).type, "left");
  }
  await client.close();
});

besieged(
  "--max-names-per-peer: too_many_names",
  ["--max-names-per-peer", "2", "--auth-token", "t", ...JOIN_ANY],
  async (server) => {
    const client = await SeedClient.connect(server, { namespace: "/token-peers", auth: { token: "t" } });
    for (const name of ["one", "two"]) {
      client.emit("ready", name);
      assert.equal((await client.next())[0], "message");
    }
    client.emit("ready", "three");
    await client.expectError("too_many_names");
    client.emit("ready", "two");
    assert.equal((await client.next())[1].target, "two");
    await client.close();
  },
  { client: { query: { token: "t" } } },
);

besieged(
  "--max-reserved-ids: above it the id of a lost client is free",
  ["--allow-client-ids", "--max-reserved-ids", "1"],
  async (server) => {
    for (const peer of ["kept", "free"]) {
      const client = await NativeClient.connect(server, { query: { peer } });
      client.socket._socket.resetAndDestroy();
    }
    await until(async () => {
      const client = new NativeClient(server, { query: { peer: "free" } });
      const answer = await client.next();
      await client.close();
      return answer.peer === "free";
    }, "the id of the second lost client");
    const thief = new NativeClient(server, { query: { peer: "kept" } });
    assert.equal((await thief.next()).code, "id_in_use");
    await thief.closed();
  },
);
