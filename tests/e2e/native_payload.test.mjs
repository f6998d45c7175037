// What the server passes on is not its business: data, metadata and request ids arrive byte for byte, and in order.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NativeClient, connectClients, joinClients } from "./support/native_client.mjs";
import { startServer } from "./support/server.mjs";
import { tlsServer } from "./support/tls_server.mjs";

let server;

before(async () => (server = await startServer(["--max-messages-per-second", "0"])));
after(async () => assert.equal(await server.stop(), 0));

// JSON texts that a parser would write in another way.
const texts = [
  "null",
  "true",
  "0",
  "-0",
  "0.10",
  "1e400",
  "-1E+400",
  "1e-400",
  "12345678901234567890123",
  "0.1000000000000000055",
  '""',
  '"\\u0041\\/\\b\\f\\n\\r\\t\\"\\\\"',
  '"\\u0000"',
  '"\\ud83d\\ude00"',
  '"\\ud800"',
  '"\\u00e9 é"',
  '"👩‍🚀 日本語 \u2028\u2029"',
  '"\u007f"',
  "[]",
  "{}",
  "[ 1 ,\t2 ,\r\n3 ]",
  '{ "b" : 1 , "a" : 2 }',
  '{"a":1,"a":2}',
  '{"":{"":[]}}',
  '{"__proto__":1}',
  '{"type":"ping","to":"x","data":1,"id":7}',
  '"}],\\"data\\":1"',
  '{"sdp":"v=0\\r\\no=- 1 1 IN IP4 0.0.0.0\\r\\n"}',
  "[".repeat(31) + "]".repeat(31),
  JSON.stringify("x".repeat(200_000)),
  `[${"1, ".repeat(20_000)}1]`,
];
const short = (text) => (text.length > 50 ? `${text.slice(0, 50)}… (${text.length})` : text);

/** `text` is the value of `field` in a message as it was on the wire. */
function assertHolds(message, field, text) {
  const start = message.indexOf(`"${field}":${text}`);
  assert.ok(start >= 0, `${short(message)} holds no ${short(text)}`);
  assert.match(message[start + field.length + 3 + text.length], /[,}]/);
}

describe("data arrives byte for byte", () => {
  for (const data of texts) {
    test(short(JSON.stringify(data)), async (t) => {
      const [ada, bob] = await joinClients(t, server, 2, "data");
      ada.send(`{"type":"message","to":"${bob.id}","data":${data}}`);
      assertHolds(await bob.nextText(), "data", data);
      ada.send(` { "data" :\t${data}\n, "event" : "e", "room" : "data" , "type" : "event" } `);
      assertHolds(await bob.nextText(), "data", data);
    });
  }
});

describe("metadata arrives byte for byte", () => {
  for (const metadata of texts.filter((text) => text.length < 4096)) {
    test(short(JSON.stringify(metadata)), async (t) => {
      const [ada, bob] = await connectClients(t, server, 2);
      await ada.join("metadata");
      bob.send(`{"type":"join","metadata":${metadata},"room":"metadata"}`);
      assertHolds(await ada.nextText(), "metadata", metadata);
      ada.send('{"type":"members","room":"metadata"}');
      assertHolds(await ada.nextText(), "metadata", metadata);
      bob.send(`{"type":"update","room":"metadata","metadata":${metadata}}`);
      assertHolds(await ada.nextText(), "metadata", metadata);
    });
  }
});

describe("a request's id comes back as it was written", () => {
  const ids = [
    "0",
    "-1",
    "1.0",
    "1e2",
    "1E+40",
    "12345678901234567890",
    '""',
    '"a"',
    '"\\u0041\\n"',
    '"é"',
    '"1"',
    `"${"x".repeat(126)}"`,
  ];
  for (const id of ids) {
    test(short(id), async (t) => {
      const [client] = await connectClients(t, server, 1);
      const requests = [
        '"type":"ping"',
        '"type":"join","room":"ids"',
        '"type":"message","room":"ids"',
        '"type":"update","room":"ids","metadata":1',
        '"type":"members","room":"ids"',
        '"type":"leave","room":"ids"',
        '"type":"leave","room":"ids"',
        '"type":"no such"',
      ];
      for (const request of requests) {
        client.send(`{"id":${id},${request}}`);
        assertHolds(await client.nextText(), "id", id);
      }
    });
  }
});

describe("order", () => {
  const COUNT = 5000;

  /** `count` messages to one, or to a room, or as events, by turns. */
  async function sendAll(sender, to, room) {
    const shapes = [
      { type: "message", to },
      { type: "candidate", room },
      { type: "event", event: "e", to, room },
    ];
    for (let i = 0; i < COUNT; ++i) {
      sender.send({ ...shapes[i % shapes.length], data: i });
      // Not all at once: the receiver reads meanwhile, as the limit of its queue demands.
      if (i % 500 === 499) await sender.request({ type: "ping" });
    }
  }

  async function expectAll(receiver, from) {
    for (let i = 0; i < COUNT; ++i) {
      const message = await receiver.next();
      assert.deepEqual([message.from, message.data], [from, i]);
    }
  }

  for (const secure of [false, true]) {
    test(`5,000 messages each way, ${secure ? "over TLS" : "plain"}`, async (t) => {
      const which = secure ? await tlsServer(t, ["--max-messages-per-second", "0"]) : server;
      const [ada, bob] = await joinClients(t, which, 2, "order", { secure });
      await Promise.all([
        sendAll(ada, bob.id, "order"),
        sendAll(bob, ada.id, "order"),
        expectAll(ada, bob.id),
        expectAll(bob, ada.id),
      ]);
      for (const client of [ada, bob]) await client.expectNothing();
    });
  }

  test("a sender's messages, changes and leave reach every member in the order they were made", async (t) => {
    const members = await joinClients(t, server, 4, "story");
    const teller = await NativeClient.connect(server);
    for (let round = 0; round < 20; ++round) {
      teller.send({ type: "join", room: "story", metadata: round });
      for (let i = 0; i < 3; ++i) teller.send({ type: "message", room: "story", data: [round, i] });
      teller.send({ type: "update", room: "story", metadata: "told" });
      teller.send({ type: "message", room: "story", data: "the end" });
      teller.send({ type: "leave", room: "story" });
    }
    for (const member of members) {
      let version = (await member.next()).version; // of the first join
      for (let round = 0; round < 20; ++round) {
        if (round > 0) assert.deepEqual(await told(member), ["peer-joined", ++version, round]);
        for (let i = 0; i < 3; ++i) assert.deepEqual(await told(member), ["message", [round, i]]);
        assert.deepEqual(await told(member), ["peer-updated", ++version, "told"]);
        assert.deepEqual(await told(member), ["message", "the end"]);
        assert.deepEqual(await told(member), ["peer-left", ++version, teller.id]);
      }
      await member.expectNothing();
    }
    teller.socket.terminate();
  });

  async function told(member) {
    const { type, version, peer, data } = await member.next();
    return type === "message" ? [type, data] : [type, version, peer.metadata ?? peer];
  }
});
