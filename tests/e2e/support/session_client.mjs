// A client of `signaling.v1` whose peer outlives its connections. Written from docs/protocol.md, section "Sessions", and
// not from signaling.js, so that the two check each other.
import WebSocket from "ws";

const OF_LINK = new Set(["welcome", "ack", "ping", "pong", "going-away"]);

export class SessionClient {
  id = "";
  /** The welcomes, in order. */
  welcomes = [];
  /** The messages that count, in order. */
  heard = [];
  onMessage = () => {};
  #url;
  #options;
  #secret = "";
  #received = 0;
  #confirmed = 0; // of `#received`
  #sent = []; // those that the server has not confirmed
  #base = 0; // so many came before
  #socket = null;
  #isOpen = false;
  #isClosed = false;
  #retry = 0;

  /** `url()`: where the next connection goes. `keep`: seconds. */
  constructor(url, { keep = 60, retryMs = 20, wish = "", ...options } = {}) {
    this.#url = url;
    this.#options = { keep, retryMs, options };
    this.id = wish;
  }

  get isOpen() {
    return this.#isOpen;
  }

  connect() {
    clearTimeout(this.#retry);
    const url = new URL(this.#url());
    url.searchParams.set("keep", this.#options.keep);
    if (this.id) url.searchParams.set("peer", this.id);
    if (this.#secret) {
      url.searchParams.set("resume", this.#secret);
      url.searchParams.set("received", this.#received);
    }
    const socket = new WebSocket(url, "signaling.v1", this.#options.options);
    this.#socket = socket;
    socket.on("message", (data) => this.#socket === socket && this.#receive(JSON.parse(data)));
    socket.on("error", () => {});
    socket.on("close", () => this.#socket === socket && this.#lost());
  }

  /** Now, or when there is a connection; again, if it gets lost. */
  send(message) {
    const text = JSON.stringify(message);
    this.#sent.push(text);
    if (this.#isOpen) this.#socket.send(text);
  }

  /** The network is gone: nothing is heard of this socket any more. */
  lose() {
    const socket = this.#socket;
    this.#lost();
    socket?.terminate();
  }

  /** The messages that come are not taken from the network. */
  stopReading() {
    this.#socket.pause();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#socket?.close(1000);
  }

  #lost() {
    this.#isOpen = false;
    this.#socket = null;
    if (!this.#isClosed) this.#retry = setTimeout(() => this.connect(), this.#options.retryMs);
  }

  #receive(message) {
    if (message.type === "welcome") return this.#onWelcome(message);
    if (message.received !== undefined && OF_LINK.has(message.type)) this.#onConfirmed(message.received);
    if (OF_LINK.has(message.type)) return;
    ++this.#received;
    if (this.#received - this.#confirmed >= 32) this.#acknowledge();
    this.heard.push(message);
    this.onMessage(message);
  }

  #onWelcome(welcome) {
    this.welcomes.push(welcome);
    this.id = welcome.peer;
    this.#secret = welcome.resume;
    this.#isOpen = true;
    if (welcome.received !== undefined) this.#onConfirmed(welcome.received);
    if (welcome.resumed !== "exact") {
      this.#received = 0;
      this.#base = 0;
    }
    if (welcome.resumed) this.#acknowledge();
    for (const text of this.#sent) this.#socket.send(text);
  }

  #onConfirmed(count) {
    this.#sent.splice(0, count - this.#base);
    this.#base = count;
  }

  #acknowledge() {
    this.#confirmed = this.#received;
    this.#socket.send(JSON.stringify({ type: "ack", received: this.#received }));
  }
}
