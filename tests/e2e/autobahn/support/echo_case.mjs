// One case of the suite: what the client sends, what the echo must answer, and how the connection ends.

import assert from "node:assert/strict";
import { deflateRawSync, inflateRawSync, constants } from "node:zlib";
import { Opcode, RawWebSocket, closePayload, frame } from "../../support/raw_websocket.mjs";

const RSV1 = 4;
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);

/** RFC 7692 7.2.1. */
export const compress = (data, windowBits = 15) =>
  deflateRawSync(data, { ...FLUSH, windowBits }).subarray(0, -TAIL.length);

/** RFC 7692 7.2.2. */
const decompress = (data, windowBits) => inflateRawSync(Buffer.concat([data, TAIL]), { ...FLUSH, windowBits });

/** The answer to an offer: a map of its parameters, or undefined if it was declined. */
export function agreedParameters(socket) {
  const field = socket.headers.get("sec-websocket-extensions");
  if (field === undefined) return undefined;
  const [name, ...parameters] = field.split(";").map((part) => part.trim());
  assert.equal(name, "permessage-deflate");
  return new Map(parameters.map((parameter) => parameter.split("=")));
}

/** A step of a case: the next thing that comes must be this frame. */
export const gets = (opcode, payload = "") => ({ gets: [opcode, Buffer.from(payload)] });

/** A step: a ping comes back, so that what was sent before was looked at, and the connection lives. */
export const lives = [frame(Opcode.ping, "still there?"), gets(Opcode.pong, "still there?")];

/** The end of a case: the client closes, the server answers with the same code and hangs up. */
export const closes = [frame(Opcode.close, closePayload(1000)), { ends: [1000] }];

/** The end: the server closes with one of these codes (undefined: without one) and hangs up. */
export const fails = (...codes) => [{ ends: codes }];

async function next(socket, windowBits) {
  const message = await socket.next();
  if (message.reserved === 0) return message;
  assert.equal(message.reserved, RSV1, "a reserved bit");
  assert.ok(windowBits, "compressed without an agreement");
  return { ...message, payload: decompress(message.payload, windowBits) };
}

async function perform(socket, step, windowBits) {
  const got = await next(socket, windowBits);
  if (step.gets) {
    const [opcode, payload] = step.gets;
    assert.deepEqual([got.opcode, got.final], [opcode, true]);
    assert.ok(got.payload.equals(payload), `the payload of ${got.payload.length} bytes differs`);
    return;
  }
  assert.equal(got.opcode, Opcode.close, `opcode ${got.opcode} in place of the Close frame`);
  const code = got.payload.length === 0 ? undefined : got.payload.readUInt16BE();
  assert.ok(step.ends.includes(code), `closed with ${code}, not ${step.ends}: ${got.payload.subarray(2)}`);
  assert.equal((await socket.rest()).length, 0, "nothing follows a Close frame");
}

async function write(socket, frames, chop) {
  if (chop === undefined) return socket.send(...frames);
  const bytes = Buffer.concat(frames);
  const sizes = chop === "frames" ? frames.map(({ length }) => length) : undefined;
  for (let at = 0; at < bytes.length; ) {
    const size = sizes ? sizes.shift() : chop;
    socket.socket.write(bytes.subarray(at, at + size));
    at += size;
    await new Promise(setImmediate);
  }
}

/**
 * Plays a case: {steps, chop}. Frames that follow each other leave in one write, or, by `chop`, in a write each ("frames")
 * or in writes of so many bytes.
 */
export async function play(server, { steps, chop }, headers = []) {
  const socket = await RawWebSocket.open(server, { headers });
  try {
    const agreed = agreedParameters(socket);
    const windowBits = agreed && Number(agreed.get("server_max_window_bits") ?? 15);
    let frames = [];
    for (const step of steps.flat(Infinity)) {
      if (Buffer.isBuffer(step)) {
        frames.push(step);
        continue;
      }
      if (frames.length) await write(socket, frames.splice(0), chop);
      await perform(socket, step, windowBits);
    }
  } finally {
    socket.destroy();
  }
}
