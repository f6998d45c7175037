// What compression may cost: a message to many is compressed once, and a message over the budget is sent as it is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, inflateRawSync } from "node:zlib";
import { cpuSeconds } from "../support/process_usage.mjs";
import { Opcode, RawWebSocket, frame } from "../support/raw_websocket.mjs";
import { startServer } from "../support/server.mjs";

const OFFER = "Sec-WebSocket-Extensions: permessage-deflate";
const RSV1 = 4;
const MEMBERS = 40;
/** More than any frame about who comes and goes. */
const PRESENCE_BYTES = 300;
const UNBOUNDED = ["--max-messages-per-second", "0", "--max-outbound-bytes", "0"];

function textOf({ reserved, payload }) {
  if (reserved !== RSV1) return payload.toString();
  const data = Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]);
  return inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
}

async function enter(server, headers) {
  const member = await RawWebSocket.open(server, { path: "/signaling", headers });
  member.send(frame(Opcode.text, '{"type":"join","room":"r"}'));
  while (JSON.parse(textOf(await member.next())).type !== "joined");
  return member;
}

const letters = (seed, size) => {
  const words = Array.from({ length: size / 8 }, (_, i) => `word${100 + (((i + seed) * 2654435761) >>> 20) % 500}`);
  return words.join(" ");
};

/**
 * Sends the messages to the room; resolves to the frames that each member got, and the processor time that it took. The
 * data is looked at for the first `windows` members; the frames of the others are to be compared with theirs.
 */
async function broadcast(server, members, messages, windows = 1) {
  const before = cpuSeconds(server.pid);
  for (const data of messages) members[0].send(frame(Opcode.text, JSON.stringify({ type: "message", room: "r", data })));
  const receive = async (member) => {
    const got = [];
    while (got.length < messages.length) {
      const answer = await member.next();
      if (answer.payload.length > PRESENCE_BYTES) got.push(answer);
    }
    return got;
  };
  const received = await Promise.all(members.slice(1).map(receive));
  const seconds = cpuSeconds(server.pid) - before;
  for (const frames of received.slice(0, windows)) {
    assert.deepEqual(
      frames.map((got) => JSON.parse(textOf(got)).data),
      messages,
    );
  }
  return { received, seconds };
}

async function withRoom(options, windows, run) {
  const server = await startServer(["--deflate", "--threads", "1", ...UNBOUNDED, ...options]);
  const members = [];
  for (let i = 0; i < MEMBERS; ++i) {
    const window = windows[i % windows.length];
    members.push(await enter(server, [window ? `${OFFER}; server_max_window_bits=${window}` : OFFER]));
  }
  await run(server, members);
  for (const member of members) member.destroy();
  assert.equal(await server.stop(), 0);
}

const large = Array.from({ length: 10 }, (_, i) => letters(i + 1, 244_000));

test("--max-deflate-bytes-per-second: without a bound each message to many is compressed once", () =>
  withRoom(["--max-deflate-bytes-per-second", "0"], [undefined], async (server, members) => {
    const { received, seconds } = await broadcast(server, members, large);
    for (const frames of received) {
      for (const [i, { reserved, payload }] of frames.entries()) {
        assert.equal(reserved, RSV1);
        assert.ok(payload.equals(received[0][i].payload));
      }
    }
    // Compressed for each of the 39 it would be several seconds.
    assert.ok(seconds < 1.2, `${seconds} s`);
  }));

test("members with different windows get what fits theirs", () =>
  withRoom(["--max-deflate-bytes-per-second", "0"], [9, 12, undefined], async (server, members) => {
    const { received } = await broadcast(server, members, large.slice(0, 2), 3);
    for (const [i, frames] of received.entries()) {
      assert.ok(frames.every(({ reserved }) => reserved === RSV1));
      assert.ok(frames[0].payload.equals(received[i % 3][0].payload));
    }
    assert.ok(received[2][0].payload.length > received[1][0].payload.length, "a small window compresses less");
  }));

test("--max-deflate-bytes-per-second: what is over it goes uncompressed, and all arrives", () =>
  withRoom(["--max-deflate-bytes-per-second", "80000"], [undefined], async (server, members) => {
    const short = Array.from({ length: 20 }, (_, i) => letters(i + 1, 8000));
    const { received, seconds } = await broadcast(server, members, [...short, large[0]]);
    // More than an eighth of a second's worth is never compressed.
    for (const frames of received) assert.equal(frames.at(-1).reserved, 0);
    assert.ok(seconds < 1, `${seconds} s`);
  }));
