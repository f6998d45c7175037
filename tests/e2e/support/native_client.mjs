// A client of the native protocol. Everything it receives is checked against docs/protocol.schema.json.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import WebSocket from "ws";
import { within } from "./deadline.mjs";

const SUBPROTOCOL = "signaling.v1";
const schema = JSON.parse(
  readFileSync(new URL("../../../docs/protocol.schema.json", import.meta.url), "utf8"),
);
const ajv = new Ajv2020({ strictTypes: false });
ajv.addSchema(schema, "signaling");
const isServerMessage = ajv.getSchema("signaling#/$defs/server");

let requests = 0;

export class NativeClient {
  /** What was received and not yet taken: {message, text}. */
  #inbox = [];
  #waiting = new Set();
  #requested = new Set();
  #closed;
  /** From the welcome. */
  id = "";
  resume = "";

  /**
   * Opens a connection without waiting for the welcome. `query`: parameters of the URL; `secure`: over TLS; all other
   * options go to the WebSocket.
   */
  constructor(server, { query = {}, secure = false, ...options } = {}) {
    const url = new URL("/signaling", secure ? server.tlsUrl : server.url);
    url.protocol = secure ? "wss:" : "ws:";
    url.search = new URLSearchParams(query);
    this.socket = new WebSocket(url, SUBPROTOCOL, { rejectUnauthorized: false, ...options });
    this.socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    this.socket.on("error", () => {}); // followed by "close"
    this.#closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
  }

  /** A client that was admitted. */
  static async connect(server, options) {
    const client = new NativeClient(server, options);
    const welcome = await client.next();
    assert.equal(welcome.type, "welcome", JSON.stringify(welcome));
    assert.equal(client.socket.protocol, SUBPROTOCOL);
    client.id = welcome.peer;
    client.resume = welcome.resume;
    client.welcome = welcome;
    return client;
  }

  #receive(data, isBinary) {
    assert.ok(!isBinary, "the server sends text");
    const text = data.toString();
    const message = JSON.parse(text);
    assert.ok(isServerMessage(message), `${text}: ${ajv.errorsText(isServerMessage.errors)}`);
    this.#inbox.push({ message, text });
    this.#wake();
  }

  #wake() {
    for (const resume of this.#waiting) resume();
    this.#waiting.clear();
  }

  /** An object is sent as JSON, text and bytes as they are. */
  send(message) {
    const raw = typeof message === "string" || Buffer.isBuffer(message);
    this.socket.send(raw ? message : JSON.stringify(message));
  }

  /** Sends a request with an id of its own and returns the answer, whatever comes before it. */
  async request(message) {
    const id = ++requests;
    this.#requested.add(id);
    this.send({ ...message, id });
    const answer = await this.#take((one) => one.id === id, `the answer to ${message.type}`);
    this.#requested.delete(id);
    return answer.message;
  }

  /** The next message that answers no request(). */
  async next() {
    return (await this.#take(({ id }) => !this.#requested.has(id), "a message")).message;
  }

  /** The same as it was on the wire. */
  async nextText() {
    return (await this.#take(({ id }) => !this.#requested.has(id), "a message")).text;
  }

  /** The next message is this one, field for field. */
  async expect(message) {
    assert.deepEqual(await this.next(), message);
  }

  /** Whatever the server had to tell this client before now has arrived: what of it nobody took. */
  async drain() {
    await this.request({ type: "ping" });
    return this.#inbox.splice(0).map(({ message }) => message);
  }

  /** Nothing has arrived that nobody took. */
  async expectNothing() {
    assert.deepEqual(await this.drain(), []);
  }

  async join(room, metadata) {
    const joined = await this.request({ type: "join", room, metadata });
    assert.equal(joined.type, "joined", JSON.stringify(joined));
    return joined;
  }

  async #take(wanted, what) {
    for (;;) {
      const index = this.#inbox.findIndex(({ message }) => wanted(message));
      if (index >= 0) return this.#inbox.splice(index, 1)[0];
      const state = `${this.id || "client"}: ${what}; there is ${JSON.stringify(this.#inbox.slice(0, 5))}`;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed, wanted by ${state}`);
      await within(new Promise((resolve) => this.#waiting.add(resolve)), state);
    }
  }

  /** When the connection has ended: {code, reason}. */
  async closed() {
    return within(this.#closed, "the end of the connection");
  }

  /** Ends in peace. */
  async close() {
    this.socket.close(1000);
    return this.closed();
  }

  /** Ends with a TCP reset; not over TLS. */
  async reset() {
    this.socket._socket.resetAndDestroy();
    return this.closed();
  }
}

/** Connected clients; they are closed when the test `t` ends. */
export async function connectClients(t, server, count, options) {
  const clients = await Promise.all(
    Array.from({ length: count }, () => NativeClient.connect(server, options)),
  );
  t.after(() => clients.forEach(({ socket }) => socket.terminate()));
  return clients;
}

/** The same, all in one room, in order, and told of each other. */
export async function joinClients(t, server, count, room, options) {
  const clients = await connectClients(t, server, count, options);
  for (const client of clients) await client.join(room);
  for (const client of clients) await client.drain();
  return clients;
}
