// What fails, by the list of error codes in docs/protocol.md: the sender gets an error with the id of its request, and
// nobody else notices.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connectClients, joinClients } from "./support/native_client.mjs";
import { startServer } from "./support/server.mjs";

let server;

before(async () => (server = await startServer()));
after(async () => assert.equal(await server.stop(), 0));

/** Two members of a room; the first sends `raw` and gets this error, and both go on as if nothing had happened. */
function fails(name, raw, code, id) {
  test(`${code}: ${name}`, async (t) => {
    const [ada, bob] = await joinClients(t, server, 2, "lobby");
    ada.send(raw);
    const { message, ...error } = await ada.next();
    assert.deepEqual(error, id === undefined ? { type: "error", code } : { type: "error", code, id });
    assert.ok(message.length > 0);
    await bob.expectNothing();
    assert.equal((await ada.request({ type: "message", room: "lobby", data: "still here" })).type, "sent");
    assert.equal((await bob.next()).data, "still here");
  });
}

const nested = (depth) => "[".repeat(depth) + "]".repeat(depth);
const long = "x".repeat(129);

describe("bad_json", () => {
  const texts = [
    "",
    " ",
    "hello",
    "{",
    "}",
    '{"type":"ping"',
    '{"type":"ping"}}',
    '{"type":"ping"}{"type":"ping"}',
  ];
  const almost = [
    "{'type':'ping'}",
    '{type:"ping"}',
    '{"type":"ping",}',
    '{"type" "ping"}',
    '{"type":"ping"} // comment',
  ];
  const values = [
    '{"type":"ping","x":01}',
    '{"type":"ping","x":1.}',
    '{"type":"ping","x":.5}',
    '{"type":"ping","x":+1}',
    '{"type":"ping","x":NaN}',
    '{"type":"ping","x":True}',
    '{"type":"ping","x":[1,]}',
    '{"type":"ping","x":"\\x"}',
    '{"type":"ping","x":"\\u12"}',
    '{"type":"ping","x":"a\nb"}',
    '{"type":"ping","x":"\u0000"}',
  ];
  for (const text of [...texts, ...almost, ...values]) fails(JSON.stringify(text), text, "bad_json");
  for (const text of ["null", "true", "5", '"ping"', '["ping"]', "[]", '[{"type":"ping"}]']) {
    fails(`not an object: ${text}`, text, "bad_json");
  }
  fails("nested too deep", `{"type":"message","room":"lobby","data":${nested(32)}}`, "bad_json");
  fails("nested far too deep", `{"type":"message","room":"lobby","data":${nested(100_000)}}`, "bad_json");
  fails("nested too deep in an unknown field", `{"type":"ping","x":${nested(10_000)}}`, "bad_json");
});

test("nesting up to the limit passes", async (t) => {
  const [ada, bob] = await joinClients(t, server, 2, "deep");
  ada.send(`{"type":"message","room":"deep","data":${nested(31)}}`);
  assert.ok((await bob.nextText()).includes(`"data":${nested(31)}`));
});

describe("bad_request", () => {
  const missing = [
    {},
    { id: 1 },
    { type: "join", id: 1 },
    { type: "leave", id: 1 },
    { type: "members", id: 1 },
    { type: "update", id: 1 },
    { type: "update", room: "lobby", id: 1 },
    { type: "offer", id: 1 },
    { type: "message", data: 1, id: 1 },
    { type: "event", room: "lobby", id: 1 },
  ];
  const wrongType = [
    { type: 5, id: 1 },
    { type: null, id: 1 },
    { type: ["ping"], id: 1 },
    { type: "join", room: 5, id: 1 },
    { type: "join", room: null, id: 1 },
    { type: "leave", room: ["lobby"], id: 1 },
    { type: "message", to: 5, id: 1 },
    { type: "message", to: {}, room: "lobby", id: 1 },
    { type: "message", room: false, id: 1 },
    { type: "message", room: "lobby", volatile: 1, id: 1 },
    { type: "message", room: "lobby", volatile: "true", id: 1 },
    { type: "event", room: "lobby", event: 5, id: 1 },
    { type: "event", room: "lobby", event: "", id: 1 },
    { type: "event", room: "lobby", event: long, id: 1 },
  ];
  for (const message of [...missing, ...wrongType]) {
    fails(JSON.stringify(message).slice(0, 80), message, "bad_request", message.id);
  }
  for (const id of [null, true, {}, [], long])
    fails(`id ${JSON.stringify(id).slice(0, 20)}`, { type: "ping", id }, "bad_request");

  const twice = {
    type: '{"type":"ping","type":"ping","id":1}',
    room: '{"type":"leave","room":"lobby","room":"lobby","id":1}',
    "room, written in another way": '{"type":"leave","room":"lobby","r\\u006fom":"lobby","id":1}',
    data: '{"type":"message","room":"lobby","data":1,"data":1,"id":1}',
  };
  for (const [field, text] of Object.entries(twice)) fails(`${field} twice`, text, "bad_request", 1);
  fails("id twice: it is not known which one is meant", '{"type":"ping","id":1,"id":2}', "bad_request");
  fails("a binary message", Buffer.from('{"type":"ping"}'), "bad_request");
  fails("an empty binary message", Buffer.alloc(0), "bad_request");
  fails("a binary message that is not UTF-8", Buffer.from([0xff, 0x00, 0xc0]), "bad_request");
});

