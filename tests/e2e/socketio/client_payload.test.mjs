// The real socket.io-client, against `--socketio-conformance`: binary data, and messages as large as they may be.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before } from "node:test";
import { SeedClient } from "../seeds/support/seed_client.mjs";
import { within } from "../support/deadline.mjs";
import { startServer } from "../support/server.mjs";
import { PATIENT_CONFORMANCE } from "./support/conformance.mjs";
import { onEachTransport } from "./support/each_transport.mjs";

const MAX_PAYLOAD = 1_000_000;

let server;

before(async () => (server = await startServer(PATIENT_CONFORMANCE)));
after(async () => assert.equal(await server.stop(), 0, server.output));

/** Bytes that are the same each time, and of all values. */
function bytes(size, seed = 0) {
  const block = createHash("sha512").update(String(seed)).digest();
  return Buffer.alloc(size, block);
}

async function acknowledged(client, ...args) {
  const answer = new Promise((resolve) => client.emit("message-with-ack", ...args, (...back) => resolve(back)));
  return within(answer, "an acknowledgement");
}

/** A text with which `message` takes `size` bytes of Engine.IO. */
function filling(size, character = "x") {
  const room = size - '42["message",""]'.length;
  return character.repeat(room / Buffer.byteLength(character)) + "x".repeat(room % Buffer.byteLength(character));
}

const nested = () => ({ list: [bytes(1), { deep: bytes(70_000, 1) }], text: "caf\u00e9", none: null });

function binaryTests(testWith) {
  testWith("binary data comes back, wherever it stands among the arguments", async (connect) => {
    const client = await connect();
    await client.expect(["auth", {}]);
    const events = [
      [bytes(4)],
      [Buffer.alloc(0)],
      ["before", bytes(200), 1, bytes(3, 1), null],
      [nested(), [bytes(5), [bytes(6)]]],
      Array.from({ length: 10 }, (_, i) => bytes(i, i)),
      [{ _placeholder: false, num: 0 }],
    ];
    for (const event of events) client.emit("message", ...event);
    await client.expect(...events.map((event) => ["message-back", ...event]));
  });

  testWith("views of a buffer arrive as the bytes that they show", async (connect) => {
    const client = await connect();
    await client.expect(["auth", {}]);
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    client.emit("message", all, all.subarray(100, 104), all.buffer, new DataView(all.buffer, 8, 2));
    const expected = [all, all.subarray(100, 104), all, all.subarray(8, 10)].map((part) => Buffer.from(part));
    await client.expect(["message-back", ...expected]);
  });

  testWith("acknowledgements may be binary, too", async (connect) => {
    const client = await connect();
    const args = [bytes(10), nested(), "text"];
    assert.deepEqual(await acknowledged(client, ...args), args);
    const answers = await Promise.all([1, 2, 3, 4, 5].map((size) => acknowledged(client, size, bytes(size))));
    assert.deepEqual(answers, [1, 2, 3, 4, 5].map((size) => [size, bytes(size)]));
  });

  testWith("binary and text events keep their order", async (connect) => {
    const client = await connect();
    await client.expect(["auth", {}]);
    for (let i = 0; i < 100; i++) {
      client.emit("message", i, bytes(i, i), { also: bytes(2) });
      client.emit("message", `text ${i}`);
    }
    for (let i = 0; i < 100; i++)
      await client.expect(["message-back", i, bytes(i, i), { also: bytes(2) }], ["message-back", `text ${i}`]);
  });
}

function sizeTests(testWith) {
  testWith("a text of the size that the handshake allows comes back", async (connect) => {
    for (const character of ["x", "\u00e9", "\u{1f3ac}"]) {
      const client = await connect();
      await client.expect(["auth", {}]);
      const text = filling(MAX_PAYLOAD, character);
      client.emit("message", text);
      await client.expect(["message-back", text]);
    }
  });

  testWith("a larger one ends the connection", async (connect, options) => {
    const client = await connect({ upgrade: false });
    client.emit("message", filling(MAX_PAYLOAD + 1));
    const overWebSocket = options.transports?.[0] === "websocket"; // closed with 1009; a POST is answered with 413
    assert.equal(await client.ended(), overWebSocket ? "transport close" : "transport error");
  });

  testWith("several large attachments come back", async (connect) => {
    const client = await connect();
    await client.expect(["auth", {}]);
    const parts = [bytes(300_000, 1), bytes(300_000, 2), { third: bytes(300_000, 3) }];
    client.emit("message", ...parts);
    await client.expect(["message-back", ...parts]);
  });
}

onEachTransport(() => server, (testWith) => {
  binaryTests(testWith);
  sizeTests(testWith);
});
