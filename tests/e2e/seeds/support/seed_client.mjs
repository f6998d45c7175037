// A client of a Socket.IO vocabulary, through the real socket.io-client.

import assert from "node:assert/strict";
import { Agent } from "node:http";
import { io } from "socket.io-client";
import { within } from "../../support/deadline.mjs";

/** Keeps the connections that it makes, also those that have become WebSockets. */
class RememberingAgent extends Agent {
  #connections = new Set();
  #isCut = false;

  createConnection(...args) {
    const connection = super.createConnection(...args);
    this.#connections.add(connection.once("close", () => this.#connections.delete(connection)));
    if (this.#isCut) connection.resetAndDestroy(); // between two polls there was none to cut
    return connection;
  }

  cut() {
    this.#isCut = true;
    for (const connection of this.#connections) connection.resetAndDestroy();
  }
}

export class SeedClient {
  #agent = new RememberingAgent();
  #marker;
  /** Events that came and nobody took: [name, ...arguments]. */
  #inbox = [];
  #wake = () => {};

  /**
   * Does not connect yet. `marker`: an event that the vocabulary has and that needs an argument; all else: options of
   * io().
   */
  constructor(server, { namespace = "/", marker, ...options } = {}) {
    this.#marker = marker;
    const ownConnections = { agent: this.#agent, forceNew: true, reconnection: false };
    this.socket = io(server.url + namespace, { ...ownConnections, autoConnect: false, ...options });
    this.socket.onAny((...event) => {
      this.#inbox.push(event);
      this.#wake();
    });
    this.refused = new Promise((resolve) => this.socket.once("connect_error", resolve));
    this.closed = new Promise((resolve) => this.socket.once("disconnect", resolve));
    this.closed.then(() => this.#wake());
  }

  /** A client that is in its namespace. */
  static async connect(server, options) {
    const client = new SeedClient(server, options);
    const connected = new Promise((resolve) => client.socket.once("connect", resolve));
    client.socket.connect();
    const refused = client.refused.then((error) => Promise.reject(error));
    await within(Promise.race([connected, refused]), "a namespace");
    client.id = client.socket.id;
    return client;
  }

  emit(...event) {
    this.socket.emit(...event);
  }

  /** The next event: [name, ...arguments]. */
  async next() {
    await this.#until(() => this.#inbox.length, "an event");
    return this.#inbox.shift();
  }

  /** The next events are these, argument by argument. */
  async expect(...events) {
    for (const event of events) assert.deepEqual(await this.next(), event);
  }

  /** The same, in any order among themselves. */
  async expectInAnyOrder(...events) {
    const came = [];
    for (const _ of events) came.push(await this.next());
    const byText = (one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);
    assert.deepEqual(came.sort(byText), events.sort(byText));
  }

  /** The next event tells of a failure with this code. */
  async expectError(code) {
    const [name, error, ...more] = await this.next();
    assert.deepEqual([name, Object.keys(error), error.code, more], ["error", ["code", "message"], code, []]);
  }

  /** The server has done what this client sent before. What came meanwhile is kept. */
  async settle() {
    const isError = ([name]) => name === "error";
    this.emit(this.#marker);
    await this.#until(() => this.#inbox.some(isError), "an error");
    this.#inbox.splice(this.#inbox.findIndex(isError), 1);
  }

  /** Nothing has come that nobody took, and nothing is on its way from `others`. */
  async expectNothing(...others) {
    for (const other of others) await other.settle();
    this.emit(this.#marker);
    await this.expectError("bad_request");
    assert.deepEqual(this.#inbox, []);
  }

  async #until(condition, what) {
    while (!condition()) {
      if (!this.socket.connected) throw new Error(`disconnected, wanted: ${what}`);
      const event = new Promise((resolve) => (this.#wake = resolve));
      await within(event, `${what} for ${this.id}, there is ${JSON.stringify(this.#inbox)}`);
    }
  }

  /** The transport that it is on, once it has upgraded if it does. */
  async transport() {
    const { engine } = this.socket.io;
    if (engine.transport.name === "polling" && engine.transports.length > 1)
      await within(new Promise((resolve) => engine.once("upgrade", resolve)), "the upgrade");
    return engine.transport.name;
  }

  /** When it has ended: the reason, in the words of socket.io-client. */
  ended() {
    return within(this.closed, "the end of the connection");
  }

  async close() {
    this.socket.disconnect();
    await this.ended();
  }

  /** Ends with a TCP reset of all its connections, as if it had crashed. */
  async abort() {
    this.#agent.cut();
    await this.ended();
  }
}
