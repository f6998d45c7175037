// A WebSocket that speaks Engine.IO, packet by packet.

import assert from "node:assert/strict";
import WebSocket from "ws";
import { within } from "../../support/deadline.mjs";

export class EngineWebSocket {
  #inbox = [];
  #wake = () => {};
  #over = false;

  constructor(server, { path = "/engine.io/", sid, query = { EIO: 4, transport: "websocket" }, protocols = [], ...options } = {}) {
    const url = new URL(path, server.url);
    url.protocol = "ws:";
    url.search = new URLSearchParams(sid === undefined ? query : { ...query, sid });
    this.socket = new WebSocket(url, protocols, options);
    this.opened = new Promise((resolve) => this.socket.once("open", resolve));
    /** The answer, if it is no upgrade: {status, text}. */
    this.refused = new Promise((resolve) =>
      this.socket.once("unexpected-response", async (_, response) => {
        let text = "";
        for await (const piece of response.setEncoding("utf8")) text += piece;
        resolve({ status: response.statusCode, text });
      }),
    );
    this.socket.on("message", (data, isBinary) => {
      this.#inbox.push(isBinary ? data : data.toString());
      this.#wake();
    });
    this.socket.on("error", () => {}); // followed by "close"
    this.#closed = new Promise((resolve) =>
      this.socket.on("close", (code, reason) => {
        this.#over = true;
        this.closeReason = reason.toString();
        resolve(code);
        this.#wake();
      }),
    );
  }

  #closed;

  /** A session of its own, with `handshake` read. */
  static async open(server, options) {
    const websocket = new EngineWebSocket(server, options);
    const packet = await websocket.next();
    assert.equal(packet[0], "0");
    websocket.handshake = JSON.parse(packet.slice(1));
    return websocket;
  }

  /** As the second transport of a polling session, up to the answer of the probe. */
  static async probe(server, session, options) {
    const websocket = new EngineWebSocket(server, { sid: session.sid, ...options });
    await within(websocket.opened, "the upgrade");
    websocket.send("2probe");
    await websocket.expect("3probe");
    return websocket;
  }

  send(...packets) {
    for (const packet of packets) this.socket.send(packet);
  }

  /** The next packet that is no ping: a string, or a Buffer. Pings are answered. */
  async next() {
    for (;;) {
      const packet = await this.nextOfAll();
      if (packet !== "2") return packet;
      this.send("3");
    }
  }

  /** The next packet. */
  async nextOfAll() {
    while (!this.#inbox.length) {
      if (this.#over) throw new Error("the WebSocket is closed");
      await within(new Promise((resolve) => (this.#wake = resolve)), "a packet");
    }
    return this.#inbox.shift();
  }

  async expect(...packets) {
    for (const packet of packets) assert.deepEqual(await this.next(), packet);
  }

  /** The code that it was closed with; what came before and nobody read is dropped. */
  closed() {
    return within(this.#closed, "the end of the WebSocket");
  }

  /** Without a closing handshake. */
  abort() {
    this.socket.terminate();
  }
}
