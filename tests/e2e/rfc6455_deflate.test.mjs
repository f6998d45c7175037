// permessage-deflate (RFC 7692): off until it is switched on, and then bounded.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import WebSocket from "ws";
import { within } from "./support/deadline.mjs";
import { echoTests } from "./support/echo_socket.mjs";
import { Opcode, RawWebSocket, closePayload, frame } from "./support/raw_websocket.mjs";
import { startServer } from "./support/server.mjs";

const { text, binary, continuation, close, ping } = Opcode;
const RSV1 = 4;
const OFFER = { headers: ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"] };
const LIMIT = 256 * 1024;
let server;

before(async () => (server = await startServer(["--echo", "--deflate"])));
after(async () => assert.equal(await server.stop(), 0));

const { connected, refused } = echoTests(() => server);

/** RFC 7692 7.2.1: flushed, without the four bytes at the end. */
function compress(data) {
  const flushed = deflateRawSync(data, { finishFlush: 2 /* Z_SYNC_FLUSH */ });
  return flushed.subarray(0, -4);
}

async function openClient(which, options) {
  const client = new WebSocket(`ws://127.0.0.1:${which.port}/echo`, options);
  await within(once(client, "open"), "open");
  return client;
}

async function echoed(client, message) {
  const answer = once(client, "message");
  client.send(message);
  return (await within(answer, "the echo"))[0];
}

describe("negotiation", () => {
  test("without --deflate an offer is declined, and a compressed frame is an error", async () => {
    const plain = await startServer(["--echo"]);
    const socket = await RawWebSocket.open(plain, OFFER);
    assert.ok(!socket.headers.has("sec-websocket-extensions"));
    socket.send(frame(text, compress("hello"), { reserved: RSV1 }));
    await socket.expectClose(1002);
    assert.equal(await plain.stop(), 0);
  });

  connected(
    "with it an offer is accepted, without context takeover",
    (socket) => {
      const answer = socket.headers.get("sec-websocket-extensions");
      assert.match(answer, /^permessage-deflate\b/);
      assert.match(answer, /\bserver_no_context_takeover\b/);
      assert.match(answer, /\bclient_no_context_takeover\b/);
    },
    OFFER,
  );

  connected("a client that offers nothing gets nothing", async (socket) => {
    assert.ok(!socket.headers.has("sec-websocket-extensions"));
    socket.send(frame(text, "x".repeat(10_000)));
    await socket.expect(text, "x".repeat(10_000));
  });

  for (const bits of [9, 12, 15]) {
    for (const field of [`server_max_window_bits=${bits}`, `client_max_window_bits; server_max_window_bits="${bits}"`]) {
      connected(
        `a window that was asked for is answered (RFC 7692 7.1.2.1): ${field}`,
        (socket) => {
          const answer = socket.headers.get("sec-websocket-extensions");
          assert.match(answer, new RegExp(`; server_max_window_bits=${bits}$`));
        },
        { headers: [`Sec-WebSocket-Extensions: permessage-deflate; ${field}`] },
      );
    }
  }

  for (const wrong of ["permessage-deflate; unknown", "permessage-deflate; server_max_window_bits=16"]) {
    connected(
      `an offer it cannot serve is declined: ${wrong}`,
      (socket) => {
        assert.ok(!socket.headers.has("sec-websocket-extensions"));
      },
      { headers: [`Sec-WebSocket-Extensions: ${wrong}`] },
    );
  }
});

describe("messages", () => {
  const takeovers = [{}, { clientNoContextTakeover: true }, { serverNoContextTakeover: true }];
  const windows = [
    ...[{}, { serverMaxWindowBits: 9 }, { serverMaxWindowBits: 15 }],
    ...[{ clientMaxWindowBits: 9 }, { clientMaxWindowBits: 15 }],
    { serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
  ];
  for (const options of takeovers.flatMap((takeover) => windows.map((window) => ({ ...takeover, ...window })))) {
    test(`come back to a client with perMessageDeflate: ${JSON.stringify(options)}`, async () => {
      const perMessageDeflate = { threshold: 0, ...options };
      const client = await openClient(server, { perMessageDeflate });
      assert.match(client.extensions, /permessage-deflate/);
      for (const size of [0, 1, 125, 126, 1000, 65536, LIMIT]) {
        const message = Buffer.alloc(size, "signaling ");
        assert.ok((await echoed(client, message)).equals(message), `${size} bytes`);
      }
      client.close(1000);
      assert.deepEqual((await within(once(client, "close"), "close"))[0], 1000);
    });
  }

  connected(
    "what compresses well is sent compressed",
    async (socket) => {
      socket.send(frame(text, "x".repeat(10_000)));
      const { opcode, reserved, payload } = await socket.next();
      assert.deepEqual([opcode, reserved], [text, RSV1]);
      assert.ok(payload.length < 200, `${payload.length} bytes`);
    },
    OFFER,
  );

  connected(
    "one message in compressed fragments",
    async (socket) => {
      const compressed = compress("hello, fragments");
      socket.send(
        frame(text, compressed.subarray(0, 3), { final: false, reserved: RSV1 }),
        frame(continuation, compressed.subarray(3)),
      );
      await socket.expect(text, "hello, fragments");
    },
    OFFER,
  );

  connected(
    "a message that ends with a final block, with the empty one behind it (RFC 7692 7.2.3.4) or without",
    async (socket) => {
      const final = deflateRawSync("Hello");
      for (const data of [final, Buffer.concat([final, Buffer.from([0])])]) {
        socket.send(frame(text, data, { reserved: RSV1 }));
        await socket.expect(text, "Hello");
      }
      socket.send(frame(text, Buffer.concat([final, final]), { reserved: RSV1 }));
      await socket.expect(text, "HelloHello");
    },
    OFFER,
  );

  connected(
    "uncompressed messages between compressed ones",
    async (socket) => {
      for (const message of ["one", "two", "three"]) {
        socket.send(frame(text, compress(message), { reserved: RSV1 }), frame(text, message));
        await socket.expect(text, message);
        await socket.expect(text, message);
      }
    },
    OFFER,
  );
});

describe("what is refused", () => {
  const continued = [
    frame(text, compress("a"), { reserved: RSV1, final: false }),
    frame(continuation, "", { reserved: RSV1 }),
  ];
  refused("RSV1 on a continuation", 1002, continued, OFFER);
  refused("RSV1 on a ping", 1002, [frame(ping, "", { reserved: RSV1 })], OFFER);
  refused("RSV1 on a Close", 1002, [frame(close, closePayload(1000), { reserved: RSV1 })], OFFER);
  refused("RSV2", 1002, [frame(text, "", { reserved: 2 })], OFFER);
  refused(
    "invalid UTF-8 inside",
    1007,
    [frame(text, compress(Buffer.from([0xc0, 0xaf])), { reserved: RSV1 })],
    OFFER,
  );

  connected(
    "data that is no deflate stream",
    async (socket) => {
      socket.send(frame(binary, Buffer.alloc(100, 0xff), { reserved: RSV1 }));
      const { opcode, payload } = await socket.next();
      assert.equal(opcode, close);
      assert.ok([1002, 1007].includes(payload.readUInt16BE()), `${payload.readUInt16BE()}`);
    },
    OFFER,
  );

  const bomb = compress(Buffer.alloc(64 * 1024 * 1024));
  assert.ok(bomb.length < LIMIT);
  refused("a bomb: small on the wire, 64 MiB inside", 1009, [frame(text, bomb, { reserved: RSV1 })], OFFER);
  refused(
    "one byte over the limit inside",
    1009,
    [frame(binary, compress(Buffer.alloc(LIMIT + 1)), { reserved: RSV1 })],
    OFFER,
  );
  connected(
    "exactly the limit inside",
    async (socket) => {
      socket.send(frame(binary, compress(Buffer.alloc(LIMIT)), { reserved: RSV1 }));
      const { opcode, reserved } = await socket.next();
      assert.deepEqual([opcode, reserved], [binary, RSV1]);
    },
    OFFER,
  );
});
