// What a request may cost: its header, its body, and the time for each.

import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, ftruncateSync, openSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openSocket } from "../support/byte_stream.mjs";
import { temporaryFolder } from "../support/certificate.mjs";
import { within } from "../support/deadline.mjs";
import { MEBIBYTE } from "../support/process_usage.mjs";
import { RawHttp, exchange, request } from "../support/raw_http.mjs";
import { handshake } from "../support/raw_websocket.mjs";
import { besieged } from "../support/siege.mjs";

const CROWD = 50;

/** A request for the header of this many bytes. */
function headOf(bytes) {
  const head = request("GET", "/healthz", ["Connection: close", "X: "]);
  return head.replace("X: ", `X: ${"x".repeat(bytes - head.length)}`);
}

const headWith = (fields) =>
  request("GET", "/healthz", [
    "Connection: close",
    ...Array.from({ length: fields - 2 }, (_, i) => `X${i}: y`),
  ]);

const post = (bytes) =>
  request("POST", "/healthz", [`Content-Length: ${bytes}`, "Connection: close"], "x".repeat(bytes));

/** What is within the bound is `taken`, what is over it `refused`, and nothing more is read. */
function bounded(option, bound, make, taken, refused) {
  besieged(`${option}: up to it ${taken}, above it ${refused}`, [option, String(bound)], async (server) => {
    assert.equal((await exchange(server, make(bound))).status, taken);
    for (let i = 0; i < CROWD; ++i) {
      const http = await RawHttp.open(server);
      http.write(make(bound + 1));
      const answer = await http.answer();
      assert.deepEqual([answer.status, answer.headers.get("connection")], [refused, "close"]);
      assert.equal((await http.stream.rest()).length, 0);
      http.destroy();
    }
  });
}

bounded("--max-header-bytes", 300, headOf, 200, 431);
bounded("--max-header-fields", 12, headWith, 200, 431);
bounded("--max-body-bytes", 10, post, 405, 413);

besieged(
  "0: headers and bodies of any size",
  ["--max-header-bytes", "0", "--max-header-fields", "0", "--max-body-bytes", "0"],
  async (server) => {
    assert.equal((await exchange(server, headOf(60_000))).status, 200);
    assert.equal((await exchange(server, headOf(100_000))).status, 431, "no field of this size");
    const large = Array.from({ length: 20 }, (_, i) => `X${i}: ${"y".repeat(60_000)}`);
    assert.equal((await exchange(server, request("GET", "/healthz", large))).status, 200);
    assert.equal((await exchange(server, headWith(2_000))).status, 200);
    assert.equal((await exchange(server, post(2_000_000))).status, 405);
  },
);

besieged("a body that never ends is cut off at the bound", ["--max-body-bytes", "100000"], async (server) => {
  const http = await RawHttp.open(server);
  http.write(request("POST", "/healthz", ["Transfer-Encoding: chunked"]));
  const chunk = `1000\r\n${"x".repeat(4096)}\r\n`;
  const answered = http.answer();
  for (let i = 0; i < 30; ++i) http.write(chunk);
  assert.equal((await answered).status, 413);
  http.destroy();
});

/** Says a little of `text` again and again, and resolves to what came before the server hung up. */
async function drip(server, text, options) {
  const { socket, stream } = await openSocket(server, options);
  let sent = 0;
  const timer = setInterval(() => socket.write(text.slice(sent, ++sent)), 50);
  try {
    return (await stream.rest()).toString("latin1");
  } finally {
    clearInterval(timer);
    socket.destroy();
  }
}

/** Resolves to the answers when each was hung up on, and fails if that was before its time. */
async function crowdOf(count, seconds, attack) {
  const begin = performance.now();
  const answers = await Promise.all(Array.from({ length: count }, attack));
  const took = (performance.now() - begin) / 1000;
  assert.ok(took > seconds * 0.9, `${took} s`);
  return answers;
}

