// A client of any dialect that is spoken in text messages over a WebSocket.

import assert from "node:assert/strict";
import WebSocket from "ws";
import { within } from "../../support/deadline.mjs";

export class TextClient {
  #inbox = [];
  #wake = () => {};

  /** Opens a connection, without waiting. */
  constructor(server, path, { secure = false, ...options } = {}) {
    const url = new URL(path, secure ? server.tlsUrl : server.url);
    url.protocol = secure ? "wss:" : "ws:";
    this.socket = new WebSocket(url, { rejectUnauthorized: false, ...options });
    this.socket.on("message", (data, isBinary) => {
      assert.ok(!isBinary, "the server sends text");
      this.#inbox.push(data.toString());
      this.#wake();
    });
    this.socket.on("error", () => {}); // followed by "close"
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
  }

  /** A client that is connected, until the test `t` ends. */
  static async connect(t, server, path, options) {
    const client = new this(server, path, options);
    t.after(() => client.socket.terminate());
    await within(new Promise((resolve) => client.socket.once("open", resolve)), "a connection");
    return client;
  }

  /** An object is sent as JSON, text and bytes as they are. */
  send(message) {
    const raw = typeof message === "string" || Buffer.isBuffer(message);
    this.socket.send(raw ? message : JSON.stringify(message));
  }

  async nextText() {
    while (!this.#inbox.length) {
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error("closed, a message was wanted");
      await within(new Promise((resolve) => (this.#wake = resolve)), "a message");
    }
    return this.#inbox.shift();
  }

  async next() {
    return JSON.parse(await this.nextText());
  }

  /** The next message is this one. */
  async expect(message) {
    assert.deepEqual(await this.next(), message);
  }

  close() {
    this.socket.close();
    return within(this.closed, "the end of a connection");
  }
}
