// Engine.IO over a WebSocket, and the way there, against the echo of `--socketio-conformance` (Engine.IO protocol, 4th
// revision).

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "../support/deadline.mjs";
import { conformanceServers } from "./support/conformance.mjs";
import { EngineWebSocket } from "./support/engine_websocket.mjs";
import { PollingSession } from "./support/polling_session.mjs";

const servers = conformanceServers();

describe("websocket", () => {
  test("the first message is the handshake, which offers no upgrade", async () => {
    const { handshake } = await EngineWebSocket.open(servers.hasty);
    const { sid, ...settings } = handshake;
    assert.match(sid, /^[\w-]{22}$/);
    assert.deepEqual(settings, { upgrades: [], pingInterval: 300, pingTimeout: 200, maxPayload: 1_000_000 });
  });

  test("text and binary messages come back as they were; a separator is data there", async () => {
    const socket = await EngineWebSocket.open(servers.patient);
    socket.send("4hello", "4", "4a\x1e4b", Buffer.from([1, 2, 3, 4]), Buffer.from([]));
    await socket.expect("4hello", "4", "4a\x1e4b", Buffer.from([1, 2, 3, 4]), Buffer.from([]));
  });

  test("binary may come as base64 in a text message (forceBase64 of the reference implementation)", async () => {
    const socket = await EngineWebSocket.open(servers.patient);
    socket.send("bAQIDBA==", "b", "4text");
    await socket.expect(Buffer.from([1, 2, 3, 4]), Buffer.from([]), "4text");
  });

  test("pings are answered, and a session without an answer is closed", async () => {
    const socket = await EngineWebSocket.open(servers.hasty);
    for (let i = 0; i < 3; i++) {
      assert.equal(await socket.nextOfAll(), "2");
      socket.send("3");
    }
    assert.equal(await socket.nextOfAll(), "2");
    await socket.closed();
  });

  for (const packet of ["abc", "", "7", "0", "2", "5"]) {
    test(`the message ${JSON.stringify(packet)} closes the session`, async () => {
      const socket = await EngineWebSocket.open(servers.patient);
      socket.send(packet);
      await socket.closed();
    });
  }

  test("a close packet closes", async () => {
    const socket = await EngineWebSocket.open(servers.patient);
    socket.send("1");
    assert.equal(await socket.closed(), 1000);
  });

  for (const [offered, chosen] of [
    [["first", "second"], "first"],
    [["websocket"], "websocket"],
    [[], ""],
  ]) {
    test(`of the subprotocols ${JSON.stringify(offered)} the first is chosen (reference implementation)`, async () => {
      const socket = await EngineWebSocket.open(servers.patient, { protocols: offered });
      assert.equal(socket.socket.protocol, chosen);
      socket.send("4hello");
      await socket.expect("4hello");
    });
  }

  test("a message over the bound of the handshake closes with 1009, and no words (reference implementation)", async () => {
    const socket = await EngineWebSocket.open(servers.patient);
    const largest = `4${"x".repeat(999_999)}`;
    socket.send(largest);
    await socket.expect(largest);
    socket.send(`${largest}x`);
    assert.equal(await socket.closed(), 1009);
    assert.equal(socket.closeReason, "");
  });

  const refused = [
    ["no EIO", { transport: "websocket" }, 5],
    ["EIO=3", { EIO: 3, transport: "websocket" }, 5],
    ["no transport", { EIO: 4 }, 0],
    ["an unknown transport", { EIO: 4, transport: "abc" }, 0],
    ["polling", { EIO: 4, transport: "polling" }, 3],
    ["an unknown session", { EIO: 4, transport: "websocket", sid: "constructor" }, 1],
  ];
  for (const [name, query, code] of refused) {
    test(`${name}: no upgrade, but an answer with code ${code}`, async () => {
      const { status, text } = await new EngineWebSocket(servers.patient, { query }).refused;
      assert.deepEqual({ status, code: JSON.parse(text).code }, { status: 400, code });
    });
  }
});

describe("upgrade", () => {
  test("a probe ends the poll, and messages go on over the WebSocket", async () => {
    const session = await PollingSession.open(servers.patient);
    const socket = await EngineWebSocket.probe(servers.patient, session);
    assert.equal(await session.next(), "6");
    socket.send("5", "4hello");
    await socket.expect("4hello");
  });

  test("what waited comes over the WebSocket, before what is sent there", async () => {
    const session = await PollingSession.open(servers.patient);
    const socket = await EngineWebSocket.probe(servers.patient, session);
    assert.equal(await session.next(), "6");
    await session.post("4one", "bAQID");
    socket.send("5", "4two");
    await socket.expect("4one", Buffer.from([1, 2, 3]), "4two");
  });

  test("afterwards polls and further WebSockets are refused, and disturb nothing", async () => {
    const session = await PollingSession.open(servers.patient);
    const socket = await EngineWebSocket.probe(servers.patient, session);
    socket.send("5", "4first");
    await socket.expect("4first");
    assert.equal((await session.request()).status, 400);
    assert.equal((await session.request({ method: "POST", body: "4x" })).status, 400);
    await new EngineWebSocket(servers.patient, { sid: session.sid }).closed();
    socket.send("4second");
    await socket.expect("4second");
  });

  for (const wrong of ["2prob", "5", "4x", Buffer.from("2probe")]) {
    test(`${JSON.stringify(wrong.toString())} in place of a probe closes that WebSocket alone`, async () => {
      const session = await PollingSession.open(servers.patient);
      const socket = new EngineWebSocket(servers.patient, { sid: session.sid });
      await socket.opened;
      socket.send(wrong);
      await socket.closed();
      await session.post("4still polling");
      assert.equal(await session.next(), "4still polling");
    });
  }

  test("a WebSocket that breaks in the middle of the upgrade leaves the session on polling", async () => {
    const session = await PollingSession.open(servers.patient);
    const socket = await EngineWebSocket.probe(servers.patient, session);
    socket.abort();
    await socket.closed();
    await session.post("4still polling");
    const packets = [await session.next()];
    if (packets[0] === "6") packets.splice(0, 1, await session.next());
    assert.deepEqual(packets, ["4still polling"]);
    const second = await EngineWebSocket.probe(servers.patient, session);
    second.send("5", "4now");
    await second.expect("4now");
  });

  test("a WebSocket that ends after the upgrade ends the session", async () => {
    const session = await PollingSession.open(servers.patient);
    const socket = await EngineWebSocket.probe(servers.patient, session);
    socket.send("5", "4x");
    await socket.expect("4x");
    socket.abort();
    await socket.closed();
    const gone = async () => JSON.parse((await session.request()).text).code === 1;
    await until(gone, "the end of the session");
  });
});
