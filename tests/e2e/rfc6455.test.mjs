// Frames and messages of RFC 6455, byte for byte, against the echo of the server.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { makeCertificate, temporaryFolder, tlsOptions } from "./support/certificate.mjs";
import { echoTests } from "./support/echo_socket.mjs";
import { MEBIBYTE, peakResidentBytes } from "./support/process_usage.mjs";
import { Opcode, RawWebSocket, closePayload, fragments, frame } from "./support/raw_websocket.mjs";
import { startServer } from "./support/server.mjs";

const { continuation, text, binary, close, ping, pong } = Opcode;
const LIMIT = 256 * 1024;
let server;

before(async () => {
  server = await startServer(["--echo", ...tlsOptions(makeCertificate(temporaryFolder()))]);
});
after(async () => assert.equal(await server.stop(), 0));

const { connected, refused } = echoTests(() => server);

const letters = (size) => Buffer.alloc(size, "abcdefghijklmnopqrstuvwxyz0123456789");
const bytes = (size) => Buffer.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

describe("RFC 6455 5.2: payload lengths", () => {
  for (const [transport, options] of [
    ["TCP", {}],
    ["TLS", { tls: {} }],
  ]) {
    connected(
      `messages of every form of length come back over ${transport}`,
      async (socket) => {
        for (const size of [0, 1, 125, 126, 127, 128, 65535, 65536, LIMIT]) {
          socket.send(frame(text, letters(size)), frame(binary, bytes(size)));
          await socket.expect(text, letters(size));
          await socket.expect(binary, bytes(size));
        }
      },
      options,
    );
  }

  for (const [size, lengthBytes] of [
    [0, 2],
    [125, 2],
    [0, 8],
    [125, 8],
    [126, 8],
    [65535, 8],
  ]) {
    const header = frame(text, letters(size), { lengthBytes }).subarray(0, 2 + lengthBytes);
    refused(`${size} written in ${lengthBytes} bytes is not the shortest form`, 1002, [header]);
  }
  for (const announced of [1n << 63n, (1n << 64n) - 1n]) {
    refused(`the top bit of a 64-bit length: ${announced}`, 1002, [frame(binary, "", { announced })]);
  }
});

describe("a message over the limit is refused before its payload was sent", () => {
  for (const announced of [LIMIT + 1, 1 << 30, (1n << 63n) - 1n]) {
    refused(`one frame of ${announced} bytes`, 1009, [frame(binary, "", { announced })]);
  }
  refused("fragments that add up to more", 1009, [
    frame(binary, bytes(LIMIT - 10), { final: false }),
    frame(continuation, "", { announced: 11, final: false }),
  ]);
  connected("fragments that add up to the limit are a message", async (socket) => {
    socket.send(...fragments(binary, [bytes(LIMIT - 10), bytes(10)]));
    await socket.expect(binary, Buffer.concat([bytes(LIMIT - 10), bytes(10)]));
  });
});

describe("RFC 6455 5.2: reserved bits and opcodes", () => {
  for (const reserved of [1, 2, 3, 4, 5, 6, 7]) {
    for (const opcode of [text, binary, ping, close]) {
      refused(`reserved bits ${reserved} on opcode ${opcode}`, 1002, [frame(opcode, "", { reserved })]);
    }
    refused(`reserved bits ${reserved} on a continuation`, 1002, [
      frame(text, "a", { final: false }),
      frame(continuation, "b", { reserved }),
    ]);
  }
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    refused(`opcode ${opcode}`, 1002, [frame(opcode)]);
    refused(`opcode ${opcode} with a payload`, 1002, [frame(opcode, "payload")]);
    refused(`opcode ${opcode} in a message`, 1002, [frame(text, "a", { final: false }), frame(opcode)]);
  }
});

describe("RFC 6455 5.1: a client masks", () => {
  for (const opcode of [text, binary, ping, pong, close]) {
    refused(`opcode ${opcode} without mask`, 1002, [frame(opcode, "", { masked: false })]);
  }
  refused("a payload without mask", 1002, [frame(text, "hello", { masked: false })]);
  refused("a continuation without mask", 1002, [
    frame(text, "a", { final: false }),
    frame(continuation, "b", { masked: false }),
  ]);
});

describe("RFC 6455 5.4: fragments", () => {
  const shapes = {
    two: ["Hello", " world"],
    "an empty first": ["", "Hello"],
    "an empty last": ["Hello", ""],
    "empty ones inside": ["He", "", "", "llo"],
    "only empty ones": ["", "", ""],
    "one byte each": [..."Hello, fragments"],
    "a thousand": Array.from({ length: 1000 }, (_, i) => String(i)),
    "large ones": [letters(65536), letters(126), letters(65535)],
  };
  for (const [name, pieces] of Object.entries(shapes)) {
    const whole = Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
    connected(`${name}: text, then binary`, async (socket) => {
      for (const opcode of [text, binary]) {
        socket.send(...fragments(opcode, pieces));
        await socket.expect(opcode, whole);
      }
    });
    connected(`${name}: a ping between any two is answered before the message`, async (socket) => {
      const parts = fragments(text, pieces.slice(0, 20));
      for (const [i, part] of parts.entries()) {
        socket.send(frame(ping, String(i)));
        await socket.expect(pong, String(i));
        socket.send(part);
      }
      await socket.expect(text, Buffer.concat(pieces.slice(0, 20).map((piece) => Buffer.from(piece))));
    });
  }

  refused("a continuation without a start", 1002, [frame(continuation, "x")]);
  refused("a continuation without a start and without an end", 1002, [
    frame(continuation, "x", { final: false }),
  ]);
  for (const opcode of [text, binary]) {
    refused(`opcode ${opcode} in the middle of a message`, 1002, [
      frame(text, "a", { final: false }),
      frame(opcode, "b"),
    ]);
  }
  refused("more than 4096 of them", 1008, [
    frame(binary, "", { final: false }),
    ...Array.from({ length: 4096 }, () => frame(continuation, "", { final: false })),
  ]);
});

