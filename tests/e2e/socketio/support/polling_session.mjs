// An Engine.IO session over HTTP long-polling, request by request.

import assert from "node:assert/strict";
import { DEADLINE_MS } from "../../support/deadline.mjs";

/** Between two packets of a payload. */
export const SEPARATOR = "\x1e";

/** One request: {status, headers, text}. `init`: as for fetch. */
export async function engineRequest(server, path, query, init = {}) {
  const url = new URL(path, server.url);
  url.search = new URLSearchParams(query);
  const response = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS), ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export class PollingSession {
  #server;
  #path;

  constructor(server, path, handshake) {
    this.#server = server;
    this.#path = path;
    this.handshake = handshake;
    this.sid = handshake.sid;
  }

  static async open(server, path = "/engine.io/") {
    const { status, text } = await engineRequest(server, path, { EIO: 4, transport: "polling" });
    assert.equal(status, 200, text);
    assert.equal(text[0], "0");
    return new PollingSession(server, path, JSON.parse(text.slice(1)));
  }

  /** {status, headers, text} of any request of this session. */
  request(init = {}) {
    return engineRequest(this.#server, this.#path, { EIO: 4, transport: "polling", sid: this.sid }, init);
  }

  /** The packets of the next poll. */
  async poll(init = {}) {
    const { status, text } = await this.request(init);
    assert.equal(status, 200, text);
    return text.split(SEPARATOR);
  }

  /** The next packet that is no ping; pings are answered. Packets that came along are kept for the next call. */
  async next() {
    while (!this.kept?.length) {
      const packets = await this.poll();
      if (packets.includes("2")) await this.post("3");
      this.kept = packets.filter((packet) => packet !== "2");
    }
    return this.kept.shift();
  }

  async post(...packets) {
    const { status, text } = await this.request({ method: "POST", body: packets.join(SEPARATOR) });
    assert.deepEqual({ status, text }, { status: 200, text: "ok" });
  }

  /** The session is no more. */
  async expectClosed() {
    const { status, text } = await this.request();
    assert.deepEqual({ status, ...JSON.parse(text) }, { status: 400, code: 1, message: "Session ID unknown" });
  }
}
