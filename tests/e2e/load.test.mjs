// Thousands of connections: everything arrives, everybody who goes is missed once, and the server keeps nothing.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Crowd } from "./support/crowd.mjs";
import { until } from "./support/deadline.mjs";
import { MEBIBYTE, openFiles, residentBytes } from "./support/process_usage.mjs";
import { startServer } from "./support/server.mjs";

const PER_ROOM = 10;

/** 5,000, or as many as this machine's limit of open files allows for. */
function crowdSize() {
  const [, hardLimit] = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(
    readFileSync("/proc/self/limits", "utf8"),
  );
  const files = hardLimit === "unlimited" ? Infinity : Number(hardLimit) - 200;
  return Math.min(5000, Math.floor(files / PER_ROOM) * PER_ROOM);
}

/** Numbers 0 and 2 go to the room, 1 and 3 to each of the others. */
function speak(visitor) {
  for (let number = 0; number < 4; ++number) {
    if (number % 2 === 0) visitor.send({ type: "message", room: visitor.room, data: number });
    else for (const to of visitor.others) visitor.send({ type: "message", to, data: number });
  }
}

async function round(server) {
  const crowd = await Crowd.gather(server, crowdSize(), PER_ROOM);
  for (const visitor of crowd.visitors) speak(visitor);
  await crowd.until(({ received }) => received === 4 * (PER_ROOM - 1), "all messages");

  // Half of each room goes without a word.
  const gone = crowd.visitors.filter((_, i) => i % 2 === 0);
  const staying = crowd.visitors.filter((_, i) => i % 2 === 1);
  const goneIds = new Set(gone.map(({ id }) => id));
  for (const { socket } of gone) socket._socket.destroy();
  await crowd.until(({ left }) => left.size === PER_ROOM / 2, "half of the room left", staying);
  for (const { left } of staying) for (const id of left) assert.ok(goneIds.has(id));

  for (const visitor of staying) visitor.send({ type: "ping" });
  await crowd.until(({ pongs }) => pongs === 1, "pong", staying);
  for (const { left, others } of staying)
    assert.deepEqual([left.size, others.size], [PER_ROOM / 2, PER_ROOM / 2 - 1]);
  // All at once: who is told of the others' leaving, and who goes first, is all the same.
  for (const { socket } of staying) socket.close(1000);
  await crowd.until(({ closed }) => closed, "closed");
}

test("5,000 connections in rooms of 10, twice: exact presence, order, and no growth", async (t) => {
  const server = await startServer(["--log-level", "error"]);
  const files = openFiles(server.pid);
  const isEmpty = () => openFiles(server.pid) === files;
  await round(server);
  await until(isEmpty, "all connections of the first round are gone");
  const memory = residentBytes(server.pid);
  await round(server);
  await until(isEmpty, "all connections of the second round are gone");
  const growth = residentBytes(server.pid) - memory;
  t.diagnostic(`${memory} bytes resident after one round, ${growth} more after another`);
  assert.ok(growth < memory / 10 + 8 * MEBIBYTE, `grew by ${growth} bytes over ${memory}`);
  assert.equal(server.output, server.stdout, "nothing to complain about");
  assert.equal(await server.stop(), 0);
});
