// A connection that speaks RESP2, for what the tests themselves ask of Redis.

import { connect } from "node:net";
import { within } from "../../support/deadline.mjs";

const CRLF = "\r\n";

export class RespConnection {
  #received = Buffer.alloc(0);
  #waiting = [];
  #socket;

  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", () => {}); // followed by "close"
    socket.on("close", () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error("Redis closed the connection"));
    });
  }

  static async open(port) {
    const socket = connect({ host: "127.0.0.1", port });
    await within(
      new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject)),
      "a connection to Redis",
    );
    return new RespConnection(socket);
  }

  /** What Redis answers: text, number, null or an array of these. An error is thrown. */
  async command(...words) {
    const texts = words.map((word) => Buffer.from(String(word)));
    const parts = texts.flatMap((text) => [Buffer.from(`$${text.length}${CRLF}`), text, Buffer.from(CRLF)]);
    this.#socket.write(Buffer.concat([Buffer.from(`*${words.length}${CRLF}`), ...parts]));
    const answer = new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    return within(answer, `an answer to ${words.join(" ").slice(0, 80)}`);
  }

  close() {
    this.#socket.destroy();
  }

  #receive(chunk) {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const reply = parse(this.#received, 0);
      if (!reply) return;
      this.#received = this.#received.subarray(reply.end);
      const { resolve, reject } = this.#waiting.shift();
      if (reply.value instanceof Error) reject(reply.value);
      else resolve(reply.value);
    }
  }
}

/** {value, end} of the reply that begins at `start`, or undefined while some of it is missing. */
function parse(bytes, start) {
  const lineEnd = bytes.indexOf(CRLF, start);
  if (lineEnd < 0) return undefined;
  const line = bytes.subarray(start + 1, lineEnd).toString();
  const end = lineEnd + 2;
  const kind = String.fromCharCode(bytes[start]);
  if (kind === "+") return { value: line, end };
  if (kind === "-") return { value: new Error(line), end };
  if (kind === ":") return { value: Number(line), end };
  if (Number(line) < 0) return { value: null, end };
  return kind === "$" ? parseText(bytes, end, Number(line)) : parseArray(bytes, end, Number(line));
}

// Latin-1 keeps every byte, whatever they mean.
function parseText(bytes, start, length) {
  const end = start + length;
  return bytes.length < end + 2 ? undefined : { value: bytes.latin1Slice(start, end), end: end + 2 };
}

function parseArray(bytes, start, count) {
  const value = [];
  let end = start;
  while (value.length < count) {
    const item = parse(bytes, end);
    if (!item) return undefined;
    value.push(item.value);
    end = item.end;
  }
  return { value, end };
}
