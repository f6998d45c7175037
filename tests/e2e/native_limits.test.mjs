// Who is admitted, what everybody may cost, and how the server goes.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { once } from "node:events";
import { describe, test } from "node:test";
import { until, within } from "./support/deadline.mjs";
import { NativeClient, connectClients, joinClients } from "./support/native_client.mjs";
import { RawWebSocket, Opcode } from "./support/raw_websocket.mjs";
import { MEBIBYTE, peakResidentBytes } from "./support/process_usage.mjs";
import { startServer } from "./support/server.mjs";

/** A server for the test `t`, stopped with it. */
async function serve(t, ...args) {
  const server = await startServer(args);
  t.after(() => server.stop());
  return server;
}

async function expectRefused(server, code, closeCode, options) {
  const client = new NativeClient(server, options);
  assert.equal((await client.next()).code, code);
  assert.equal((await client.closed()).code, closeCode);
}

describe("admission", () => {
  test("the token, in the query or as bearer, and nothing else", async (t) => {
    const server = await serve(t, "--auth-token", "s3cret/+= ü");
    const token = "s3cret/+= ü";
    const bearer = (value) => ({ headers: { Authorization: Buffer.from(value).toString("latin1") } });
    for (const options of [{ query: { token } }, bearer(`Bearer ${token}`), bearer(`bEARER ${token}`)]) {
      await (await NativeClient.connect(server, options)).close();
    }
    const queries = ["", "S3cret/+= ü", "s3cret", `${token} `, `${token}\u0000`].map((wrong) => ({
      query: { token: wrong },
    }));
    const headers = [bearer(`Basic ${token}`), bearer(token), bearer("Bearer"), bearer("Bearer x")];
    for (const options of [{}, ...queries, ...headers])
      await expectRefused(server, "unauthorized", 4401, options);
  });

  test("what was sent before the refusal has no effect", async (t) => {
    const server = await serve(t, "--auth-token", "right");
    const [member] = await joinClients(t, server, 1, "room", { query: { token: "right" } });
    const stranger = new NativeClient(server);
    stranger.socket.on("open", () => stranger.send({ type: "join", room: "room" }));
    assert.equal((await stranger.next()).code, "unauthorized");
    await stranger.closed();
    await member.expectNothing();
  });

  test("--max-peers: too_many_peers and 1013, until one goes", async (t) => {
    const server = await serve(t, "--max-peers", "2");
    const [ada] = await connectClients(t, server, 2);
    await expectRefused(server, "too_many_peers", 1013);
    await ada.close();
    await (await NativeClient.connect(server)).close();
  });

  test("--max-connections-per-address: closed when accepted, until one goes", async (t) => {
    const server = await serve(t, "--max-connections-per-address", "2");
    const [ada] = await connectClients(t, server, 2);
    const third = connect(server.port, "127.0.0.1");
    third.on("error", () => {});
    await within(once(third, "close"), "the end of the third connection");
    await ada.close();
    await until(async () => {
      const client = new NativeClient(server);
      return (await Promise.race([client.closed(), client.next()])).type === "welcome";
    }, "room for another");
  });
});

describe("the first message is due", () => {
  test("4408 for who is silent; a ping will do", async (t) => {
    const server = await serve(t, "--first-message-timeout", "1s");
    const talker = await NativeClient.connect(server);
    await talker.request({ type: "ping" });
    const silent = await NativeClient.connect(server);
    assert.equal((await silent.closed()).code, 4408);
    await talker.expectNothing();
    await talker.close();
  });

  test("what counts is a message, not a pong nor half a message", async (t) => {
    const server = await serve(t, "--first-message-timeout", "1s");
    const raw = await RawWebSocket.open(server, { path: "/signaling" });
    raw.send(Buffer.from([0x8a, 0x80, 0, 0, 0, 0, 0x01, 0x81, 0, 0, 0, 0, 0x7b])); // a pong, and the fragment "{"
    assert.equal((await raw.next()).opcode, Opcode.text); // the welcome
    const { opcode, payload } = await raw.next();
    assert.deepEqual([opcode, payload.readUInt16BE()], [Opcode.close, 4408]);
    raw.destroy();
  });
});

