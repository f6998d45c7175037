// Text messages are UTF-8 (RFC 6455 5.6, 8.1; RFC 3629): what is valid comes back however it is cut, and what is not
// ends the connection with 1007 at the first byte that cannot be right.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { echoTests } from "./support/echo_socket.mjs";
import { Opcode, fragments, frame } from "./support/raw_websocket.mjs";
import { startServer } from "./support/server.mjs";

const { text, binary, ping, pong } = Opcode;
let server;

before(async () => (server = await startServer(["--echo"])));
after(async () => assert.equal(await server.stop(), 0));

const { connected, refused } = echoTests(() => server);
const fromHex = (hex) => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("valid text comes back", () => {
  // The first and last character of each length, those around the surrogates, and non-characters.
  const edges = [
    0x0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xfffe, 0xffff, 0x10000, 0x1fffe, 0x10ffff,
  ];
  for (const code of edges) {
    const bytes = Buffer.from(`a${String.fromCodePoint(code)}z`);
    connected(`U+${code.toString(16)}, cut at every byte`, async (socket) => {
      for (let cut = 0; cut <= bytes.length; ++cut) {
        socket.send(...fragments(text, [bytes.subarray(0, cut), bytes.subarray(cut)]));
        await socket.expect(text, bytes);
      }
    });
  }

  const sentence = Buffer.from("Hello-µ@ßöäüàá-UTF-8!! κόσμε 日本語 👩‍🚀");
  connected("a sentence, one byte a fragment", async (socket) => {
    socket.send(
      ...fragments(
        text,
        [...sentence].map((byte) => [byte]),
      ),
    );
    await socket.expect(text, sentence);
  });
  connected("a sentence, with pings inside its characters", async (socket) => {
    for (const part of fragments(
      text,
      [...sentence].map((byte) => [byte]),
    )) {
      socket.send(frame(ping, "p"));
      await socket.expect(pong, "p");
      socket.send(part);
    }
    await socket.expect(text, sentence);
  });
  connected("a sentence, one byte a segment", async (socket) => {
    const sent = socket.sendByteByByte(frame(text, sentence));
    await socket.expect(text, sentence);
    await sent;
  });
  connected("an unfinished character of one message is no part of the next", async (socket) => {
    socket.send(frame(binary, fromHex("ce")), frame(text, "fine"));
    await socket.expect(binary, fromHex("ce"));
    await socket.expect(text, "fine");
  });
});

// [what, bytes up to and with the first one that cannot be right]
const invalid = [
  ["a continuation byte alone", "80"],
  ["the last continuation byte alone", "bf"],
  ["two continuation bytes after a character", "ceba 80"],
  ["an overlong slash in 2 bytes", "c0"],
  ["an overlong U+7F in 2 bytes", "c1"],
  ["an overlong U+7FF in 3 bytes", "e0 9f"],
  ["an overlong U+FFFF in 4 bytes", "f0 8f"],
  ["5 bytes", "f8"],
  ["6 bytes", "fc"],
  ["0xFE", "fe"],
  ["0xFF", "ff"],
  ["the first high surrogate", "ed a0"],
  ["the last low surrogate", "ed bf"],
  ["U+110000", "f4 90"],
  ["above U+13FFFF", "f5"],
  ["2 bytes broken off", "c3 41"],
  ["3 bytes broken off after 1", "e2 41"],
  ["3 bytes broken off after 2", "e2 82 41"],
  ["4 bytes broken off after 3", "f0 9f 98 41"],
  ["a character broken off by another", "e2 82 c3"],
];

describe("invalid text ends with 1007", () => {
  for (const [what, hex] of invalid) {
    const bytes = Buffer.concat([Buffer.from("κόσμε"), fromHex(hex)]);
    refused(`${what}: in a whole message`, 1007, [
      frame(text, Buffer.concat([bytes, Buffer.from(" and so on")])),
    ]);
    refused(`${what}: before the message ends`, 1007, [frame(text, bytes, { final: false })]);
    refused(`${what}: before the frame ends`, 1007, [frame(text, bytes, { announced: 1000 })]);
    refused(`${what}: in a later fragment`, 1007, [
      ...fragments(text, [bytes.subarray(0, -1), "never sent"]).slice(0, 1),
      frame(Opcode.continuation, bytes.subarray(-1), { announced: 1000 }),
    ]);
    connected(`${what}: is nothing to a binary message`, async (socket) => {
      socket.send(frame(binary, bytes));
      await socket.expect(binary, bytes);
    });
  }

  for (const hex of ["c3", "e2", "e2 82", "f0", "f0 9f", "f0 9f 98"]) {
    refused(`a message that ends inside a character: ${hex}`, 1007, [frame(text, fromHex(hex))]);
    refused(
      `a message whose empty last fragment leaves a character open: ${hex}`,
      1007,
      fragments(text, [fromHex(hex), ""]),
    );
  }
});
