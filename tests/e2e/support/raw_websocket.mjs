// A WebSocket client that sends whatever frames it is told to, right or wrong, and checks those it gets.

import assert from "node:assert/strict";
import { RawHttp, request } from "./raw_http.mjs";

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

// Key and answer of RFC 6455 1.3, masking key of 5.7.
export const SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ==";
export const SAMPLE_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/**
 * One frame. `reserved`: RSV1 is 4, RSV2 is 2, RSV3 is 1. `lengthBytes`: 1, 2 or 8, if not the shortest form.
 * `announced`: the length in the header, if not that of the payload.
 */
export function frame(opcode, payload = "", options = {}) {
  const { final = true, reserved = 0, masked = true, lengthBytes, announced } = options;
  const data = Buffer.from(payload);
  const first = Buffer.from([(final ? 0x80 : 0) | (reserved << 4) | opcode]);
  const length = encodeLength(BigInt(announced ?? data.length), lengthBytes);
  if (!masked) return Buffer.concat([first, length, data]);
  length[0] |= 0x80;
  return Buffer.concat([first, length, MASK, data.map((byte, i) => byte ^ MASK[i % 4])]);
}

function encodeLength(length, bytes = length < 126n ? 1 : length < 65536n ? 2 : 8) {
  if (bytes === 1) return Buffer.from([Number(length)]);
  const encoded = Buffer.alloc(1 + bytes);
  encoded[0] = bytes === 2 ? 126 : 127;
  if (bytes === 2) encoded.writeUInt16BE(Number(length), 1);
  else encoded.writeBigUInt64BE(length, 1);
  return encoded;
}

/** A message as frames that carry the given pieces. */
export function fragments(opcode, pieces) {
  return pieces.map((piece, i) =>
    frame(i === 0 ? opcode : Opcode.continuation, piece, { final: i === pieces.length - 1 }),
  );
}

/** The payload of a Close frame. */
export function closePayload(code, reason = "") {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return Buffer.concat([bytes, Buffer.from(reason)]);
}

export function handshake(path, headers = []) {
  return request("GET", path, [
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${SAMPLE_KEY}`,
    "Sec-WebSocket-Version: 13",
    ...headers,
  ]);
}

export class RawWebSocket {
  #stream;

  constructor(http, upgrade) {
    this.socket = http.socket;
    this.#stream = http.stream;
    /** Header fields of the server's 101. */
    this.headers = upgrade.headers;
  }

  static async open(server, { path = "/echo", headers = [], tls } = {}) {
    const http = await RawHttp.open(server, { tls });
    http.write(handshake(path, headers));
    const upgrade = await http.answer();
    assert.equal(upgrade.status, 101, `no upgrade: ${upgrade.body}`);
    assert.equal(upgrade.headers.get("sec-websocket-accept"), SAMPLE_ACCEPT);
    return new RawWebSocket(http, upgrade);
  }

  /** All of it in one write. */
  send(...frames) {
    this.socket.write(Buffer.concat(frames));
  }

  /** Each byte in a write, and a turn of the event loop, of its own. */
  async sendByteByByte(...frames) {
    for (const byte of Buffer.concat(frames)) {
      this.socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
  }

  /** The next frame: {final, reserved, opcode, payload}. It must be one that a server may send. */
  async next() {
    const [first, second] = await this.#stream.read(2);
    const opcode = first & 0x0f;
    assert.ok(Object.values(Opcode).includes(opcode), `opcode ${opcode}`);
    assert.equal(second & 0x80, 0, "a server does not mask (RFC 6455 5.1)");
    const length = await this.#length(second);
    if (opcode >= Opcode.close) assert.ok(first & 0x80 && length <= 125, "a control frame (RFC 6455 5.5)");
    const payload = Buffer.from(await this.#stream.read(length));
    return { final: Boolean(first & 0x80), reserved: (first >> 4) & 7, opcode, payload };
  }

  async #length(short) {
    if (short < 126) return short;
    const bytes = await this.#stream.read(short === 126 ? 2 : 8);
    const length = short === 126 ? bytes.readUInt16BE() : Number(bytes.readBigUInt64BE());
    assert.ok(length > (short === 126 ? 125 : 65535), "the shortest form of the length (RFC 6455 5.2)");
    return length;
  }

  /** The next frame is this one. */
  async expect(opcode, payload = "") {
    const got = await this.next();
    assert.deepEqual(
      { final: got.final, reserved: got.reserved, opcode: got.opcode },
      { final: true, reserved: 0, opcode },
    );
    assert.ok(got.payload.equals(Buffer.from(payload)), `payload of ${got.payload.length} bytes differs`);
  }

  /** The next frame closes with this code, or with none if it is undefined, and then the server hangs up. */
  async expectClose(code) {
    const { opcode, payload } = await this.next();
    assert.equal(opcode, Opcode.close);
    assert.notEqual(payload.length, 1);
    assert.equal(
      payload.length === 0 ? undefined : payload.readUInt16BE(),
      code,
      payload.subarray(2).toString(),
    );
    assert.equal((await this.#stream.rest()).length, 0, "nothing follows a Close frame (RFC 6455 5.5.1)");
  }

  /** A ping comes back: whatever was sent before it was handled, and the connection lives. */
  async expectAlive() {
    this.send(frame(Opcode.ping, "alive?"));
    await this.expect(Opcode.pong, "alive?");
  }

  /** Everything up to the end. */
  rest() {
    return this.#stream.rest();
  }

  destroy() {
    this.socket.destroy();
  }
}
