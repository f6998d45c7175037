// Section 9: large messages, many frames, many messages; with a sixteenth of the suite's bytes, and a tenth of its messages.

import { Opcode } from "../../support/raw_websocket.mjs";
import { closes, gets } from "./echo_case.mjs";
import { echo, inFrames } from "./framing_cases.mjs";

const { text, binary } = Opcode;
const KIB = 1024;

/** `steps(size)` for each size, as the cases of two sections: text and binary. */
const sections = (first, sizes, steps) =>
  [
    [first, text, "*"],
    [first + 1, binary, 0xfe],
  ].flatMap(([section, opcode, fill]) =>
    sizes.map((size, i) => ({ id: `9.${section}.${i + 1}`, ...steps(size, opcode, fill) })),
  );

const FRAGMENTED = 256 * KIB;
const CHOPPED = 64 * KIB;
const ROUNDS = 100;

export const loadCases = [
  ...sections(1, [4, 16, 64, 256, 512, 1024], (kib, opcode, fill) => ({
    steps: [echo(opcode, Buffer.alloc(kib * KIB, fill)), closes],
  })),
  ...sections(3, [64, 256, KIB, 4 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB, 256 * KIB], (size, opcode, fill) => {
    const payload = Buffer.alloc(FRAGMENTED, fill);
    return { steps: [inFrames(opcode, payload, size), gets(opcode, payload), closes] };
  }),
  ...sections(5, [64, 128, 256, 512, KIB, 2 * KIB], (chop, opcode, fill) => ({
    steps: [echo(opcode, Buffer.alloc(CHOPPED, fill)), closes],
    chop,
  })),
  ...sections(7, [0, 16, 64, 256, KIB, 4 * KIB], (size, opcode, fill) => ({
    steps: [Array(ROUNDS).fill(echo(opcode, Buffer.alloc(size, fill))), closes],
  })),
];
