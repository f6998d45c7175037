// WHIP and WHEP by fetch, and a media server that answers what its script says.

import assert from "node:assert/strict";
import { NativeClient } from "../../support/native_client.mjs";

export const FRAGMENT = "application/trickle-ice-sdpfrag";

/** An offer with an audio and a video section. */
export function offerOf(direction = "sendonly", { ufrag = "EsAw", more = "" } = {}) {
  const section = (media, mid) =>
    [
      `m=${media} 9 UDP/TLS/RTP/SAVPF 111`,
      "c=IN IP4 0.0.0.0",
      `a=mid:${mid}`,
      `a=ice-ufrag:${ufrag}`,
      "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
      "a=setup:actpass",
      `a=${direction}`,
    ].join("\r\n");
  const session = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1";
  return `${session}\r\n${section("audio", "0")}\r\n${section("video", "1")}\r\n${more}`;
}

export const ANSWER = offerOf("recvonly", { ufrag: "sfu1" }).replaceAll("actpass", "passive");

/** What whip-whep sends for one candidate. */
export function fragmentOf({ ufrag = "EsAw", mid = "0", candidates = [], end = false } = {}) {
  const lines = [
    `a=ice-ufrag:${ufrag}`,
    "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
    "m=audio 9 UDP/TLS/RTP/SAVPF 0",
    `a=mid:${mid}`,
    ...candidates.map((candidate) => `a=${candidate}`),
  ];
  if (end) lines.push("a=end-of-candidates");
  return lines.map((line) => `${line}\r\n`).join("");
}

export class WhipClient {
  /** `path`: of the endpoint, such as "/whip/lobby". */
  constructor(server, path, { token, origin } = {}) {
    this.url = new URL(path, server.url);
    this.headers = {};
    if (token) this.headers.authorization = `Bearer ${token}`;
    if (origin) this.headers.origin = origin;
  }

  request(method, url, { headers = {}, body, signal } = {}) {
    return fetch(url, { method, headers: { ...this.headers, ...headers }, body, signal });
  }

  post(body, { headers = {}, ...more } = {}) {
    return this.request("POST", this.url, {
      headers: { "content-type": "application/sdp", ...headers },
      body,
      ...more,
    });
  }

  /** Posts and keeps what the answer says. */
  async open(body = offerOf()) {
    const response = await this.post(body);
    this.answer = await response.text();
    assert.equal(response.status, 201, this.answer);
    this.session = new URL(response.headers.get("location"), this.url);
    this.etag = response.headers.get("etag");
    this.response = response;
    return this;
  }

  patch(body, headers = {}) {
    return this.request("PATCH", this.session, { headers: { "content-type": FRAGMENT, ...headers }, body });
  }

  remove() {
    return this.request("DELETE", this.session);
  }
}

/** A member of a room that plays the media server. */
export class MediaServer {
  static async join(t, server, room, options) {
    const media = new MediaServer();
    media.client = await NativeClient.connect(server, options);
    t.after(() => media.client.socket.terminate());
    const joined = await media.client.request({ type: "join", room, metadata: { role: "sfu" } });
    assert.equal(joined.type, "joined", JSON.stringify(joined));
    media.room = room;
    return media;
  }

  /** The next message of that type; others are skipped. */
  async next(type) {
    for (;;) {
      const message = await this.client.next();
      if (message.type === type) return message;
    }
  }

  send(type, to, data, more = {}) {
    this.client.send({ type, to, room: this.room, data, ...more });
  }

  event(name, to, data = {}) {
    this.send("event", to, data, { event: name });
  }

  /** Answers each offer from now on; gives what it has answered. */
  async answerAll(sdp = ANSWER, count = Infinity) {
    const answered = [];
    while (answered.length < count) {
      const { from } = await this.next("offer");
      this.send("answer", from, { type: "answer", sdp });
      answered.push(from);
    }
    return answered;
  }

  /** Answers the next offer. */
  async answer(sdp = ANSWER) {
    const offer = await this.next("offer");
    this.send("answer", offer.from, { type: "answer", sdp });
    return offer;
  }
}

/** A client with a session in `room`, and the media server's name for it. */
export async function session(media, server, path, { body, ...options } = {}) {
  const client = new WhipClient(server, path, options);
  const [offer] = await Promise.all([media.answer(), client.open(body)]);
  client.peer = offer.from;
  return client;
}
