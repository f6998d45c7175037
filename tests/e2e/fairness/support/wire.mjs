// Connections that cost their process little, so that what a test measures is the server's doing: texts that are longer
// than any of the test's own are passed over unread.

import net from "node:net";
import { inflateRawSync, constants } from "node:zlib";

const HOST = "127.0.0.1";
const SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ==";
/** What the bystanders say to each other is shorter. */
const MAX_READ_BYTES = 1024;
const TEXT = 0x81;
const COMPRESSED = 0x40;
const PONG = 10;
const DEFLATE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/** Gathers what comes in pieces. */
class Input {
  #pieces = [];
  #bytes = 0;

  push(piece) {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  get length() {
    return this.#bytes;
  }

  /** All of it in one piece. */
  peek() {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0] ?? Buffer.alloc(0);
  }

  /** Goes on with what is behind so many bytes. */
  skip(bytes) {
    const rest = this.peek().subarray(bytes);
    this.#pieces = rest.length ? [rest] : [];
    this.#bytes = rest.length;
  }
}

/** A frame of a client, whose mask is zero. `first`: its first byte. */
export function frame(text, first = TEXT) {
  const payload = Buffer.from(text);
  const long = payload.length > 65_535;
  const header = Buffer.alloc(payload.length < 126 ? 2 : long ? 10 : 4);
  header[0] = first;
  header[1] = 0x80 | (payload.length < 126 ? payload.length : long ? 127 : 126);
  if (long) header.writeBigUInt64BE(BigInt(payload.length), 2);
  else if (header.length === 4) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}

export const COMPRESSED_TEXT = TEXT | COMPRESSED;

/** Over a socket: `onText` is given each short text, `onClosed` the end. */
class Wire {
  onText = () => {};
  onClosed = () => {};

  connect(port) {
    const socket = net.connect({ port, host: HOST, noDelay: true });
    socket.on("error", () => {}); // followed by "close"
    return socket;
  }
}

export class WebSocketWire extends Wire {
  #input = new Input();
  #isOpen = false;
  /** Of a frame that is not read: what is left of it. */
  #toSkip = 0;

  constructor(port, path, { subprotocol, deflate = false } = {}) {
    super();
    this.socket = this.connect(port);
    const fields = [
      `GET ${path} HTTP/1.1`,
      `Host: ${HOST}:${port}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${SAMPLE_KEY}`,
      "Sec-WebSocket-Version: 13",
      ...(subprotocol ? [`Sec-WebSocket-Protocol: ${subprotocol}`] : []),
      ...(deflate ? [`Sec-WebSocket-Extensions: ${DEFLATE}`] : []),
    ];
    this.socket.write(`${fields.join("\r\n")}\r\n\r\n`);
    this.socket.on("data", (piece) => this.#receive(piece));
    this.socket.on("close", () => this.onClosed(this.closeCode ?? "reset"));
  }

  send(text) {
    this.socket.write(frame(text));
  }

  #receive(piece) {
    const skipped = Math.min(this.#toSkip, piece.length);
    this.#toSkip -= skipped;
    if (skipped === piece.length) return;
    this.#input.push(piece.subarray(skipped));
    if (!this.#isOpen && !this.#readAnswer()) return;
    const data = this.#input.peek();
    let at = 0;
    for (;;) {
      const next = this.#readFrame(data, at);
      if (next === at) break;
      at = next;
    }
    this.#toSkip = Math.max(0, at - data.length);
    this.#input.skip(Math.min(at, data.length));
  }

  #readAnswer() {
    const end = this.#input.peek().indexOf("\r\n\r\n");
    if (end < 0) return false;
    const head = this.#input.peek().toString("latin1", 0, end);
    if (!head.startsWith("HTTP/1.1 101")) throw new Error(head);
    this.#input.skip(end + 4);
    this.#isOpen = true;
    return true;
  }

  /** The place behind the frame that begins at `at`; `at` itself if it has not come. */
  #readFrame(data, at) {
    if (data.length < at + 2) return at;
    const short = data[at + 1];
    const begin = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    if (data.length < begin) return at;
    const bytes =
      short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
    if (bytes > MAX_READ_BYTES) return begin + bytes;
    if (data.length < begin + bytes) return at;
    this.#take(data[at], data.subarray(begin, begin + bytes));
    return begin + bytes;
  }

