// Messages of the native protocol that are made to confuse a parser, or whoever trusts what it says: JSON, depth, numbers,
// names, and the sender. They are passed on byte for byte, or refused, and never understood in two ways.

import assert from "node:assert/strict";
import { NativeClient } from "../support/native_client.mjs";
import { Opcode, RawWebSocket, frame } from "../support/raw_websocket.mjs";
import { siege } from "../support/siege.mjs";

const attack = siege(["--allow-client-ids", "--max-messages-per-second", "0", "--max-joins-per-second", "0"]);

/** The attacker and a neighbour in one room: `run(attacker, neighbour)`. */
function inRoom(name, run) {
  attack(name, async (server) => {
    const [attacker, neighbour] = [await NativeClient.connect(server), await NativeClient.connect(server)];
    for (const client of [attacker, neighbour]) await client.join("room");
    await attacker.drain();
    await run(attacker, neighbour, server);
    await neighbour.expectNothing();
    for (const client of [attacker, neighbour]) await client.close();
  });
}

/** What the neighbour gets is what was sent, byte for byte. */
const opaque = {
  "1e999": "1e999",
  "-1e-999": "-1e-999",
  "a number of a thousand digits": "9".repeat(1000),
  "negative zero": "-0.0E+0",
  "2^53 + 1": "9007199254740993",
  "duplicate keys": '{"a":1,"a":2,"__proto__":3,"__proto__":4}',
  "half a surrogate pair, escaped": '"\\ud800"',
  "the other half": '"\\udc00\\ud800"',
  "escaped NUL, ESC and CR LF": '"\\u0000\\u001b[2J\\r\\n"',
  "U+2028, U+FEFF and a right-to-left override": '"\u2028\ufeff\u202e"',
  "the end of a script": '"</script><!--"',
  "empty names": '{"":{"":[]}}',
  "white space": "[ 1 ,\t2\n]",
};
for (const [name, data] of Object.entries(opaque)) {
  inRoom(`data is passed on as it is: ${name}`, async (attacker, neighbour) => {
    attacker.send(`{"type":"message","room":"room","data":${data}}`);
    assert.ok((await neighbour.nextText()).includes(`"data":${data}`));
  });
}

const depth = 100_000;
const bad = {
  "arrays without end": `{"type":"message","room":"room","data":${"[".repeat(depth)}`,
  "arrays in arrays": `{"type":"message","room":"room","data":${"[".repeat(depth)}${"]".repeat(depth)}}`,
  "objects in objects": `{"type":"message","room":"room","data":${'{"a":'.repeat(40_000)}1${"}".repeat(40_000)}}`,
  "depth in a field that nobody reads": `{"type":"ping","x":${"[".repeat(depth)}`,
  "depth in front of the type": `{"x":${"[".repeat(depth)},"type":"ping"}`,
  "two messages": '{"type":"ping"}{"type":"ping"}',
  "a byte order mark": '\ufeff{"type":"ping"}',
  "a raw control character": '{"type":"message","room":"room","data":"\u001b"}',
  Infinity: '{"type":"message","room":"room","data":Infinity}',
  "a comment": '{"type":"ping"/**/}',
  "a string that is not closed": `{"type":"message","room":"room","data":"${"\\".repeat(100_001)}`,
};
for (const [name, text] of Object.entries(bad)) {
  inRoom(`bad_json: ${name}`, async (attacker) => {
    attacker.send(text);
    assert.equal((await attacker.next()).code, "bad_json");
  });
}

inRoom(
  "a type, a room or an addressee given twice is one of both, and reaches nobody else",
  async (attacker, neighbour) => {
    await attacker.join("other");
    for (const text of [
      '{"type":"ping","type":"message","room":"other","data":1}',
      '{"type":"message","room":"other","room":"other","data":1}',
      '{"type":"message","to":"nobody","to":"no one","data":1}',
    ]) {
      attacker.send(text);
    }
    await attacker.drain();
  },
);

inRoom("`from` is the sender's own, whatever it says", async (attacker, neighbour) => {
  const forged = {
    from: neighbour.id,
    peer: neighbour.id,
    from_epoch: 1,
    fromMetadata: {},
    metadata: { admin: true },
  };
  attacker.send({ ...forged, type: "message", to: neighbour.id, data: 1 });
  attacker.send({ ...forged, type: "event", event: "peer-left", room: "room", data: { peer: attacker.id } });
  await neighbour.expect({ type: "message", from: attacker.id, data: 1 });
  const event = await neighbour.next();
  assert.deepEqual([event.type, event.from], ["event", attacker.id]);
});

