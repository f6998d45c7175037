// Sections 12 and 13: messages that are compressed, of five kinds and with seven sets of parameters, in 18 sizes.

import { Opcode, frame } from "../../support/raw_websocket.mjs";
import { payloads } from "./payloads.mjs";
import { compress } from "./echo_case.mjs";

const RSV1 = 4;
const KIB = 1024;

/** [bytes of a message, bytes of a frame; 0: one frame]. */
const SIZES = [
  ...[16, 64, 256, KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB].map((size) => [size, 0]),
  ...[8, 16, 32, 64, 128].map((kib) => [kib * KIB, 256]),
  ...[1, 4, 32].map((kib) => [128 * KIB, kib * KIB]),
];

const DEFAULT = "permessage-deflate; client_no_context_takeover; client_max_window_bits";
const ASKED = "server_no_context_takeover";
const window = (bits) => `server_max_window_bits=${bits}`;

/** The parameters of section 13: what is offered, and what the answer must hold because it was asked for. */
const PARAMETERS = [
  { offer: DEFAULT, holds: {} },
  { offer: `${DEFAULT}; ${ASKED}`, holds: {} },
  { offer: `${DEFAULT}; ${window(9)}`, holds: { server_max_window_bits: "9" } },
  { offer: `${DEFAULT}; ${window(15)}`, holds: { server_max_window_bits: "15" } },
  { offer: `${DEFAULT}; ${ASKED}; ${window(9)}`, holds: { server_max_window_bits: "9" } },
  { offer: `${DEFAULT}; ${ASKED}; ${window(15)}`, holds: { server_max_window_bits: "15" } },
  {
    offer: `${DEFAULT}; ${ASKED}; ${window(9)}, ${DEFAULT}; ${ASKED}, ${DEFAULT}`,
    holds: { server_max_window_bits: "9" },
  },
];

/** One compressed message, in frames of `size` bytes of the compressed data. */
export function compressedFrames(opcode, payload, size) {
  const data = compress(payload);
  const step = size || data.length;
  const frames = [];
  for (let at = 0; at < data.length; at += step) {
    const options = { final: at + step >= data.length, reserved: at === 0 ? RSV1 : 0 };
    frames.push(frame(at === 0 ? opcode : Opcode.continuation, data.subarray(at, at + step), options));
  }
  return frames;
}

const cases = (section, payload, parameters) =>
  SIZES.map(([size, frameSize], i) => ({ id: `${section}.${i + 1}`, size, frameSize, payload, ...parameters }));

export const deflateCases = [
  ...payloads.flatMap((payload, i) => cases(`12.${i + 1}`, payload, PARAMETERS[0])),
  ...PARAMETERS.flatMap((parameters, i) => cases(`13.${i + 1}`, payloads[0], parameters)),
];
