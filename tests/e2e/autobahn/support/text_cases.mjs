// Section 6: UTF-8, valid and not, whole and in pieces (RFC 3629; the sequences of Markus Kuhn's stress test).

import { Opcode, fragments, frame } from "../../support/raw_websocket.mjs";
import { closes, fails, gets, lives } from "./echo_case.mjs";
import { inFrames } from "./framing_cases.mjs";

const { continuation, text } = Opcode;
const hex = (digits) => Buffer.from(digits.replaceAll(" ", ""), "hex");

const KOSME = hex("cebae1bdb9cf83cebcceb5");
const SENTENCE = Buffer.from("Hello-µ@ßöäüàá-UTF-8!!");
const BROKEN = Buffer.concat([KOSME, hex("eda080 656469746564")]);
const TOO_HIGH = Buffer.concat([KOSME, hex("f4908080 656469746564")]);

const back = (frames, payload) => [frames, gets(text, payload), closes];

const pieces = [
  { id: "6.1.1", steps: back(frame(text), "") },
  { id: "6.1.2", steps: back(fragments(text, ["", "", ""]), "") },
  { id: "6.1.3", steps: back(fragments(text, ["", "middle frame payload", ""]), "middle frame payload") },
  { id: "6.2.1", steps: back(frame(text, SENTENCE), SENTENCE) },
  { id: "6.2.2", steps: back(fragments(text, [SENTENCE.subarray(0, 14), SENTENCE.subarray(14)]), SENTENCE) },
  { id: "6.2.3", steps: back(inFrames(text, SENTENCE, 1), SENTENCE) },
  { id: "6.2.4", steps: back(inFrames(text, KOSME, 1), KOSME) },
  { id: "6.3.1", steps: [frame(text, BROKEN), fails(1007)] },
  { id: "6.3.2", steps: [inFrames(text, BROKEN, 1), fails(1007)] },
];

// The connection fails at the wrong byte, though the message, or the frame, is to go on.
const failFast = [
  ["6.4.1", KOSME.length, 4],
  ["6.4.2", KOSME.length + 1, 1],
].map(([id, from, count]) => ({
  id,
  steps: [
    frame(text, TOO_HIGH.subarray(0, from), { final: false }),
    lives,
    frame(continuation, TOO_HIGH.subarray(from, from + count), { final: false }),
    fails(1007),
  ],
}));
const failFastInFrame = [
  ["6.4.3", KOSME.length + 4],
  ["6.4.4", KOSME.length + 2],
].map(([id, count]) => ({
  id,
  steps: [frame(text, TOO_HIGH.subarray(0, count), { announced: TOO_HIGH.length }), fails(1007)],
  chop: 1,
}));

/** Bytes from `first` to the one before `end`, each followed by a space. */
const spaced = (first, end) => {
  const bytes = [];
  for (let byte = first; byte < end; ++byte) bytes.push(byte, 0x20);
  return Buffer.from(bytes);
};

const CUT_OFF = [
  ...["c0", "e080", "f08080", "f8808080", "fc80808080"],
  ...["df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"],
];

// The last two characters of each plane but the first.
const nonCharacters = Array.from({ length: 16 }, (_, i) => i + 1).flatMap((plane) =>
  [0xfffe, 0xffff].map((low) => Buffer.from(String.fromCodePoint(plane * 0x10000 + low))),
);

const valid = (...list) => list.map((bytes) => [true, Buffer.isBuffer(bytes) ? bytes : hex(bytes)]);
const invalid = (...list) => list.map((bytes) => [false, Buffer.isBuffer(bytes) ? bytes : hex(bytes)]);

const groups = [
  valid(...["hello$world", "hello¢world", "hello€world", "hello\u{24b62}world"].map((s) => Buffer.from(s)), KOSME),
  // Beginnings of a text: valid if they end with a character.
  Array.from(KOSME, (_, i) => [[2, 5, 7, 9, 11].includes(i + 1), KOSME.subarray(0, i + 1)]),
  valid("00", "c280", "e0a080", "f0908080"),
  invalid("f888808080", "fc8480808080"),
  valid("7f", "dfbf", "efbfbf", "f48fbfbf"),
  invalid("f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"),
  [...valid("ed9fbf", "ee8080", "efbfbd", "f48fbfbf"), ...invalid("f4908080")],
  invalid(
    ...["80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf"],
    Buffer.from(Array.from({ length: 63 }, (_, i) => 0x80 + i)),
  ),
  invalid(spaced(0xc0, 0xdf), spaced(0xe0, 0xef), spaced(0xf0, 0xf7), spaced(0xf8, 0xfb), spaced(0xfc, 0xfd)),
  invalid(...CUT_OFF),
  invalid(CUT_OFF.join("")),
  invalid("fe", "ff", "fefeffff"),
  invalid("c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"),
  invalid("c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"),
  invalid("c080", "e08080", "f0808080", "f880808080", "fc8080808080"),
  invalid("eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"),
  invalid(
    ...["eda080", "edadbf", "edae80", "edafbf"].flatMap((high) => ["edb080", "edbfbf"].map((low) => high + low)),
  ),
  valid("efbfbe", "efbfbf", ...nonCharacters),
  valid("efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf"),
];

const sequences = groups.flatMap((group, i) =>
  group.map(([isValid, bytes], j) => ({
    id: `6.${i + 5}.${j + 1}`,
    steps: isValid ? back(frame(text, bytes), bytes) : [frame(text, bytes), fails(1007)],
  })),
);

export const textCases = [...pieces, ...failFast, ...failFastInFrame, ...sequences];
