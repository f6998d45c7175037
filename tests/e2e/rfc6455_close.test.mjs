// The closing handshake of RFC 6455, sections 5.5.1 and 7.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { echoTests } from "./support/echo_socket.mjs";
import { Opcode, closePayload, frame } from "./support/raw_websocket.mjs";
import { startServer } from "./support/server.mjs";

const { text, close, ping } = Opcode;
let server;

before(async () => (server = await startServer(["--echo"])));
after(async () => assert.equal(await server.stop(), 0));

const { connected, refused } = echoTests(() => server);

/** The server answers the Close frame with the same code, and hangs up. */
function answered(name, code, frames) {
  refused(name, code, frames);
}

describe("a Close frame is answered with its code (5.5.1)", () => {
  answered("without a code", undefined, [frame(close)]);
  const registered = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
  for (const code of [...registered, 3000, 3999, 4000, 4999]) {
    answered(`${code}`, code, [frame(close, closePayload(code))]);
  }
  answered("with a reason", 1000, [frame(close, closePayload(1000, "It was nice: schön war's"))]);
  answered("with the longest reason", 1000, [frame(close, closePayload(1000, "r".repeat(123)))]);

  connected("byte by byte", async (socket) => {
    const sent = socket.sendByteByByte(frame(close, closePayload(4321, "slowly")));
    await socket.expectClose(4321);
    await sent;
  });
});

describe("what follows a Close frame is ignored", () => {
  answered("a message", 1000, [frame(close, closePayload(1000)), frame(text, "too late")]);
  answered("a ping", 1000, [frame(close, closePayload(1000)), frame(ping, "too late")]);
  answered("another Close frame", 1000, [frame(close, closePayload(1000)), frame(close, closePayload(1001))]);
  answered("garbage", 1000, [frame(close, closePayload(1000)), Buffer.from([0xff, 0xff, 0xff])]);
  answered("200 kB", 1000, [frame(close, closePayload(1000)), frame(text, "x".repeat(200_000))]);
});

describe("codes that may not be sent (7.4)", () => {
  const reserved = [1004, 1005, 1006, 1015];
  for (const code of [0, 1, 999, ...reserved, 1016, 1100, 1999, 2000, 2999, 5000, 65535]) {
    refused(`${code}`, 1002, [frame(close, closePayload(code))]);
    refused(`${code} with a reason`, 1002, [frame(close, closePayload(code, "reason"))]);
  }
});

describe("Close frames that are malformed", () => {
  refused("half a code", 1002, [frame(close, Buffer.from([3]))]);
  refused("a reason that is too long, by its header", 1002, [
    frame(close, closePayload(1000, "r".repeat(124))).subarray(0, 4),
  ]);
  for (const hex of ["80", "c3", "eda080", "f4908080", "cebae1bdb9cf83cebcceb5eda080656469746564"]) {
    refused(`a reason that is not UTF-8: ${hex}`, 1007, [
      frame(close, closePayload(1000, Buffer.from(hex, "hex"))),
    ]);
  }
});
