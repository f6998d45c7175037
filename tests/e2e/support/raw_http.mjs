// HTTP as bytes: whatever is written goes out, right or wrong, and answers are read by the rules of RFC 9112.

import { openSocket } from "./byte_stream.mjs";

const NO_BODY = new Set([204, 304]);

/** One connection. Close it with `destroy()`. */
export class RawHttp {
  constructor({ socket, stream }) {
    this.socket = socket;
    this.stream = stream;
  }

  static async open(server, options) {
    return new RawHttp(await openSocket(server, options));
  }

  write(bytes) {
    this.socket.write(bytes);
  }

  /**
   * The next answer: {status, version, headers, body}. `headers` maps lower-case names to values, repeated ones joined
   * with ", ". `method`: of the request; an answer to HEAD has no body.
   */
  async answer({ method = "GET" } = {}) {
    const head = (await this.stream.readThrough("\r\n\r\n")).toString("latin1");
    const [line, ...fields] = head.slice(0, -4).split("\r\n");
    const match = /^HTTP\/(1\.\d) (\d{3})(?: (.*))?$/.exec(line);
    if (!match) throw new Error(`no status line: ${JSON.stringify(line)}`);
    const answer = { version: match[1], status: Number(match[2]), headers: parseFields(fields) };
    return { ...answer, body: await this.#body(answer, method) };
  }

  async #body({ status, headers }, method) {
    if (status < 200 || NO_BODY.has(status) || method === "HEAD") return "";
    const length = headers.get("content-length");
    const bytes = length === undefined ? await this.stream.rest() : await this.stream.read(Number(length));
    return bytes.toString("utf8");
  }

  destroy() {
    this.socket.destroy();
  }
}

function parseFields(lines) {
  const fields = new Map();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    fields.set(name, fields.has(name) ? `${fields.get(name)}, ${value}` : value);
  }
  return fields;
}

/** Writes one request as it is, on a connection of its own, and reads the answer. */
export async function exchange(server, bytes, options = {}) {
  const http = await RawHttp.open(server, options);
  try {
    http.write(bytes);
    return await http.answer(options);
  } finally {
    http.destroy();
  }
}

/** A well-formed request: `headers` are lines such as "Accept: *". */
export function request(method, target, headers = [], body = "") {
  return [`${method} ${target} HTTP/1.1`, "Host: 127.0.0.1", ...headers, "", body].join("\r\n");
}

/** The status of a well-formed GET that closes the connection. */
export async function get(server, target, options) {
  return exchange(server, request("GET", target, ["Connection: close"]), options);
}