describe("RFC 6455 5.5: control frames", () => {
  connected("every length of ping is answered with its payload", async (socket) => {
    for (let size = 0; size <= 125; ++size) {
      socket.send(frame(ping, bytes(size)));
      await socket.expect(pong, bytes(size));
    }
  });
  connected("each of many pings in one segment is answered, in order (5.5.2)", async (socket) => {
    const payloads = Array.from({ length: 1000 }, (_, i) => `ping ${i}`);
    socket.send(...payloads.map((payload) => frame(ping, payload)));
    for (const payload of payloads) await socket.expect(pong, payload);
  });
  connected("pongs and messages come back in the order of the segment (5.5.2)", async (socket) => {
    const one = (i) => [frame(ping, `ping ${i}`), frame(text, `message ${i}`)];
    socket.send(...Array.from({ length: 200 }, (_, i) => one(i)).flat());
    for (let i = 0; i < 200; ++i) {
      await socket.expect(pong, `ping ${i}`);
      await socket.expect(text, `message ${i}`);
    }
  });
  connected("pings among large messages are answered in their place", async (socket) => {
    const one = (i) => [frame(binary, bytes(LIMIT)), frame(ping, `ping ${i}`), frame(text, `message ${i}`)];
    socket.send(...Array.from({ length: 10 }, (_, i) => one(i)).flat());
    for (let i = 0; i < 10; ++i) {
      await socket.expect(binary, bytes(LIMIT));
      await socket.expect(pong, `ping ${i}`);
      await socket.expect(text, `message ${i}`);
    }
  });
  connected("a pong nobody asked for is ignored (5.5.3)", async (socket) => {
    socket.send(frame(pong), frame(pong, "unasked"), frame(text, "still here"));
    await socket.expect(text, "still here");
  });
  refused("a ping of 126 bytes, by its header", 1002, [frame(ping, letters(126)).subarray(0, 4)]);
  refused("a ping with a 64-bit length", 1002, [frame(ping, "", { lengthBytes: 8 })]);
  for (const opcode of [ping, pong, close]) {
    refused(`opcode ${opcode} fragmented`, 1002, [frame(opcode, "", { final: false })]);
  }
  connected("a Close in the middle of a message ends it", async (socket) => {
    socket.send(frame(text, "unfinished", { final: false }), frame(close, closePayload(1000)));
    await socket.expectClose(1000);
  });
});

describe("segments mean nothing", () => {
  const session = [
    frame(text, "héllo"),
    ...fragments(binary, [bytes(200), "", bytes(3)]),
    frame(ping, "p"),
    frame(text, letters(126)),
    frame(close, closePayload(1000, "bye")),
  ];
  const check = async (socket) => {
    await socket.expect(text, "héllo");
    await socket.expect(binary, Buffer.concat([bytes(200), bytes(3)]));
    await socket.expect(pong, "p");
    await socket.expect(text, letters(126));
    await socket.expectClose(1000);
  };
  for (const [transport, options] of [
    ["TCP", {}],
    ["TLS", { tls: {} }],
  ]) {
    connected(
      `a session byte by byte over ${transport}`,
      async (socket) => {
        await Promise.all([socket.sendByteByByte(...session), check(socket)]);
      },
      options,
    );
    connected(
      `a session in one segment over ${transport}`,
      async (socket) => {
        socket.send(...session);
        await check(socket);
      },
      options,
    );
  }

  connected("2,000 messages in one write come back in order", async (socket) => {
    const messages = Array.from({ length: 2000 }, (_, i) => `message ${i}`);
    socket.send(...messages.map((message) => frame(text, message)));
    for (const message of messages) await socket.expect(text, message);
  });
});

describe("a client that does not read", () => {
  connected("its messages are not read either: 50 MiB take no 16", async (socket) => {
    const before = peakResidentBytes(server.pid);
    const payload = bytes(LIMIT);
    const message = frame(binary, payload);
    socket.socket.pause();
    for (let i = 0; i < 200; ++i) socket.send(message);
    const other = await RawWebSocket.open(server);
    for (let i = 0; i < 50; ++i) {
      other.send(message);
      await other.expect(binary, payload);
    }
    other.destroy();
    socket.socket.resume();
    for (let i = 0; i < 200; ++i) await socket.expect(binary, payload);
    assert.ok(peakResidentBytes(server.pid) < before + 16 * MEBIBYTE);
  });

  connected("of its pings the latest are answered, not with a queue of all (5.5.3)", async (socket) => {
    const before = peakResidentBytes(server.pid);
    const pings = Buffer.concat(Array(5000).fill(frame(ping, bytes(125))));
    socket.socket.pause();
    for (let i = 0; i < 80; ++i) socket.send(pings);
    socket.send(frame(text, "the end"));
    const other = await RawWebSocket.open(server);
    await other.expectAlive();
    other.destroy();
    socket.socket.resume();
    let answer;
    let pongs = -1;
    do {
      answer = await socket.next();
      ++pongs;
    } while (answer.opcode === pong);
    assert.equal(answer.payload.toString(), "the end");
    assert.ok(pongs > 0 && pongs < 400_000, `${pongs} pongs`);
    assert.ok(peakResidentBytes(server.pid) < before + 16 * MEBIBYTE);
  });
});