inRoom("what only the server says, a client does not say to others", async (attacker) => {
  for (const type of [
    "peer-joined",
    "peer-left",
    "peer-updated",
    "welcome",
    "joined",
    "error",
    "going-away",
    "sent",
    "members-of",
  ]) {
    const answer = await attacker.request({ type, room: "room", to: "x", peer: "x", data: 1 });
    assert.equal(answer.code, "unknown_type", type);
  }
});

inRoom(
  "who is not in a room can neither send there, nor read, nor change it, and cannot tell whether it exists",
  async (attacker, neighbour, server) => {
    const outsider = await NativeClient.connect(server);
    const requests = (room) => [
      { type: "message", room, data: 1 },
      { type: "members", room },
      { type: "leave", room },
      { type: "update", room, metadata: 1 },
      { type: "message", room, to: neighbour.id, data: 1 },
    ];
    const answers = async (room) => {
      const all = [];
      for (const request of requests(room)) all.push({ ...(await outsider.request(request)), id: 0 });
      return all;
    };
    const [there, absent] = [await answers("room"), await answers("absent")];
    assert.deepEqual(there, absent);
    for (const { code } of there) assert.equal(code, "not_joined");
    await outsider.close();
  },
);

inRoom("whether a peer of other rooms exists cannot be told", async (attacker, neighbour, server) => {
  const outsider = await NativeClient.connect(server);
  await outsider.join("elsewhere");
  const ask = async (to) => ({ ...(await outsider.request({ type: "offer", to, data: "sdp" })), id: 0 });
  const [there, absent] = [await ask(neighbour.id), await ask("A".repeat(neighbour.id.length))];
  assert.equal(there.code, "peer_not_found");
  assert.deepEqual(there, absent);
  await outsider.close();
});

inRoom(
  "an id that is taken stays its owner's: claimed, resumed with wrong secrets, with a part of the right one",
  async (attacker, neighbour, server) => {
    const owner = await NativeClient.connect(server, { query: { peer: "owner" } });
    const { resume } = owner;
    for (const guess of [
      undefined,
      "",
      "x",
      resume.slice(1),
      `${resume}x`,
      resume.toLowerCase(),
      neighbour.resume,
      "A".repeat(resume.length),
      "\0",
    ]) {
      const thief = new NativeClient(server, {
        query: { peer: "owner", ...(guess === undefined ? {} : { resume: guess }) },
      });
      const answer = await thief.next();
      if (guess) {
        // A secret that does not fit makes a new peer.
        assert.equal(answer.resumed, "none");
        assert.notEqual(answer.peer, "owner");
        await thief.close();
      } else {
        assert.equal(answer.code, "id_in_use");
        assert.equal((await thief.closed()).code, 4401);
      }
    }
    assert.equal((await owner.request({ type: "ping" })).type, "pong");
    await owner.close();
  },
);

inRoom("a resume secret is used up", async (attacker, neighbour, server) => {
  const first = await NativeClient.connect(server, { query: { peer: "mover" } });
  const second = await NativeClient.connect(server, { query: { peer: "mover", resume: first.resume } });
  assert.equal((await first.closed()).code, 4409);
  // Until the newer one is confirmed the older one is good, too: its welcome may have been lost.
  second.send({ type: "ack", received: 0 });
  assert.equal((await second.request({ type: "ping" })).type, "pong");
  const replay = await NativeClient.connect(server, { query: { peer: "mover", resume: first.resume } });
  assert.deepEqual([replay.welcome.resumed, replay.welcome.reason], ["none", "replaced"]);
  assert.notEqual(replay.welcome.peer, "mover");
  await replay.close();
  assert.equal((await second.request({ type: "ping" })).type, "pong");
  await second.close();
});

const names = [
  "__proto__",
  "constructor",
  "toString",
  "\u0000",
  "../../etc/passwd",
  "*",
  "{}",
  "\r\nX: y",
  "\u001b[2J",
  "'; DROP TABLE rooms; --",
  "\ud83d\ude00".repeat(32),
  " ",
];
inRoom("room names and metadata are only names", async (attacker) => {
  for (const room of names) {
    const joined = await attacker.join(room, { __proto__: null, name: room });
    assert.equal(joined.room, room);
    assert.equal((await attacker.request({ type: "message", room, data: room })).type, "sent");
    assert.equal((await attacker.request({ type: "leave", room })).type, "left");
  }
});

attack(
  "binary messages of the native protocol, and empty ones, are errors and nothing else",
  async (server) => {
    const socket = await RawWebSocket.open(server, { path: "/signaling" });
    await socket.next();
    for (const one of [frame(Opcode.binary, '{"type":"ping"}'), frame(Opcode.binary), frame(Opcode.text)]) {
      socket.send(one);
      assert.equal(JSON.parse((await socket.next()).payload).type, "error");
    }
    await socket.expectAlive();
    socket.destroy();
  },
);
