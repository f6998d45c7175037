// One member of a large room stops reading: the others notice nothing, and what waits for it is bounded.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import WebSocket from "ws";
import { NativeClient } from "./support/native_client.mjs";
import { MEBIBYTE, residentBytes } from "./support/process_usage.mjs";
import { startServer } from "./support/server.mjs";

const FAST = 1000;
const INTERVAL_MS = 100;

/** How late each broadcast came, in milliseconds, at each of the members that read. */
class Audience {
  delays = [];
  received = 0;
  #sockets = [];

  static async gather(server, count) {
    const audience = new Audience();
    for (let i = 0; i < count; i += 50) {
      await Promise.all(Array.from({ length: 50 }, () => audience.#join(server)));
    }
    return audience;
  }

  async #join(server) {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/signaling`, "signaling.v1");
    this.#sockets.push(socket);
    await once(socket, "message");
    socket.send('{"type":"join","room":"r"}');
    await new Promise((resolve) => {
      socket.on("message", (data) => {
        const message = JSON.parse(data);
        if (message.type === "joined") resolve();
        if (message.type !== "message") return;
        ++this.received;
        this.delays.push(performance.now() - message.data.sent);
      });
    });
  }

  takeMedian() {
    const sorted = this.delays.splice(0).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }

  close() {
    for (const socket of this.#sockets) socket.terminate();
  }
}

test("1,000 fast members of a room do not wait for a slow one", async (t) => {
  const server = await startServer(["--max-peers-per-room", "0", "--max-messages-per-second", "0"]);
  const audience = await Audience.gather(server, FAST);
  const speaker = await NativeClient.connect(server);
  const slow = await NativeClient.connect(server);
  const flooder = await NativeClient.connect(server);
  t.after(() => {
    audience.close();
    for (const client of [speaker, slow, flooder]) client.socket.terminate();
    return server.stop();
  });
  for (const client of [speaker, slow]) await client.join("r");
  for (const client of [slow, flooder]) await client.join("another");
  let sent = 0;
  const speak = async () => {
    speaker.send({ type: "message", room: "r", data: { sent: performance.now(), padding: "x".repeat(200) } });
    ++sent;
    await delay(INTERVAL_MS);
  };

  const flood = () => flooder.request({ type: "message", to: slow.id, data: "x".repeat(200_000) });
  // While it still reads what the flooder sends: so the two differ in this alone.
  for (let i = 0; i < 30; ++i) {
    await flood();
    await speak();
  }
  await delay(500);
  const before = audience.takeMedian();
  const memory = residentBytes(server.pid);

  slow.socket.pause();
  let refused;
  let grown = 0;
  for (let i = 0; i < 300 && !refused; ++i) {
    const answer = await flood();
    if (answer.type === "error") refused = answer.code;
    grown = Math.max(grown, residentBytes(server.pid) - memory);
    await speak();
  }
  await delay(500);
  const during = audience.takeMedian();
  t.diagnostic(
    `median ${before.toFixed(1)} ms, beside a slow reader ${during.toFixed(1)} ms; grew by ${grown} bytes`,
  );
  assert.equal(refused, "slow_consumer");
  assert.equal(audience.received, sent * FAST, "everybody heard everything");
  assert.ok(during < 1.5 * before + 5, `${during} ms in place of ${before}`);
  assert.ok(grown < 8 * MEBIBYTE, "what waits is bounded by --max-outbound-bytes");
  assert.equal((await flooder.next()).type, "peer-left"); // it had ten seconds
  slow.socket.resume();
  assert.equal((await slow.closed()).code, 4413);
  assert.equal(await server.stop(), 0);
});