describe("unknown_type", () => {
  for (const type of [
    "",
    "Ping",
    "ping ",
    "welcome",
    "joined",
    "peer-joined",
    "error",
    "constructor",
    "__proto__",
    "🎈",
    long,
  ]) {
    fails(JSON.stringify(type).slice(0, 20), { type, room: "lobby", id: 2 }, "unknown_type", 2);
  }
});

describe("bad_id", () => {
  for (const type of ["join", "leave", "members", "message"]) {
    for (const room of ["", long, "é".repeat(65)]) {
      fails(
        `${type} with a room of ${Buffer.byteLength(room)} bytes`,
        { type, room, id: "b" },
        "bad_id",
        "b",
      );
    }
  }
  fails("a peer id of 129 bytes", { type: "offer", to: long, id: "b" }, "bad_id", "b");
  fails("an empty peer id", { type: "offer", to: "", id: "b" }, "bad_id", "b");
});

describe("metadata_too_large", () => {
  const metadata = "m".repeat(4095); // with its quotes 4097 bytes
  fails("join", { type: "join", room: "other", metadata, id: 3 }, "metadata_too_large", 3);
  fails("update", { type: "update", room: "lobby", metadata, id: 3 }, "metadata_too_large", 3);

  test("the largest is told to others", async (t) => {
    const [ada, bob] = await connectClients(t, server, 2);
    await ada.join("large metadata", "m".repeat(4094));
    const { peers } = await bob.join("large metadata");
    assert.equal(peers[0].metadata.length, 4094);
  });
});

describe("not_joined", () => {
  for (const type of ["leave", "members", "message", "offer"]) {
    fails(`${type} in a room that the sender is not in`, { type, room: "elsewhere", id: 4 }, "not_joined", 4);
  }
  fails(
    "update in a room that the sender is not in",
    { type: "update", room: "elsewhere", metadata: 1, id: 4 },
    "not_joined",
    4,
  );
  fails(
    "event in a room that the sender is not in",
    { type: "event", event: "e", room: "elsewhere", id: 4 },
    "not_joined",
    4,
  );

  test("a room that was left", async (t) => {
    const [ada] = await joinClients(t, server, 2, "was left");
    await ada.request({ type: "leave", room: "was left" });
    for (const type of ["leave", "members", "message"]) {
      assert.equal((await ada.request({ type, room: "was left" })).code, "not_joined", type);
    }
  });
});

describe("peer_not_found", () => {
  fails("nobody has the id", { type: "offer", to: "nobody", id: 5 }, "peer_not_found", 5);
  fails("without an id, too", { type: "offer", to: "nobody" }, "peer_not_found");
  fails("volatile, too", { type: "message", to: "nobody", volatile: true, id: 5 }, "peer_not_found", 5);

  test("a peer in no common room, one that has just left, and one of another room", async (t) => {
    const [ada, bob] = await joinClients(t, server, 2, "common");
    const [eve] = await joinClients(t, server, 1, "elsewhere");
    await ada.join("elsewhere");
    const code = async (message) => (await ada.request({ type: "message", ...message })).code;
    assert.equal(await code({ to: eve.id, room: "common" }), "peer_not_found");
    assert.equal(await code({ to: eve.id }), undefined);
    await bob.request({ type: "leave", room: "common" });
    assert.equal(await code({ to: bob.id }), "peer_not_found");
    await eve.close();
    await ada.drain();
    assert.equal(await code({ to: eve.id }), "peer_not_found");
    await bob.expectNothing();
  });
});

describe("errors that end the connection", () => {
  test("a message that is too large: 1009, and the others see its sender go", async (t) => {
    const [ada, bob] = await joinClients(t, server, 2, "too large");
    ada.send(JSON.stringify({ type: "message", room: "too large", data: "x".repeat(256 * 1024) }));
    assert.equal((await ada.closed()).code, 1009);
    const { type, peer } = await bob.next();
    assert.deepEqual({ type, peer }, { type: "peer-left", peer: ada.id });
    await bob.expectNothing();
  });

  test("the largest message arrives", async (t) => {
    const [ada, bob] = await joinClients(t, server, 2, "largest");
    const frame = (data) => JSON.stringify({ type: "message", room: "largest", data });
    const data = "x".repeat(256 * 1024 - frame("").length);
    ada.send(frame(data));
    assert.equal((await bob.next()).data, data);
  });
});

test("10,000 things that are wrong leave the server and the neighbours as they were", async (t) => {
  const generous = await startServer(["--max-messages-per-second", "0"]);
  const [bad, ...good] = await joinClients(t, generous, 3, "room");
  const wrong = [
    "{",
    "[]",
    '{"type":"join"}',
    '{"type":"x"}',
    '{"type":"offer","to":"nobody"}',
    Buffer.from([0]),
    '{"type":1e999}',
  ];
  for (let i = 0; i < 10_000; ++i) bad.send(wrong[i % wrong.length]);
  const errors = await bad.drain();
  assert.equal(errors.length, 10_000);
  assert.ok(errors.every(({ type }) => type === "error"));
  for (const client of good) await client.expectNothing();
  for (const client of [bad, ...good]) client.socket.terminate();
  assert.equal(await generous.stop(), 0);
});