describe("limits", () => {
  test("over its rate a client is slowed, the others are not, and nothing is lost", async (t) => {
    const server = await serve(t, "--max-messages-per-second", "50", "--max-message-burst", "10");
    const [ada, bob] = await connectClients(t, server, 2);
    for (const client of [ada, bob]) await client.join("r");
    await ada.next(); // bob joined
    for (let i = 0; i < 100; ++i) ada.send({ type: "message", room: "r", data: i });
    for (let i = 0; i < 100; ++i) {
      if (i === 20) assert.equal((await bob.request({ type: "ping" })).type, "pong");
      assert.equal((await bob.next()).data, i);
    }
    assert.equal((await ada.request({ type: "ping" })).type, "pong");
  });

  test("rate_limited joins carry the id, and other messages pass", async (t) => {
    const server = await serve(t, "--max-joins-per-second", "1", "--max-join-burst", "3");
    const [ada] = await connectClients(t, server, 1);
    const answers = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((room) => ada.request({ type: "join", room: String(room) })),
    );
    assert.deepEqual(
      answers.slice(0, 3).map(({ type }) => type),
      ["joined", "joined", "joined"],
    );
    assert.equal(answers[5].code, "rate_limited");
    assert.equal((await ada.request({ type: "message", room: "1" })).type, "sent");
  });

  test("room_full, until one leaves", async (t) => {
    const server = await serve(t, "--max-peers-per-room", "2");
    const [ada, bob] = await joinClients(t, server, 2, "r");
    const [eve] = await connectClients(t, server, 1);
    assert.equal((await eve.request({ type: "join", room: "r" })).code, "room_full");
    for (const client of [ada, bob]) await client.expectNothing();
    assert.equal((await ada.request({ type: "join", room: "r" })).type, "joined", "a member is in already");
    await ada.request({ type: "leave", room: "r" });
    assert.equal((await eve.request({ type: "join", room: "r" })).type, "joined");
  });

  test("too_many_rooms, until one is left", async (t) => {
    const server = await serve(t, "--max-rooms-per-peer", "2");
    const [ada] = await connectClients(t, server, 1);
    for (const room of ["1", "2", "1"]) await ada.join(room);
    assert.equal((await ada.request({ type: "join", room: "3" })).code, "too_many_rooms");
    await ada.request({ type: "leave", room: "1" });
    await ada.join("3");
  });

  test("limits of size and depth are those of the options, and 0 is none", async (t) => {
    const strict = await serve(
      t,
      "--max-metadata-bytes",
      "10",
      "--max-id-bytes",
      "8",
      "--max-json-depth",
      "3",
      "--max-message-bytes",
      "500",
    );
    const [ada] = await connectClients(t, strict, 1);
    const code = async (message) => (await ada.request(message)).code;
    assert.equal(await code({ type: "join", room: "r", metadata: "x".repeat(8) }), undefined);
    assert.equal(await code({ type: "join", room: "r", metadata: "x".repeat(9) }), "metadata_too_large");
    assert.equal(await code({ type: "join", room: "x".repeat(9) }), "bad_id");
    assert.equal(await code({ type: "message", room: "r", data: [[]] }), undefined);
    ada.send({ type: "message", room: "r", data: [[[]]] });
    assert.equal((await ada.next()).code, "bad_json");
    ada.send({ type: "message", room: "r", data: "x".repeat(500) });
    assert.equal((await ada.closed()).code, 1009);

    const generous = await serve(
      t,
      "--max-metadata-bytes",
      "0",
      "--max-message-bytes",
      "0",
      "--max-outbound-bytes",
      "0",
    );
    const [bob, eve] = await connectClients(t, generous, 2);
    await bob.join("r", "y".repeat(2_000_000));
    assert.equal((await eve.join("r")).peers[0].metadata.length, 2_000_000);
  });
});

