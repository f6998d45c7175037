// What a WebSocket may cost: its messages, their number, what waits for it, and the time that it is silent.

import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { deflateRawSync } from "node:zlib";
import { until, within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { MEBIBYTE, peakResidentBytes } from "../support/process_usage.mjs";
import { Opcode, RawWebSocket, closePayload, fragments, frame } from "../support/raw_websocket.mjs";
import { besieged } from "../support/siege.mjs";

const { text, binary, continuation, ping, pong, close } = Opcode;
const RSV1 = 4;
const CROWD = 20;

const open = async (server, options) => {
  const socket = await RawWebSocket.open(server, { path: "/signaling", ...options });
  if (options?.path === undefined) assert.equal((await socket.next()).opcode, text, "the welcome");
  return socket;
};

/** A request of this many bytes. */
const pingOf = (bytes) => {
  const empty = '{"type":"ping","pad":""}';
  return empty.replace('""', `"${"x".repeat(bytes - empty.length)}"`);
};

async function expectAnswer(socket) {
  const { opcode, payload } = await socket.next();
  assert.deepEqual([opcode, JSON.parse(payload).type], [text, "pong"]);
}

/** Each of the crowd sends the frames and is closed with the code; there is no memory for what they announce. */
async function expectClosed(server, code, frames, options) {
  const before = peakResidentBytes(server.pid);
  for (let i = 0; i < CROWD; ++i) {
    const socket = await open(server, options);
    socket.send(...frames);
    await socket.expectClose(code);
    socket.destroy();
  }
  const growth = peakResidentBytes(server.pid) - before;
  assert.ok(growth < 16 * MEBIBYTE, `grew by ${growth} bytes`);
}

besieged(
  "--max-message-bytes: 1009, whole or in fragments, before it is there",
  ["--max-message-bytes", "1000"],
  async (server) => {
    const socket = await open(server);
    socket.send(frame(text, pingOf(1000)));
    await expectAnswer(socket);
    socket.send(...fragments(text, [pingOf(1000).slice(0, 500), pingOf(1000).slice(500)]));
    await expectAnswer(socket);
    socket.destroy();
    await expectClosed(server, 1009, [frame(text, pingOf(1001))]);
    await expectClosed(server, 1009, fragments(text, [pingOf(1001).slice(0, 500), pingOf(1001).slice(500)]));
    await expectClosed(server, 1009, [frame(text, "", { announced: 2n ** 62n })]);
  },
);

besieged(
  "--max-fragments: 1008, empty ones too, and those of a message without end",
  ["--max-fragments", "10"],
  async (server) => {
    const pieces = (count) => [...Array(count - 1).fill(""), '{"type":"ping"}'];
    const socket = await open(server);
    socket.send(...fragments(text, pieces(10)));
    await expectAnswer(socket);
    socket.destroy();
    await expectClosed(server, 1008, fragments(text, pieces(11)));
    const endless = Array(5000).fill(frame(continuation, "", { final: false }));
    await expectClosed(server, 1008, [frame(text, "", { final: false }), ...endless]);
  },
);

besieged(
  "0: messages of any size, in any number of frames",
  ["--max-message-bytes", "0", "--max-fragments", "0", "--max-outbound-bytes", "0"],
  async (server) => {
    const socket = await open(server);
    socket.send(frame(text, pingOf(3_000_000)));
    await expectAnswer(socket);
    socket.send(...fragments(text, [...Array(10_000).fill(""), '{"type":"ping"}']));
    await expectAnswer(socket);
    socket.destroy();
  },
);

const bomb = (bytes) => deflateRawSync(Buffer.alloc(bytes, " "), { level: 9 });
const OFFER = { headers: ["Sec-WebSocket-Extensions: permessage-deflate"] };

besieged("a compression bomb: 1009, and no memory for what is inside", ["--deflate"], async (server) => {
  const small = frame(text, bomb(64 * MEBIBYTE), { reserved: RSV1 });
  assert.ok(small.length < 0.2 * MEBIBYTE);
  const before = peakResidentBytes(server.pid);
  for (let i = 0; i < CROWD; ++i) {
    const socket = await RawWebSocket.open(server, { path: "/signaling", ...OFFER });
    await socket.next();
    socket.send(small);
    await socket.expectClose(1009);
    socket.destroy();
  }
  const growth = peakResidentBytes(server.pid) - before;
  assert.ok(growth < 16 * MEBIBYTE, `grew by ${growth} bytes`);
});

besieged(
  "--first-message-timeout: 4408, whatever else comes",
  ["--first-message-timeout", "1s"],
  async (server) => {
    const attack = async () => {
      const socket = await open(server);
      socket.send(frame(text, '{"type":', { final: false }));
      const timer = setInterval(
        () => socket.send(frame(pong), frame(continuation, "", { final: false })),
        50,
      );
      const { opcode, payload } = await socket.next();
      clearInterval(timer);
      socket.destroy();
      assert.deepEqual([opcode, payload.readUInt16BE()], [close, 4408]);
    };
    await Promise.all(Array.from({ length: CROWD }, attack));
  },
);

besieged(
  "--ping-interval, --ping-timeout: who answers nothing is gone",
  ["--ping-interval", "500ms", "--ping-timeout", "2s"],
  async (server) => {
    const attack = async () => {
      const socket = await open(server);
      socket.send(frame(text, '{"type":"ping"}'));
      await expectAnswer(socket);
      const begin = performance.now();
      assert.equal((await socket.next()).opcode, ping);
      await socket.expectClose(4408);
      assert.ok(performance.now() - begin > 2000);
      socket.destroy();
    };
    await Promise.all(Array.from({ length: CROWD }, attack));
  },
);

/** Sends the pieces 50 ms apart and answers no ping; resolves to the first frame that is none. */
async function drip(socket, pieces) {
  const timer = setInterval(() => socket.socket.write(pieces.next().value), 50);
  try {
    for (;;) {
      const answer = await socket.next();
      if (answer.opcode !== ping) return answer;
    }
  } finally {
    clearInterval(timer);
  }
}

function* forEver(first, piece) {
  yield first;
  for (;;) yield piece;
}

besieged(
  "--ping-interval, --ping-timeout: a message that never ends is no sign of life",
  ["--ping-interval", "500ms", "--ping-timeout", "1s"],
  async (server) => {
    const begin = (payload) => frame(text, payload, { final: false });
    const more = (payload) => frame(continuation, payload, { final: false });
    const attacks = {
      "a frame byte by byte": forEver(frame(binary, "", { announced: 100_000 }), Buffer.from("x")),
      "fragments of a byte": forEver(begin("x"), more("x")),
      "fragments of nothing": forEver(begin(""), more("")),
    };
    const attack = async ([name, pieces]) => {
      const socket = await open(server);
      socket.send(frame(text, '{"type":"ping"}'));
      await expectAnswer(socket);
      const { opcode, payload } = await drip(socket, pieces);
      socket.destroy();
      assert.deepEqual([name, opcode, payload.readUInt16BE()], [name, close, 4408]);
    };
    await Promise.all(Object.entries(attacks).map(attack));
  },
);

besieged(
  "--ping-interval, --ping-timeout: a long message over a slow line has its time",
  ["--ping-interval", "1s", "--ping-timeout", "2s"],
  async (server) => {
    const socket = await open(server);
    socket.send(frame(text, '{"type":"ping"}'));
    await expectAnswer(socket);
    const message = frame(text, pingOf(100_000));
    const piece = 1000; // 20 kB/s, 5 s
    function* pieces() {
      for (let at = 0; ; at += piece) yield message.subarray(at, at + piece);
    }
    const { opcode, payload } = await drip(socket, pieces());
    socket.destroy();
    assert.deepEqual([opcode, JSON.parse(payload).type], [text, "pong"]);
  },
);

besieged(
  "0: no pings, and nobody who is silent is put out",
  ["--ping-interval", "0", "--ping-timeout", "0", "--first-message-timeout", "0"],
  async (server) => {
    const socket = await open(server);
    const anything = socket.next().then(
      () => "a frame",
      () => "the end",
    );
    assert.equal(await Promise.race([anything, delay(1000, "silence")]), "silence");
    socket.destroy();
    await anything;
  },
);

besieged(
  "--close-timeout: who does not end its part is hung up on",
  ["--close-timeout", "500ms"],
  async (server, t, siege) => {
    const sockets = await Promise.all(Array.from({ length: CROWD }, () => open(server)));
    for (const { socket } of sockets) socket.pause(); // so that the end of the server's part is not answered
    for (const [i, socket] of sockets.entries()) {
      const end = i % 2 ? frame(text, "not masked", { masked: false }) : frame(close, closePayload(1000));
      socket.send(end);
    }
    await siege.expectFilesBack();
    for (const socket of sockets) socket.destroy();
  },
);

const LARGE = ["--max-messages-per-second", "0"];

besieged(
  "--max-outbound-bytes: who does not read is closed with 4413 after ten seconds, and its sender told",
  [...LARGE, "--max-message-bytes", "60000", "--max-outbound-bytes", "200000"],
  async (server, t, siege) => {
    const sender = await NativeClient.connect(server);
    const slow = await NativeClient.connect(server);
    for (const client of [sender, slow]) await client.join("r");
    await sender.drain();
    slow.socket.pause();
    const before = peakResidentBytes(server.pid);
    let answer;
    for (
      let sent = 0;
      (answer = await sender.request({ type: "message", to: slow.id, data: "x".repeat(50_000) })).type ===
      "sent";
      ++sent
    ) {
      assert.ok(sent < 1000, "50 MB were taken for a client that does not read");
      await siege.exchange();
    }
    assert.equal(answer.code, "slow_consumer");
    assert.ok(peakResidentBytes(server.pid) - before < 16 * MEBIBYTE);
    const left = await sender.next();
    assert.deepEqual([left.type, left.peer], ["peer-left", slow.id]);
    slow.socket.resume();
    assert.equal((await slow.closed()).code, 4413);
    await sender.close();
  },
);

besieged(
  "0: whatever waits for a client that does not read, waits",
  [...LARGE, "--max-outbound-bytes", "0"],
  async (server) => {
    const sender = await NativeClient.connect(server);
    const slow = await NativeClient.connect(server);
    for (const client of [sender, slow]) await client.join("r");
    await sender.drain();
    slow.socket.pause();
    for (let sent = 0; sent < 200; ++sent) {
      const answer = await sender.request({ type: "message", to: slow.id, data: "x".repeat(100_000) });
      assert.equal(answer.type, "sent");
    }
    slow.socket.terminate();
    await sender.close();
  },
);

/** Sends the frames over and over, `bytes` in all, as fast as they are taken, or until the server hangs up. */
async function flood(socket, frames, bytes) {
  const block = Buffer.concat(Array(Math.ceil(65536 / frames.length)).fill(frames));
  for (let sent = 0; sent < bytes && !socket.socket.destroyed; sent += block.length) {
    if (socket.socket.write(block)) await new Promise(setImmediate);
    else await Promise.race([once(socket.socket, "drain"), once(socket.socket, "close"), delay(200)]);
  }
}

const FLOODERS = 4;
const FLOODS = {
  requests: frame(text, '{"type":"ping"}'),
  "messages to nobody": frame(text, '{"type":"message","to":"nobody","data":"x"}'),
  "what is no JSON": frame(text, "{"),
  pings: frame(ping, "x"),
  "pongs that nobody asked for": frame(pong, "x"),
  "empty messages": frame(text, ""),
};
for (const [name, frames] of Object.entries(FLOODS)) {
  const rate = ["--max-messages-per-second", "50", "--max-message-burst", "100"];
  for (const reading of [true, false]) {
    besieged(
      `a flood of ${name}, its answers ${reading ? "" : "not "}read, harms nobody else`,
      rate,
      async (server, t, siege) => {
        const before = peakResidentBytes(server.pid);
        const sockets = await Promise.all(Array.from({ length: FLOODERS }, () => open(server)));
        for (const { socket } of sockets) {
          socket.removeAllListeners("data"); // counted by nobody
          if (reading) socket.resume();
          else socket.pause();
        }
        let flooding = true;
        const floods = Promise.all(sockets.map((socket) => flood(socket, frames, 4 * MEBIBYTE))).then(
          () => (flooding = false),
        );
        let slowest = 0;
        for (let i = 0; flooding && i < 40; ++i) slowest = Math.max(slowest, await siege.exchange());
        for (const { socket } of sockets) socket.destroy();
        await floods;
        t.diagnostic(`bystanders during the flood: ${slowest.toFixed(1)} ms at most`);
        // What waits for each is at most the 1 MiB of --max-outbound-bytes, and so much again for each small message.
        const growth = peakResidentBytes(server.pid) - before;
        assert.ok(growth < FLOODERS * 8 * MEBIBYTE, `grew by ${growth} bytes`);
      },
    );
  }
}

besieged(
  "--max-messages-per-second, --max-message-burst: what is above waits, in order, and nothing is lost",
  ["--max-messages-per-second", "200", "--max-message-burst", "100"],
  async (server, t, siege) => {
    const client = await NativeClient.connect(server);
    const begin = performance.now();
    for (let i = 0; i < 500; ++i) client.send({ type: "ping", id: String(i) });
    for (let i = 0; i < 500; ++i) {
      assert.deepEqual(await client.next(), { type: "pong", id: String(i) });
      if (i % 100 === 0) await siege.exchange();
    }
    const took = performance.now() - begin;
    assert.ok(took > 1500, `400 messages above the burst at 200 a second took ${took} ms`);
    await client.close();
  },
);

besieged(
  "--max-bytes-per-second, --max-byte-burst: what is above waits, and harms nobody else",
  ["--max-bytes-per-second", "200000", "--max-byte-burst", "100000"],
  async (server, t, siege) => {
    const client = await NativeClient.connect(server);
    const begin = performance.now();
    for (let i = 0; i < 10; ++i)
      client.send({ type: "message", to: "nobody", data: "x".repeat(50_000), id: String(i) });
    for (let i = 0; i < 10; ++i) {
      const { code, id } = await client.next();
      assert.deepEqual([code, id], ["peer_not_found", String(i)]);
      await siege.exchange();
    }
    const took = performance.now() - begin;
    assert.ok(took > 1500, `400 kB above the burst at 200 kB a second took ${took} ms`);
    await client.close();
  },
);

besieged(
  "--max-caused-bytes-per-second, --max-caused-byte-burst: what goes to a room is charged for each who gets it",
  ["--max-caused-bytes-per-second", "200000", "--max-caused-byte-burst", "100000"],
  async (server, t, siege) => {
    const members = [];
    for (let i = 0; i < 11; ++i) members.push(await NativeClient.connect(server));
    for (const member of members) await member.join("crowd");
    const [sender, ...others] = members;
    const begin = performance.now();
    for (let i = 0; i < 10; ++i) sender.send({ type: "message", room: "crowd", data: "x".repeat(5_000) });
    const answer = sender.request({ type: "ping" });
    for (const member of others) {
      for (let i = 0; i < 10; ++i) while ((await member.next()).type !== "message");
    }
    await siege.exchange();
    assert.equal((await answer).type, "pong");
    const took = performance.now() - begin;
    assert.ok(took > 1500, `400 kB above the burst at 200 kB a second took ${took} ms`);
    for (const member of members) await member.close();
  },
);

besieged(
  "what a client sent above its rate before it closed is done, and then it is gone",
  ["--max-messages-per-second", "100", "--max-message-burst", "10"],
  async (server) => {
    const [leaver, witness] = [await NativeClient.connect(server), await NativeClient.connect(server)];
    for (const client of [leaver, witness]) await client.join("r");
    for (let i = 0; i < 100; ++i) leaver.send({ type: "message", room: "r", data: i });
    leaver.socket.close();
    for (let i = 0; i < 100; ++i) assert.equal((await witness.next()).data, i);
    assert.equal((await witness.next()).type, "peer-left");
    await witness.close();
  },
);

besieged("0: any number of messages", LARGE, async (server) => {
  const client = await NativeClient.connect(server);
  for (let i = 0; i < 5000; ++i) client.send({ type: "ping" });
  for (let i = 0; i < 5000; ++i) assert.equal((await client.next()).type, "pong");
  await client.close();
});

besieged("a client that goes without a word in the middle of its message", [], async (server) => {
  for (let i = 0; i < CROWD; ++i) {
    const socket = await open(server);
    socket.send(frame(text, "x".repeat(1000), { announced: 200_000 }));
    socket.socket.resetAndDestroy();
    await within(once(socket.socket, "close"), "the reset");
  }
});
