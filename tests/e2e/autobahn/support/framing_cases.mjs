// Sections 1 to 5 and 10: framing, pings, reserved bits, opcodes, fragments.

import { Opcode, fragments, frame } from "../../support/raw_websocket.mjs";
import { closes, fails, gets } from "./echo_case.mjs";

const { continuation, text, binary, close, ping, pong } = Opcode;
const HELLO = "Hello, world!";
const BYTES = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]);

/** A message that comes back. */
export const echo = (opcode, payload) => [frame(opcode, payload), gets(opcode, payload)];

const numbered = (section, steps, options = {}) =>
  steps.map((one, i) => ({ id: `${section}.${i + 1}`, steps: one, ...options }));

function messages(section, opcode, fill) {
  const sizes = [0, 125, 126, 127, 128, 65535, 65536, 65536];
  return sizes.map((size, i) => ({
    id: `${section}.${i + 1}`,
    steps: [echo(opcode, Buffer.alloc(size, fill)), closes],
    chop: i === 7 ? 997 : undefined,
  }));
}

const answered = (payload) => [frame(ping, payload), gets(pong, payload)];
const tenPings = Array.from({ length: 10 }, (_, i) => `payload-${i}`);
const tenAnswered = [
  tenPings.map((payload) => frame(ping, payload)),
  tenPings.map((payload) => gets(pong, payload)),
  closes,
];

const pings = [
  { id: "2.1", steps: [answered(""), closes] },
  { id: "2.2", steps: [answered(HELLO), closes] },
  { id: "2.3", steps: [answered(BYTES), closes] },
  { id: "2.4", steps: [answered(Buffer.alloc(125, 0xfe)), closes] },
  { id: "2.5", steps: [frame(ping, Buffer.alloc(126, 0xfe)), fails(1002)] },
  { id: "2.6", steps: [answered(Buffer.alloc(125, 0xfe)), closes], chop: 1 },
  { id: "2.7", steps: [frame(pong), closes] },
  { id: "2.8", steps: [frame(pong, "unsolicited pong payload"), closes] },
  { id: "2.9", steps: [frame(pong, "unsolicited pong payload"), answered("ping payload"), closes] },
  { id: "2.10", steps: tenAnswered },
  { id: "2.11", steps: tenAnswered, chop: 1 },
];

/** What stands before a violation is echoed, what stands behind it is not looked at. */
const violation = (wrong, before = []) => [
  before.map((payload) => frame(text, payload)),
  wrong,
  frame(ping),
  before.map((payload) => gets(text, payload)),
  fails(1002),
];

const reserved = [
  { id: "3.1", steps: violation(frame(text, HELLO, { reserved: 1 })) },
  { id: "3.2", steps: violation(frame(text, HELLO, { reserved: 2 }), [HELLO]) },
  { id: "3.3", steps: violation(frame(text, HELLO, { reserved: 3 }), [HELLO]), chop: "frames" },
  // With permessage-deflate this bit has a meaning.
  { id: "3.4", steps: violation(frame(text, HELLO, { reserved: 4 }), [HELLO]), chop: 1, plainOnly: true },
  { id: "3.5", steps: violation(frame(binary, BYTES, { reserved: 5 })) },
  { id: "3.6", steps: violation(frame(binary, HELLO, { reserved: 6 })) },
  { id: "3.7", steps: violation(frame(close, "", { reserved: 7 })) },
];

const opcodes = [
  ["4.1", 3],
  ["4.2", 11],
].flatMap(([section, first]) =>
  numbered(section, [
    violation(frame(first)),
    violation(frame(first + 1, "reserved opcode payload")),
    violation(frame(first + 2), [HELLO]),
    violation(frame(first + 3, HELLO), [HELLO]),
    violation(frame(first + 4, HELLO), [HELLO]),
  ]).map((one) => (one.id.endsWith("5") ? { ...one, chop: 1 } : one)),
);

const part = (opcode, payload, final = false) => frame(opcode, payload, { final });
const last = (payload) => part(continuation, payload, true);
const CHOPS = [undefined, "frames", 1];

/** The same in one write, in a write per frame, and byte by byte. */
const chopped = (first, steps) => CHOPS.map((chop, i) => ({ id: `5.${first + i}`, steps, chop }));

const PIECES = ["fragment1", "fragment2", "fragment3", "fragment4", "fragment5"];
const pinged = [
  part(text, PIECES[0]),
  part(continuation, PIECES[1]),
  answered("pongme 1!"),
  part(continuation, PIECES[2]),
  part(continuation, PIECES[3]),
  frame(ping, "pongme 2!"),
  last(PIECES[4]),
  gets(pong, "pongme 2!"),
  gets(text, PIECES.join("")),
  closes,
];

const fragmented = [
  { id: "5.1", steps: [part(ping, "fragment1"), last("fragment2"), fails(1002)] },
  { id: "5.2", steps: [part(pong, "fragment1"), last("fragment2"), fails(1002)] },
  ...chopped(3, [fragments(text, PIECES.slice(0, 2)), gets(text, "fragment1fragment2"), closes]),
  ...chopped(6, [
    part(text, "fragment1"),
    frame(ping, "ping payload"),
    last("fragment2"),
    gets(pong, "ping payload"),
    gets(text, "fragment1fragment2"),
    closes,
  ]),
  ...chopped(9, [last("non-continuation payload"), frame(text, HELLO), fails(1002)]),
  ...chopped(12, [part(continuation, "non-continuation payload"), frame(text, HELLO), fails(1002)]),
  {
    id: "5.15",
    steps: [
      fragments(text, PIECES.slice(0, 2)),
      part(continuation, "fragment3"),
      frame(text, "fragment4"),
      gets(text, "fragment1fragment2"),
      fails(1002),
    ],
  },
  {
    id: "5.16",
    steps: [Array(2).fill([part(continuation, "fragment1"), part(text, "fragment2"), last("fragment3")]), fails(1002)],
  },
  {
    id: "5.17",
    steps: [Array(2).fill([last("fragment1"), part(text, "fragment2"), last("fragment3")]), fails(1002)],
  },
  { id: "5.18", steps: [part(text, "fragment1"), frame(text, "fragment2"), fails(1002)] },
  { id: "5.19", steps: pinged },
  { id: "5.20", steps: pinged, chop: "frames" },
];

/** `payload` in frames of `size` bytes. */
export function inFrames(opcode, payload, size) {
  const pieces = [];
  for (let at = 0; at < payload.length; at += size) pieces.push(payload.subarray(at, at + size));
  return fragments(opcode, pieces);
}

const long = Buffer.alloc(65536, "*");

export const framingCases = [
  ...messages("1.1", text, "*"),
  ...messages("1.2", binary, 0xfe),
  ...pings,
  ...reserved,
  ...opcodes,
  ...fragmented,
  { id: "10.1.1", steps: [inFrames(text, long, 1300), gets(text, long), closes] },
];