besieged(
  "--handshake-timeout: a header that comes in drips: 408",
  ["--handshake-timeout", "1s"],
  async (server) => {
    const slow = `${request("GET", "/healthz").trimEnd()}\r\nX: ${"y".repeat(4000)}`;
    for (const text of [slow, handshake("/signaling").replace("\r\n\r\n", `\r\nX: ${"y".repeat(4000)}`)]) {
      for (const answer of await crowdOf(CROWD, 1, () => drip(server, text)))
        assert.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/);
    }
  },
);

besieged("--handshake-timeout: no header: closed", ["--handshake-timeout", "1s"], async (server) => {
  for (const answer of await crowdOf(CROWD, 1, () => drip(server, ""))) assert.equal(answer, "");
});

/** The beginning of a ClientHello of TLS 1.2, whose record announces 508 bytes. */
const CLIENT_HELLO = Buffer.from([0x16, 0x03, 0x01, 0x01, 0xfc, 0x01, 0x00, 0x01, 0xf8, 0x03, 0x03]);

besieged(
  "--handshake-timeout: a TLS handshake that is not completed: closed",
  ["--handshake-timeout", "1s"],
  async (server) => {
    const tlsPort = { port: server.tlsPort };
    const beginnings = [0, 1, 5, CLIENT_HELLO.length];
    for (const bytes of beginnings) {
      await crowdOf(CROWD, 1, async () => {
        const { socket, stream } = await openSocket(tlsPort);
        socket.write(CLIENT_HELLO.subarray(0, bytes));
        await stream.rest();
        socket.destroy();
      });
    }
  },
  { tls: true },
);

besieged(
  "--http-idle-timeout: a body that comes in drips: 408",
  ["--http-idle-timeout", "1s"],
  async (server) => {
    const attack = async () => {
      const http = await RawHttp.open(server);
      http.write(request("POST", "/healthz", ["Content-Length: 4000"]));
      const timer = setInterval(() => http.write("x"), 50);
      const { status } = await http.answer();
      clearInterval(timer);
      await http.stream.rest();
      http.destroy();
      return status;
    };
    assert.deepEqual(new Set(await crowdOf(CROWD, 1, attack)), new Set([408]));
  },
);

besieged("--http-idle-timeout: no next request: closed", ["--http-idle-timeout", "1s"], async (server) => {
  await crowdOf(CROWD, 1, async () => {
    const http = await RawHttp.open(server);
    http.write(request("GET", "/healthz"));
    assert.equal((await http.answer()).status, 200);
    assert.equal((await http.stream.rest()).length, 0);
  });
});

const folder = temporaryFolder();
const largeFile = openSync(join(folder, "large"), "w");
ftruncateSync(largeFile, 256 * MEBIBYTE);
closeSync(largeFile);

besieged(
  "--http-idle-timeout: an answer that is not read: closed, and it took no memory",
  ["--http-idle-timeout", "1s", "--static", folder],
  async (server, t, siege) => {
    const sockets = [];
    for (let i = 0; i < CROWD; ++i) {
      const { socket } = await openSocket(server);
      socket.write(request("GET", "/large"));
      await within(once(socket, "data"), "the beginning of the answer");
      socket.pause();
      sockets.push(socket);
    }
    await siege.expectFilesBack();
    for (const socket of sockets) socket.destroy();
  },
);

const FOREVER = ["--handshake-timeout", "0", "--http-idle-timeout", "0", "--first-message-timeout", "0"];

besieged("0: any time for a handshake, a header, a body and a first message", FOREVER, async (server) => {
  const silent = connect(server.port, "127.0.0.1");
  const ended = [once(silent, "close")];
  const partial = [];
  for (const text of [
    request("GET", "/healthz").slice(0, 20),
    request("POST", "/healthz", ["Content-Length: 5"], "1234"),
    handshake("/signaling"),
  ]) {
    const { socket } = await openSocket(server);
    socket.write(text);
    ended.push(once(socket, "close"));
    partial.push(socket);
  }
  const over = Promise.race(ended).then(() => "closed");
  // Longer than the defaults of the two that are 5 seconds.
  assert.equal(await Promise.race([over, delay(6000, "open")]), "open");
  for (const socket of [silent, ...partial]) socket.destroy();
});
