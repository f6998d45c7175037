// A client of the vertex protocol: JSON text over a plain WebSocket.

import assert from "node:assert/strict";
import WebSocket from "ws";
import { within } from "../../support/deadline.mjs";

export class VertexClient {
  #inbox = [];
  #wake = () => {};

  constructor(server, { secure = false } = {}) {
    const url = new URL("/ws", secure ? server.tlsUrl : server.url);
    url.protocol = secure ? "wss:" : "ws:";
    this.socket = new WebSocket(url, { rejectUnauthorized: false });
    this.socket.on("message", (data) => {
      this.#inbox.push(data.toString());
      this.#wake();
    });
    this.closed = new Promise((resolve) => this.socket.once("close", resolve));
  }

  static async connect(server, options) {
    const client = new VertexClient(server, options);
    await within(new Promise((resolve) => client.socket.once("open", resolve)), "a connection");
    return client;
  }

  /** A client that is registered, and has its first list. */
  static async register(server, id, more = {}, options = undefined) {
    const client = await VertexClient.connect(server, options);
    client.id = id;
    client.self = { id, device_name: `${id}'s phone`, username: id, user_agent: "web", ...more };
    client.send({ type: "new", data: client.self });
    client.peers = (await client.expectType("peers")).data;
    return client;
  }

  /** An object is sent as JSON, text and bytes as they are. */
  send(message) {
    const raw = typeof message === "string" || Buffer.isBuffer(message);
    this.socket.send(raw ? message : JSON.stringify(message));
  }

  async nextText() {
    while (!this.#inbox.length) {
      await within(new Promise((resolve) => (this.#wake = resolve)), `a message for ${this.id ?? "a client"}`);
    }
    return this.#inbox.shift();
  }

  async next() {
    return JSON.parse(await this.nextText());
  }

  async expectType(type) {
    const message = await this.next();
    assert.equal(message.type, type, JSON.stringify(message));
    return message;
  }

  /** The next message is a list of exactly these, in any order. */
  async expectPeers(...clients) {
    const { data } = await this.expectType("peers");
    const byId = (a, b) => (a.id < b.id ? -1 : 1);
    assert.deepEqual(data.sort(byId), clients.map(({ self }) => self).sort(byId));
  }

  /** Nothing has come that was not read, and nothing is on its way from `others`. */
  async expectNothing(...others) {
    for (const other of [this, ...others]) {
      const marker = { type: "candidate", data: { to: this.id, marker: other.id } };
      other.send(marker);
      assert.deepEqual(await this.next(), marker);
    }
  }

  async close() {
    this.socket.close();
    await this.closed;
  }
}
