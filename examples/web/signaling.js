// A client of the native protocol, `signaling.v1`. It knows nothing of WebRTC and nothing of the page. It runs
// under Node as well, before version 22 with `globalThis.WebSocket` from the package `ws`.
//
// Events, each with the server's message as `detail`:
//   joined         a room was entered; `rejoined` is true when that was done again after a lost connection
//   left           a room was left, or the server put this peer out of it and may say why in `message`
//   peer-joined, peer-updated, peer-left
//   offer, answer, candidate, message, event       from another peer
//   welcome, ice-servers, going-away
// and of its own:
//   state          {state, delayMs}: the connection changed; `delayMs` tells when the next attempt starts
//   error          {code, message, room}: what no promise could report

export const SUBPROTOCOL = "signaling.v1";

const DEFAULTS = {
  // Attempt n waits between a half and the whole of min(maxDelayMs, minDelayMs * 2^n).
  minDelayMs: 500,
  maxDelayMs: 15_000,
  // A connection that lasted this long was a good one: the next attempt starts at minDelayMs again.
  stableMs: 5_000,
  // From the attempt to the server's welcome.
  connectTimeoutMs: 10_000,
  // How long an answer to a ping may take before the server counts as dead.
  pongTimeoutMs: 10_000,
};

// To be refused for one of these is final; anything else may be different on the next attempt.
const FINAL_ERRORS = new Set(["unauthorized", "forbidden"]);
const FINAL_CLOSE_CODES = new Map([
  [4401, ["unauthorized", "You are not admitted."]],
  [4403, ["kicked", "You were put out by the server."]],
  [4409, ["replaced", "You are connected elsewhere."]],
]);

export class SignalingError extends Error {
  constructor(code, message) {
    super(message || code);
    this.name = "SignalingError";
    this.code = code;
  }
}

export class SignalingClient extends EventTarget {
  #url;
  #options;
  #state = "closed";
  #socket = null;
  #rooms = new Map(); // name -> metadata; those to be in again after a reconnect
  #pending = new Map(); // request id -> {resolve, reject, onAnswer}
  #lastRequest = 0;
  #peer = "";
  #resume = "";
  #iceServers = [];
  #attempt = 0;
  #openedAt = 0;
  #announcedDelayMs = null; // from the server's `going-away`
  #waiters = []; // of connect()
  #timers = { connect: 0, retry: 0, heartbeat: 0, pong: 0 };

  /** `url`: ws(s)://host/signaling. `options`: see DEFAULTS. */
  constructor(url, options = {}) {
    super();
    this.#url = new URL(url);
    this.#options = { ...DEFAULTS, ...options };
  }

  /** "closed", "connecting", "open" or "waiting" (for the next attempt). */
  get state() {
    return this.#state;
  }

  /** The id the server gave this client; empty before the first welcome. */
  get peer() {
    return this.#peer;
  }

  get iceServers() {
    return this.#iceServers;
  }

