// The cases of the Autobahn testsuite for WebSocket servers, by their numbers: sections 1 to 10 with and without
// permessage-deflate, 12 and 13 with it. What they send and what must come back follows RFC 6455 and RFC 7692.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { RawWebSocket } from "../support/raw_websocket.mjs";
import { startServer } from "../support/server.mjs";
import { closeCases } from "./support/close_cases.mjs";
import { compressedFrames, deflateCases } from "./support/deflate_cases.mjs";
import { agreedParameters, closes, gets, play } from "./support/echo_case.mjs";
import { framingCases } from "./support/framing_cases.mjs";
import { loadCases } from "./support/load_cases.mjs";
import { textCases } from "./support/text_cases.mjs";

const OFFER = ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"];
const MESSAGES = 3;
let plain;
let deflating;

before(async () => {
  const options = ["--echo", "--max-message-bytes", "1048576"];
  plain = await startServer(options);
  deflating = await startServer([...options, "--deflate", "--max-deflate-bytes-per-second", "0"]);
});
after(async () => assert.deepEqual(await Promise.all([plain.stop(), deflating.stop()]), [0, 0]));

const cases = [...framingCases, ...textCases, ...closeCases, ...loadCases];

test("all cases are here, each once", () => {
  assert.equal(cases.length, 301);
  assert.equal(deflateCases.length, 216);
  assert.equal(new Set([...cases, ...deflateCases].map(({ id }) => id)).size, 517);
});

describe("without --deflate", () => {
  for (const one of cases) test(`case ${one.id}`, () => play(plain, one));
});

describe("with --deflate, and nothing offered", () => {
  for (const one of cases) test(`case ${one.id}`, () => play(deflating, one));
});

describe("with permessage-deflate agreed on", () => {
  for (const one of cases.filter(({ plainOnly }) => !plainOnly)) {
    test(`case ${one.id}`, () => play(deflating, one, OFFER));
  }
});

async function checkAnswer(offer, holds) {
  const socket = await RawWebSocket.open(deflating, { headers: [offer] });
  const agreed = agreedParameters(socket);
  socket.destroy();
  assert.ok(agreed, "the offer was declined");
  for (const [name, value] of Object.entries(holds)) assert.equal(agreed.get(name), value, name);
  // What the cases below count on: each message is compressed for itself.
  assert.ok(agreed.has("client_no_context_takeover") && agreed.has("server_no_context_takeover"));
  return agreed;
}

describe("compressed messages", () => {
  for (const { id, offer, holds, payload, size, frameSize } of deflateCases) {
    test(`case ${id}`, async () => {
      const field = `Sec-WebSocket-Extensions: ${offer}`;
      await checkAnswer(field, holds);
      const rounds = Array.from({ length: MESSAGES }, (_, i) => {
        const begin = (i * 7919) % (payload.data.length - size);
        const message = payload.data.subarray(begin, begin + size);
        return [compressedFrames(payload.opcode, message, frameSize), gets(payload.opcode, message)];
      });
      await play(deflating, { steps: [rounds, closes] }, [field]);
    });
  }
});