describe("a client that does not read", () => {
  test("holds its sender back, which is told what does not reach it; it is put out with 4413, and nobody else suffers", async (t) => {
    const server = await serve(t, "--max-messages-per-second", "0");
    const [sender, slow, left, right] = await joinClients(t, server, 4, "r");
    const before = peakResidentBytes(server.pid);
    slow.socket.pause();
    const data = "x".repeat(60_000);
    const sendToSlow = () => sender.request({ type: "message", to: slow.id, data });
    let sent = 0;
    let status;
    let answer;
    while ((answer = await sendToSlow()).type === "sent") {
      ({ status } = answer);
      assert.ok(++sent < 1000, "60 MB were taken for a client that does not read");
      await left.request({ type: "message", to: right.id, data: sent });
      assert.equal((await right.next()).data, sent);
    }
    assert.deepEqual([status, answer.code], ["queued", "slow_consumer"]);
    for (const other of [sender, left, right]) {
      const { type, peer } = await other.next();
      assert.deepEqual([type, peer], ["peer-left", slow.id]);
      await other.expectNothing();
    }
    assert.equal((await sendToSlow()).code, "peer_not_found");
    assert.ok(peakResidentBytes(server.pid) < before + 16 * MEBIBYTE, "memory stays bounded");
    slow.socket.resume();
    assert.equal((await slow.closed()).code, 4413);
  });

  test("volatile messages are dropped before it is put out", async (t) => {
    const server = await serve(t, "--max-messages-per-second", "0");
    const [sender, slow] = await joinClients(t, server, 2, "r");
    slow.socket.pause();
    const data = "x".repeat(60_000);
    const answers = [];
    for (let i = 0; i < 500; ++i) {
      answers.push(await sender.request({ type: "message", to: slow.id, data, volatile: true }));
    }
    assert.equal(answers[0].type, "sent");
    assert.equal(answers.at(-1).code, "slow_consumer");
    slow.socket.resume();
    await sender.request({ type: "message", to: slow.id, data: "the last" });
    while ((await slow.next()).data !== "the last");
    for (const client of [sender, slow]) await client.expectNothing();
  });
});

describe("SIGTERM", () => {
  test("going-away, close 1001, no new connections, exit code 0", async () => {
    const server = await startServer(["--drain-timeout", "60s"]);
    const clients = await Promise.all(Array.from({ length: 10 }, () => NativeClient.connect(server)));
    for (const client of clients) await client.join("r");
    for (const client of clients) await client.drain();
    const stopped = server.stop();
    for (const client of clients) {
      let message;
      do message = await client.next();
      while (message.type === "peer-left");
      assert.equal(message.type, "going-away");
      assert.ok(message.reconnectMs > 0);
      assert.equal((await client.closed()).code, 1001);
    }
    assert.equal(await stopped, 0, "not after the 60 s of the drain timeout");
    const late = connect(server.port, "127.0.0.1");
    const [error] = await once(late, "error");
    assert.equal(error.code, "ECONNREFUSED");
  });

  test("clients that do not answer are waited for until the drain timeout", async () => {
    const server = await startServer(["--drain-timeout", "500ms"]);
    const mute = await RawWebSocket.open(server, { path: "/signaling" });
    const idle = connect(server.port, "127.0.0.1");
    idle.on("error", () => {});
    await once(idle, "connect");
    assert.equal(await server.stop(), 0);
    mute.destroy();
    idle.destroy();
  });

  test("what was sent before is delivered before", async () => {
    const server = await startServer(["--max-messages-per-second", "0"]);
    const [ada, bob] = await Promise.all([NativeClient.connect(server), NativeClient.connect(server)]);
    await ada.join("r");
    await bob.join("r");
    for (let i = 0; i < 200; ++i) ada.send({ type: "message", room: "r", data: "x".repeat(4000) + i });
    await ada.request({ type: "ping" });
    const stopped = server.stop();
    for (let i = 0; i < 200; ++i) assert.ok((await bob.next()).data.endsWith(`x${i}`));
    assert.equal((await bob.closed()).code, 1001);
    assert.equal(await stopped, 0);
  });
});