  /** Resolves on the server's welcome, however many attempts it takes; rejects on `close` or refusal. */
  async connect() {
    if (this.#state === "closed") {
      this.#attempt = 0;
      this.#open();
    }
    if (this.#state === "open") return;
    if (this.#state === "closed") throw closed(); // by who listens to `state`
    await new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Ends the connection for good. `connect` starts a new one, as a new peer. */
  close() {
    this.#end(closed());
  }

  /** Whether waiting for the next attempt or unsure if the server still lives: find out now. */
  wake() {
    if (this.#state === "waiting") this.#open();
    else if (this.#state === "open") this.#ping();
  }

  /** Enters a room and stays in it across reconnects. Resolves with the server's `joined`. */
  join(room, metadata) {
    return this.#request("join", { room, metadata }, () => this.#rooms.set(room, metadata));
  }

  async leave(room) {
    this.#rooms.delete(room);
    return this.#request("leave", { room });
  }

  /** Replaces the metadata that the others in the room see. */
  async update(room, metadata) {
    if (this.#rooms.has(room)) this.#rooms.set(room, metadata);
    return this.#request("update", { room, metadata });
  }

  members(room) {
    return this.#request("members", { room });
  }

  // To one peer. These resolve when the server has passed it on, and reject when that peer is not there.
  offer(to, data) {
    return this.#request("offer", { to, data });
  }
  answer(to, data) {
    return this.#request("answer", { to, data });
  }
  candidate(to, data) {
    return this.#request("candidate", { to, data });
  }
  message(to, data) {
    return this.#request("message", { to, data });
  }

  /** An event of the application's own; `target` is {to: peer} or {room}. */
  event(name, target, data) {
    return this.#request("event", { ...target, event: name, data });
  }

  // `onAnswer` is called before anybody is told of the answer.
  #request(type, fields, onAnswer) {
    if (this.#state !== "open")
      return Promise.reject(new SignalingError("disconnected", "There is no connection."));
    const id = ++this.#lastRequest;
    return new Promise((resolve, reject) => {
      this.#write({ type, ...fields, id }); // throws if `fields` do not fit into JSON
      this.#pending.set(id, { resolve, reject, onAnswer });
    });
  }

  #write(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #open() {
    clearTimeout(this.#timers.retry);
    const url = new URL(this.#url);
    if (this.#resume) {
      url.searchParams.set("peer", this.#peer);
      url.searchParams.set("resume", this.#resume);
    }
    const socket = new WebSocket(url, SUBPROTOCOL);
    this.#socket = socket;
    // A socket that was given up may still speak; only the current one is heard.
    const heard = (handler) => (event) => this.#socket === socket && handler(event);
    socket.onmessage = heard((event) => this.#receive(event.data));
    socket.onclose = heard((event) => this.#onClose(event.code));
    // `close` follows and tells all. But for the `ws` package an error that nobody listens to ends the process.
    socket.onerror = () => {};
    this.#timers.connect = setTimeout(() => this.#lost(), this.#options.connectTimeoutMs);
    this.#setState("connecting");
  }

  #receive(text) {
    const message = parse(text);
    if (!message) return;
    this.#heardFromServer();
    const request = this.#pending.get(message.id);
    switch (message.type) {
      case "welcome":
        return this.#onWelcome(message);
      case "error":
        return this.#onError(message);
      case "pong":
        return;
      case "going-away":
        this.#announcedDelayMs = Math.max(0, Number(message.reconnectMs) || 0);
        break;
      case "ice-servers":
        this.#iceServers = message.iceServers ?? [];
        break;
      case "joined":
        message.rejoined = this.#rooms.has(message.room);
        break;
      case "left":
        this.#rooms.delete(message.room);
        break;
    }
    this.#pending.delete(message.id);
    request?.onAnswer?.();
    request?.resolve(message);
    this.#emit(message.type, message);
  }

  #onWelcome(welcome) {
    const socket = this.#socket;
    clearTimeout(this.#timers.connect);
    this.#peer = welcome.peer;
    this.#resume = welcome.resume ?? "";
    this.#iceServers = welcome.iceServers ?? [];
    this.#openedAt = performance.now();
    this.#announcedDelayMs = null;
    const everyMs = welcome.heartbeatMs || 25_000;
    this.#timers.heartbeat = setInterval(() => this.#ping(), everyMs);
    this.#setState("open");
    this.#emit("welcome", welcome);
    if (this.#socket !== socket) return; // closed by who was told
    for (const { resolve } of this.#waiters.splice(0)) resolve();
    for (const [room, metadata] of this.#rooms) this.#rejoin(room, metadata);
    this.#ping(); // servers drop connections that stay silent from the start
  }

  async #rejoin(room, metadata) {
    try {
      await this.#request("join", { room, metadata });
    } catch (error) {
      if (error.code === "disconnected") return; // the next welcome tries again
      this.#rooms.delete(room);
      this.#emit("error", { code: error.code, message: error.message, room });
    }
  }

  #onError({ code, message, id }) {
    const request = this.#pending.get(id);
    this.#pending.delete(id);
    if (request) return request.reject(new SignalingError(code, message));
    if (code === "kicked") return this.#fail(code, message); // close code 4403 follows, and says less
    if (this.#state === "open") return this.#emit("error", { code, message });
    // Refused instead of welcomed; the connection closes.
    if (FINAL_ERRORS.has(code)) return this.#fail(code, message);
    if (code !== "id_in_use" || !this.#resume) return;
    this.#resume = ""; // as somebody new it may work
    this.#lost();
  }

  #onClose(closeCode) {
    const final = FINAL_CLOSE_CODES.get(closeCode);
    if (final) this.#fail(...final);
    else this.#lost();
  }

  #ping() {
    this.#write({ type: "ping" });
    // An unanswered earlier ping keeps its deadline.
    this.#timers.pong ||= setTimeout(() => this.#lost(), this.#options.pongTimeoutMs);
  }

  // Any message shows that the server lives, a pong is only one of them.
  #heardFromServer() {
    clearTimeout(this.#timers.pong);
    this.#timers.pong = 0;
  }

  #lost() {
    const wasOpen = this.#state === "open";
    this.#dropSocket(new SignalingError("disconnected", "The connection was lost."));
    if (wasOpen && performance.now() - this.#openedAt > this.#options.stableMs) this.#attempt = 0;
    const delayMs = this.#nextDelay();
    this.#timers.retry = setTimeout(() => this.#open(), delayMs);
    this.#setState("waiting", delayMs);
  }

  // Random, so that the clients of a server that failed do not all come back in the same moment.
  #nextDelay() {
    const { minDelayMs, maxDelayMs } = this.#options;
    const announced = this.#announcedDelayMs;
    this.#announcedDelayMs = null;
    if (announced !== null) return announced * (1 + Math.random());
    const delay = Math.min(maxDelayMs, minDelayMs * 2 ** this.#attempt++);
    return delay / 2 + (Math.random() * delay) / 2;
  }

  #fail(code, message) {
    const somebodyWaits = this.#waiters.length > 0;
    this.#end(new SignalingError(code, message));
    if (!somebodyWaits) this.#emit("error", { code, message });
  }

  #end(error) {
    if (this.#state === "closed") return;
    this.#dropSocket(error);
    this.#rooms.clear();
    this.#peer = this.#resume = "";
    // Those of now: who is told of the end may connect again.
    for (const { reject } of this.#waiters.splice(0)) reject(error);
    this.#setState("closed");
  }

  // Does not wait for the closing handshake: over a dead network it would take minutes.
  #dropSocket(error) {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    for (const name of Object.keys(this.#timers)) {
      clearTimeout(this.#timers[name]); // clears intervals as well
      this.#timers[name] = 0;
    }
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }

  #setState(state, delayMs = 0) {
    this.#state = state;
    this.#emit("state", { state, delayMs });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function closed() {
  return new SignalingError("closed", "The connection was closed.");
}

function parse(text) {
  try {
    const message = JSON.parse(text);
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null; // not ours to repair: what is not JSON is ignored, as are unknown types
  }
}
