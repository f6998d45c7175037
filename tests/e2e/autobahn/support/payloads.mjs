// What messages are cut out of: data that compresses in five different ways, the same in each run.

import { Opcode } from "../../support/raw_websocket.mjs";

const BYTES = 160 * 1024;

/** A generator of 32-bit numbers (xorshift). */
function numbers(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function filled(seed, piece) {
  const next = numbers(seed);
  const pieces = [];
  for (let size = 0; size < BYTES; size += pieces.at(-1).length) pieces.push(Buffer.from(piece(next)));
  return Buffer.concat(pieces).subarray(0, BYTES);
}

const WORDS = "Habe nun ach Straße Wörter über den Fluß zurück geht kein Weg und Licht".split(" ");
const word = (next) => WORDS[next() % WORDS.length];

const json = filled(1, (next) =>
  JSON.stringify({ id: next(), name: word(next), active: next() % 2 === 0, tags: [word(next), word(next)] }),
);
const picture = filled(2, (next) => {
  const shade = next() & 0xff;
  return Array.from({ length: 64 }, (_, i) => (shade + (i >> 2) + (next() & 3)) & 0xff);
});
const prose = filled(3, (next) => `${word(next)} ${word(next)}${next() % 9 ? " " : ".\n"}`);
const page = filled(4, (next) => `<li class="item"><a href="/${next() % 1000}">${next().toString(36)}</a></li>\n`);
const noise = filled(5, (next) => Array.from({ length: 256 }, () => next() & 0xff));

const { text, binary } = Opcode;

/** {opcode, data}, in the order of the sections 12.1 to 12.5. What is sent as text is ASCII but for whole characters. */
export const payloads = [
  { opcode: text, data: Buffer.from(json.toString("latin1").replace(/[^\x20-\x7e]/g, "?")) },
  { opcode: binary, data: picture },
  { opcode: binary, data: prose },
  { opcode: text, data: page },
  { opcode: binary, data: noise },
];