  #take(first, payload) {
    const opcode = first & 0x0f;
    if (opcode === 9) this.socket.write(frame(payload, 0x80 | PONG));
    else if (opcode === 8) this.closeCode = `${payload.readUInt16BE()} ${payload.subarray(2)}`;
    else if (opcode === 1) this.onText(first & COMPRESSED ? inflate(payload) : payload.toString("latin1"));
  }
}

function inflate(payload) {
  const whole = Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]);
  return inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH }).toString("latin1");
}

/** Requests of one connection, each after the answer to the one before. */
class HttpLine {
  #input = new Input();
  #answered;

  constructor(socket, port) {
    this.socket = socket;
    this.port = port;
    socket.on("data", (piece) => {
      this.#input.push(piece);
      this.#read();
    });
    socket.on("close", () => this.#answered?.({ status: 0, body: Buffer.alloc(0) }));
  }

  request(method, target, body = "") {
    const head = `${method} ${target} HTTP/1.1\r\nHost: ${HOST}:${this.port}\r\n`;
    const length = method === "POST" ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : "";
    this.socket.write(`${head}${length}\r\n`);
    if (body.length) this.socket.write(body);
    return new Promise((resolve) => (this.#answered = resolve));
  }

  #read() {
    if (this.#needed > this.#input.length) return;
    const data = this.#input.peek();
    const end = data.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = data.toString("latin1", 0, end);
    const bytes = Number(/^content-length: (\d+)/im.exec(head)[1]);
    this.#needed = end + 4 + bytes;
    if (this.#needed > data.length) return;
    this.#needed = 0;
    const body = data.subarray(end + 4, end + 4 + bytes);
    this.#input.skip(end + 4 + bytes);
    this.#answered({ status: Number(head.slice(9, 12)), body });
  }

  #needed = 0;
}

const SEPARATOR = "\x1e";

/** A session of Engine.IO that polls. */
export class PollingWire extends Wire {
  #waiting = [];
  #isPosting = false;
  #target = "/socket.io/?EIO=4&transport=polling";

  constructor(port) {
    super();
    this.#gets = new HttpLine(this.connect(port), port);
    this.#posts = new HttpLine(this.connect(port), port);
    this.socket = this.#posts.socket;
    this.#poll();
  }

  #gets;
  #posts;

  send(packet) {
    this.#waiting.push(packet);
    if (!this.#isPosting) this.#post();
  }

  async #poll() {
    for (;;) {
      const { status, body } = await this.#gets.request("GET", this.#target);
      if (status !== 200) return this.onClosed(`${status} ${body}`);
      for (let at = 0; at <= body.length; ) {
        const found = body.indexOf(SEPARATOR, at);
        const end = found < 0 ? body.length : found;
        if (end - at <= MAX_READ_BYTES) this.#take(body.toString("latin1", at, end));
        at = end + 1;
      }
    }
  }

  #take(packet) {
    if (packet[0] === "0") this.#target += `&sid=${JSON.parse(packet.slice(1)).sid}`;
    if (packet === "1") return this.onClosed("closed by the server");
    this.onText(packet);
  }

  async #post() {
    this.#isPosting = true;
    while (this.#waiting.length) {
      const body = this.#waiting.splice(0).join(SEPARATOR);
      await this.post(body);
    }
    this.#isPosting = false;
  }

  async post(body) {
    const { status, body: answer } = await this.#posts.request("POST", this.#target, body);
    if (status !== 200) this.onClosed(`POST ${status} ${answer}`);
  }
}
