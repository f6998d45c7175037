// Frames that RFC 6455 and RFC 7692 do not allow, on the path of the native protocol: each ends its own connection with the
// code that says why, and no other.

import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { exchange } from "../support/raw_http.mjs";
import {
  Opcode,
  RawWebSocket,
  closePayload,
  fragments,
  frame,
  handshake,
} from "../support/raw_websocket.mjs";
import { siege } from "../support/siege.mjs";

const { continuation, text, binary, close, ping, pong } = Opcode;
const attack = siege(["--deflate", "--max-messages-per-second", "0"]);
const RSV1 = 4;
const DEFLATE = { headers: ["Sec-WebSocket-Extensions: permessage-deflate"] };
const compressed = (bytes) => frame(text, deflateRawSync(bytes, { level: 9 }), { reserved: RSV1 });

/** [close code, name, frames, options] */
const violations = [
  [1002, "a frame that is not masked", [frame(text, "{}", { masked: false })]],
  [1002, "a ping that is not masked", [frame(ping, "x", { masked: false })]],
  [1002, "RSV1 without an extension", [frame(text, "{}", { reserved: RSV1 })]],
  [1002, "RSV2", [frame(text, "{}", { reserved: 2 })]],
  [1002, "RSV3", [frame(binary, "{}", { reserved: 1 })]],
  [1002, "a reserved opcode for data", [frame(3, "{}")]],
  [1002, "a reserved opcode for control", [frame(0xb, "x")]],
  [1002, "a ping in fragments", [frame(ping, "x", { final: false })]],
  [1002, "a Close in fragments", [frame(close, closePayload(1000), { final: false })]],
  [1002, "a ping of 126 bytes", [frame(ping, "x".repeat(126))]],
  [1002, "a pong that announces 2^16 bytes", [frame(pong, "", { announced: 65536 })]],
  [1002, "a Close of one byte", [frame(close, "x")]],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map((code) => [
    1002,
    `a Close with ${code}`,
    [frame(close, closePayload(code))],
  ]),
  [1007, "a Close whose reason is not UTF-8", [frame(close, closePayload(1000, Buffer.from([0xff])))]],
  [1002, "125 bytes in 2 bytes of length", [frame(text, "x".repeat(125), { lengthBytes: 2 })]],
  [1002, "125 bytes in 8 bytes of length", [frame(text, "x".repeat(125), { lengthBytes: 8 })]],
  [1002, "65535 bytes in 8 bytes of length", [frame(text, "x".repeat(65535), { lengthBytes: 8 })]],
  [1002, "2^63 bytes", [frame(text, "", { announced: 2n ** 63n })]],
  [1009, "2^63 - 1 bytes", [frame(text, "", { announced: 2n ** 63n - 1n })]],
  [
    1009,
    "fragments that add up to 2^64",
    Array.from({ length: 2 }, (_, i) =>
      frame(i ? continuation : text, "", { final: false, announced: 2n ** 62n }),
    ),
  ],
  [1002, "a continuation without a start", [frame(continuation, "{}")]],
  [1002, "a message inside of another", [frame(text, "{", { final: false }), frame(text, "}")]],
  [1007, "a byte that is no UTF-8", [frame(text, Buffer.from([0x22, 0x80, 0x22]))]],
  [1007, "an overlong slash", [frame(text, Buffer.from([0xc0, 0xaf]))]],
  [1007, "half a surrogate pair in UTF-8", [frame(text, Buffer.from([0xed, 0xa0, 0x80]))]],
  [1007, "a character beyond U+10FFFF", [frame(text, Buffer.from([0xf4, 0x90, 0x80, 0x80]))]],
  [1007, "a character that is cut by the end", [frame(text, Buffer.from([0xe2, 0x82]))]],
  [
    1007,
    "a character that another fragment breaks",
    fragments(text, [Buffer.from([0xe2, 0x82]), Buffer.from([0x28, 0xa1])]),
  ],
  [
    1007,
    "what is not UTF-8, of a message that never ends",
    [frame(text, Buffer.from([0xff]), { final: false })],
  ],
  [
    1008,
    "fragments without end",
    [frame(text, "", { final: false }), ...Array(5000).fill(frame(continuation, "", { final: false }))],
  ],
  [1009, "a bomb", [compressed(Buffer.alloc(50_000_000, "x"))], DEFLATE],
  [1009, "a bomb in fragments", bombInFragments(), DEFLATE],
  [1007, "what is no deflate stream", [frame(text, Buffer.alloc(100, 0xff), { reserved: RSV1 })], DEFLATE],
  [
    1007,
    "a distance before the beginning",
    [frame(text, Buffer.from([0x4b, 0x04, 0xff, 0xff]), { reserved: RSV1 })],
    DEFLATE,
  ],
  [
    1002,
    "RSV1 on a continuation",
    [frame(text, "", { final: false }), frame(continuation, "", { reserved: RSV1 })],
    DEFLATE,
  ],
  [1002, "a ping that is compressed", [frame(ping, "", { reserved: RSV1 })], DEFLATE],
];

function bombInFragments() {
  const bytes = deflateRawSync(Buffer.alloc(50_000_000, "x"), { level: 9 });
  const pieces = [];
  for (let at = 0; at < bytes.length; at += 1000) pieces.push(bytes.subarray(at, at + 1000));
  return pieces.map((piece, i) =>
    frame(i ? continuation : text, piece, { reserved: i ? 0 : RSV1, final: i === pieces.length - 1 }),
  );
}

for (const [code, name, frames, options] of violations) {
  attack(`${name}: ${code}`, async (server) => {
    for (const bytewise of [false, true]) {
      const all = Buffer.concat(frames);
      if (bytewise && all.length > 200) continue; // each byte is a turn of the event loop
      const socket = await RawWebSocket.open(server, { path: "/signaling", ...options });
      await socket.next();
      if (bytewise) await socket.sendByteByByte(...frames);
      else socket.send(...frames);
      await socket.expectClose(code);
      socket.destroy();
    }
  });
}

attack("what follows a violation in the same segment is not handled", async (server) => {
  const socket = await RawWebSocket.open(server, { path: "/signaling" });
  await socket.next();
  socket.send(frame(3, ""), frame(text, '{"type":"ping"}'), frame(ping, "x"));
  await socket.expectClose(1002);
  socket.destroy();
});

const handshakes = [
  [400, "two keys", "/signaling", ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]],
  [400, "a body", "/signaling", ["Content-Length: 5"], "hello"],
  [426, "version 12", "/signaling", [], "", ["Version: 13", "Version: 12"]],
  [400, "a key of 15 bytes", "/signaling", [], "", ["dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAA"]],
];
for (const [status, name, path, headers, body = "", change] of handshakes) {
  attack(`a handshake with ${name}: ${status}`, async (server) => {
    let bytes = handshake(path, headers) + body;
    if (change) bytes = bytes.replace(...change);
    assert.equal((await exchange(server, bytes)).status, status);
  });
}
