// Socket.IO and Engine.IO in the wrong order, on the wrong transport, with the wrong numbers: each ends its own session, or
// nothing, and nobody else notices.

import assert from "node:assert/strict";
import { openSocket } from "../support/byte_stream.mjs";
import { exchange, request } from "../support/raw_http.mjs";
import { Opcode, RawWebSocket, frame, handshake } from "../support/raw_websocket.mjs";
import { siege } from "../support/siege.mjs";
import { within } from "../support/deadline.mjs";

const attack = siege([]);
const PATH = "/socket.io/?EIO=4&transport=";
const CLOSE = ["Connection: close"]; // no connection is left when descriptors are counted
const PLACEHOLDER = '{"_placeholder":true,"num":0}';

const poll = (server, sid) => exchange(server, request("GET", `${PATH}polling&sid=${sid}`, CLOSE));
const post = (server, sid, body) =>
  exchange(
    server,
    request(
      "POST",
      `${PATH}polling&sid=${sid}`,
      [...CLOSE, `Content-Length: ${Buffer.byteLength(body)}`],
      body,
    ),
  );

/** The sid of a new session, in the default namespace if it `connects`. */
async function openSession(server, { connects = true } = {}) {
  const { body } = await exchange(server, request("GET", `${PATH}polling`, CLOSE));
  const { sid } = JSON.parse(body.slice(1));
  if (!connects) return sid;
  assert.equal((await post(server, sid, "40")).body, "ok");
  assert.match((await poll(server, sid)).body, /^40\{"sid"/);
  return sid;
}

const expectGone = async (server, sid) => assert.match((await poll(server, sid)).body, /"code":1/);
const expectLives = async (server, sid) => {
  await post(server, sid, '42["message"]');
  assert.match((await poll(server, sid)).body, /42\["error"/);
  assert.equal((await post(server, sid, "1")).body, "ok");
};

async function openWebSocket(server, sid = "") {
  const socket = await RawWebSocket.open(server, { path: `${PATH}websocket${sid && `&sid=${sid}`}` });
  if (!sid) assert.equal((await socket.next()).payload[0], 0x30);
  return socket;
}

async function inNamespace(server) {
  const socket = await openWebSocket(server);
  socket.send(frame(Opcode.text, "40"));
  assert.match((await socket.next()).payload.toString(), /^40/);
  return socket;
}

/** The server ends it; what else it says does not matter. */
async function expectEnd(socket) {
  for (;;) {
    const { opcode } = await socket.next();
    if (opcode === Opcode.close) break;
  }
  socket.destroy();
}

attack("two polls at a time: the first gets 1, the second 400, the session is over", async (server) => {
  const sid = await openSession(server);
  const answers = await Promise.all([poll(server, sid), poll(server, sid)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
  await expectGone(server, sid);
});

attack("a poll that is broken off ends the session", async (server) => {
  const sid = await openSession(server);
  const { socket } = await openSocket(server);
  socket.write(request("GET", `${PATH}polling&sid=${sid}`));
  await new Promise((resolve) => socket.end(resolve));
  let status;
  do ({ status } = await post(server, sid, "6"));
  while (status === 200);
  await expectGone(server, sid);
});

const refusedSessions = [
  "AAAAAAAAAAAAAAAAAAAAAA",
  "__proto__",
  "constructor",
  "",
  "..",
  "%00",
  "x".repeat(5000),
];
attack("sessions that are guessed: 400, by poll, POST or WebSocket", async (server) => {
  const real = await openSession(server);
  for (const sid of [
    ...refusedSessions,
    real.slice(0, -1),
    `${real}x`,
    real.toLowerCase() === real ? `${real}-` : real.toLowerCase(),
  ]) {
    assert.equal((await poll(server, sid)).status, 400);
    assert.equal((await post(server, sid, "40")).status, 400);
    assert.equal((await exchange(server, handshake(`${PATH}websocket&sid=${sid}`, CLOSE))).status, 400);
  }
  await expectLives(server, real);
});

attack("the id that others see in a namespace is not that of the session", async (server) => {
  const { body } = await exchange(server, request("GET", `${PATH}polling`, CLOSE));
  const { sid } = JSON.parse(body.slice(1));
  await post(server, sid, "40");
  const seen = JSON.parse((await poll(server, sid)).body.slice(2)).sid;
  assert.notEqual(seen, sid);
  await expectGone(server, seen);
  await expectLives(server, sid);
});

attack("a transport that is none: 400 with code 0; a POST for a new session: code 2", async (server) => {
  for (const transport of ["webtransport", "constructor", "", "websocket%00", "POLLING"]) {
    const { status, body } = await exchange(server, request("GET", `${PATH}${transport}`, CLOSE));
    assert.deepEqual([status, JSON.parse(body).code], [400, 0], transport);
  }
  const { status, body } = await exchange(
    server,
    request("POST", `${PATH}polling`, [...CLOSE, "Content-Length: 2"], "40"),
  );
  assert.deepEqual([status, JSON.parse(body).code], [400, 2]);
});

attack("a session that lives on a WebSocket takes no polls", async (server) => {
  const sid = await openSession(server);
  const socket = await openWebSocket(server, sid);
  socket.send(frame(Opcode.text, "2probe"));
  await socket.expect(Opcode.text, "3probe");
  socket.send(frame(Opcode.text, "5"), frame(Opcode.text, '42["message"]'));
  assert.match((await socket.next()).payload.toString(), /^42\["error"/);
  assert.equal((await poll(server, sid)).status, 400);
  assert.equal((await post(server, sid, '42["message"]')).status, 400);
  socket.send(frame(Opcode.text, "1"));
  await expectEnd(socket);
});

attack("an upgrade twice, and one to a session that began as a WebSocket", async (server) => {
  const sid = await openSession(server);
  const first = await openWebSocket(server, sid);
  first.send(frame(Opcode.text, "2probe"));
  await first.expect(Opcode.text, "3probe");
  await expectEnd(await openWebSocket(server, sid));
  first.send(frame(Opcode.text, "5"), frame(Opcode.text, "1"));
  await expectEnd(first);
  await expectGone(server, sid);
});

const probes = {
  "no probe": "5",
  "a message": '42["message"]',
  "a pong": "3probe",
  "another word": "2prob",
  binary: null,
  nothing: "",
};
for (const [name, packet] of Object.entries(probes)) {
  attack(`an upgrade that begins with ${name}: the WebSocket ends, the session goes on`, async (server) => {
    const sid = await openSession(server);
    const socket = await openWebSocket(server, sid);
    socket.send(packet === null ? frame(Opcode.binary, "2probe") : frame(Opcode.text, packet));
    await expectEnd(socket);
    await expectLives(server, sid);
  });
}

const bodies = {
  "an empty packet": "6\x1e\x1e6",
  "a packet of no type": "9",
  "the server's own packets": "2",
  "an upgrade by POST": "5",
  "base64 that is none": "b!!!!",
  "base64 that is cut off": "bAAA",
  "bytes that are no UTF-8": Buffer.from([0x34, 0x32, 0xff]).toString("latin1"),
  "5000 packets": Array(5000).fill("6").join("\x1e"),
};
for (const [name, body] of Object.entries(bodies)) {
  attack(`a body with ${name} ends the session`, async (server) => {
    const sid = await openSession(server);
    const bytes = Buffer.from(body, "latin1");
    const head = request("POST", `${PATH}polling&sid=${sid}`, [...CLOSE, `Content-Length: ${bytes.length}`]);
    assert.equal((await exchange(server, Buffer.concat([Buffer.from(head), bytes]))).status, 400);
    await expectGone(server, sid);
  });
}

const packets = {
  "attachments beyond all numbers": [`45${"9".repeat(300)}-["x"]`],
  "2^53 attachments": [`459007199254740992-["x",${PLACEHOLDER}]`],
  "a placeholder without its attachment": ['451-["x",{"_placeholder":true,"num":7}]', Buffer.alloc(1)],
  "a placeholder of a negative number": ['451-["x",{"_placeholder":true,"num":-1}]', Buffer.alloc(1)],
  "text in place of an attachment": [`451-["x",${PLACEHOLDER}]`, '42["x"]'],
  "an attachment that nobody announced": [Buffer.alloc(1)],
  "4 MB of attachments and one byte": [
    `455-["x",${PLACEHOLDER}]`,
    ...Array(4).fill(Buffer.alloc(999_999)),
    Buffer.alloc(5),
  ],
  "a packet of depth 100,000": [`42["x",${"[".repeat(100_000)}`],
  "reserved events": ['42["disconnecting"]'],
  "an event for a namespace that it is not in": ['42/rooms-mesh,["x"]'],
  "a CONNECT_ERROR": ['44{"message":"x"}'],
  "a second CONNECT": ["40"],
  "an acknowledgement number beyond 2^53": ['429007199254740993["x"]'],
  "a CONNECT with an escape in its namespace": ["40/\u001b[2J,"],
  "a thousand and one namespaces": Array(1001).fill("40/nowhere,"),
};
for (const [name, list] of Object.entries(packets)) {
  attack(`${name}: the connection ends`, async (server) => {
    const socket = await inNamespace(server);
    for (const packet of list)
      socket.send(frame(Buffer.isBuffer(packet) ? Opcode.binary : Opcode.text, packet));
    await expectEnd(socket);
  });
}

attack("acknowledgements of what was never sent, 10,000 of them, mean nothing", async (server, t, siege) => {
  const socket = await inNamespace(server);
  for (let i = 0; i < 10; ++i) {
    socket.send(...Array.from({ length: 1000 }, (_, j) => frame(Opcode.text, `43${i * 1000 + j}[{"x":1}]`)));
    await siege.exchange();
  }
  socket.send(frame(Opcode.text, "1"));
  await expectEnd(socket);
});

attack("a hundred sessions that are opened and left", async (server) => {
  const sids = await Promise.all(Array.from({ length: 100 }, () => openSession(server, { connects: false })));
  assert.equal(new Set(sids).size, 100);
  await Promise.all(sids.map((sid) => post(server, sid, "1")));
});

attack("a client that goes in the middle of its POST, again and again", async (server) => {
  const sid = await openSession(server);
  for (let i = 0; i < 20; ++i) {
    const { socket } = await openSocket(server);
    socket.write(request("POST", `${PATH}polling&sid=${sid}`, ["Content-Length: 1000"], '42["message"'));
    await within(new Promise((resolve) => socket.end(resolve)), "the end");
  }
  await expectLives(server, sid);
});
