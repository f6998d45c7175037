// A client of the native protocol, `signaling.v1`. It is independent of WebRTC and of the page. It runs under
// Node as well, before version 22 with `globalThis.WebSocket` from the package `ws`.
//
// Sessions: when the connection is lost, the server keeps this client's peer for `keepSeconds`, and the
// client resumes it on the next connection. Requests that were under way are then answered or sent again.
// Calls made meanwhile wait for that connection and keep their order; beyond `maxUnconfirmedCharacters` the
// oldest are rejected. If the session is over, all of them are rejected with `disconnected`, and the client
// joins its rooms again as a new peer. If the server keeps no peers, requests are rejected as soon as the
// connection is lost.
//
// Events, each with the server's message as `detail`:
//   joined         a room was joined; `rejoined` is true if the client did it again by itself
//   left           this peer has left a room, or the server has removed it and may say why in `message`
//   peer-joined, peer-updated, peer-left
//   peer-away, peer-back      a member has lost its connection, and has one again; it stays a member
//   members        the answer to members(); without `id`: messages were lost, and this is the room now
//   offer, answer, candidate, message, event      from another peer
//   welcome, ice-servers, going-away
// and of its own:
//   state          {state, delayMs}: the connection changed; `delayMs` is the time to the next attempt
//   resumed        {resumed, lost, reason}: what goes on after a lost connection. "exact": all. "rooms": the peer
//                  in its rooms, but `lost` messages are missing (undefined: an unknown number), and
//                  `members` of each room follows. "none": nothing, for this `reason`
//   error          {code, message, room}: what no promise could report

import { SessionLog } from "./session.js";

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
  // How long the server should keep the peer without a connection; 0: it should not.
  keepSeconds: 60,
  // How much of what was sent, or waits for a connection, is kept until the server confirms it: characters of
  // JSON.
  maxUnconfirmedCharacters: 1024 * 1024,
};

const MAX_KEEP_SECONDS = 86_400;

// The server is told after this time at the latest what has arrived.
const ACK_MS = 5_000;

// Of the server's time to reconnect: the clients that it sends away have different ones already.
const MAX_JITTER_MS = 1_000;

// These belong to the connection: neither side counts them, and they are never sent again.
const OF_THE_CONNECTION = new Set(["welcome", "ack", "ping", "pong", "going-away"]);

// A refusal with one of these is final; anything else may be different on the next attempt.
const FINAL_ERRORS = new Set(["unauthorized", "forbidden"]);
// The server does not know this client as the peer that it wants to be; as a new one it may be admitted.
const REFUSED_AS_PEER = new Set(["id_in_use", "bad_request"]);
const REPLACED = ["replaced", "You are connected elsewhere."];
const FINAL_CLOSE_CODES = new Map([
  [4401, ["unauthorized", "You are not admitted."]],
  [4403, ["kicked", "The server closed your connection."]],
  [4409, REPLACED],
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
  #abandoned = []; // sockets that were given up though they looked alive
  #rooms = new Map(); // name -> metadata; those to be in again after a reconnect
  #pending = new Map(); // request id -> request
  #lastRequest = 0;
  #peer = "";
  #resume = "";
  #log = null; // of the session, if the server keeps one
  #missed = null; // after messages of the server were lost, until its answer to a ping shows which
  #iceServers = [];
  #attempt = 0;
  #openedAt = 0;
  #announcedDelayMs = null; // from the server's `going-away`
  #waiters = []; // of connect()
  #timers = { connect: 0, retry: 0, heartbeat: 0, pong: 0, ack: 0 };

  /** `url`: ws(s)://host/signaling. `options`: see DEFAULTS. */
  constructor(url, options = {}) {
    super();
    this.#url = new URL(url);
    this.#options = { ...DEFAULTS, ...options };
    const { keepSeconds } = this.#options;
    if (!(Number.isInteger(keepSeconds) && keepSeconds >= 0 && keepSeconds <= MAX_KEEP_SECONDS))
      throw new RangeError(`keepSeconds must be a whole number from 0 to ${MAX_KEEP_SECONDS}`);
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
    if (this.#state === "closed") throw closed(); // by a listener of `state`
    await new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /**
   * Closes the connection and ends the peer. `connect` then starts anew, as a new peer. While there is no connection the
   * server learns nothing of it, and keeps the peer for the rest of its time.
   */
  close() {
    this.#end(closed());
  }

  /** Connects now instead of after the delay, or pings to find out whether the connection still lives. */
  wake() {
    if (this.#state === "waiting") this.#open();
    else if (this.#state === "open") this.#ping();
  }

  /** Enters a room and stays in it across reconnects. Resolves with the server's `joined`. */
  join(room, metadata) {
    return this.#request("join", { room, metadata }, { onAnswer: () => this.#rooms.set(room, metadata) });
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

  // `onAnswer` is called before the promise resolves and before any event.
  #request(type, fields, { onAnswer, isRejoin = false } = {}) {
    const isOpen = this.#state === "open";
    if (!isOpen && !this.#log) return Promise.reject(disconnected("The client is not connected."));
    const id = ++this.#lastRequest;
    return new Promise((resolve, reject) => {
      const text = JSON.stringify({ type, ...fields, id }); // throws if `fields` do not fit into JSON
      const request = { id, type, room: fields.room, text, isRejoin, onAnswer, resolve, reject };
      this.#pending.set(id, request);
      const givenUp = this.#log?.add(request, isOpen) ?? [];
      for (const each of givenUp) this.#reject(each, "Too much waits for the connection.");
      if (isOpen) this.#socket.send(text);
    });
  }

  #write(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #open() {
    clearTimeout(this.#timers.retry);
    const url = new URL(this.#url);
    const set = (name, value) => url.searchParams.set(name, value);
    if (this.#options.keepSeconds > 0) set("keep", this.#options.keepSeconds);
    if (this.#resume) {
      set("peer", this.#peer);
      set("resume", this.#resume);
      if (this.#log) set("received", this.#log.received);
    }
    const socket = new WebSocket(url, SUBPROTOCOL);
    this.#socket = socket;
    // A socket that was given up may still deliver messages. The server sends them again: `received` in the
    // URL of the next one does not count them.
    const ifCurrent = (handler) => (event) => this.#socket === socket && handler(event);
    socket.onmessage = ifCurrent((event) => this.#receive(event.data));
    socket.onclose = ifCurrent((event) => this.#onClose(event.code));
    // `close` follows and tells all. But with the `ws` package an error without a listener ends the process.
    socket.onerror = () => {};
    this.#timers.connect = setTimeout(() => this.#lost(), this.#options.connectTimeoutMs);
    this.#setState("connecting");
  }

  #receive(text) {
    const message = parse(text);
    if (this.#state === "open" && !OF_THE_CONNECTION.has(message?.type)) this.#count(text);
    if (!message) return;
    this.#heardFromServer();
    if (message.type === "welcome") return this.#onWelcome(message);
    if (message.type === "error") return this.#onError(message);
    if (message.type === "ack") return this.#log?.confirm(message.received);
    if (message.type === "pong") return this.#onPong(message);
    this.#answer(message);
  }

  // Most answers are events as well, and all events come here, also those that answer nothing.
  #answer(message) {
    const request = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    this.#learn(message, request);
    request?.onAnswer?.();
    request?.resolve(message);
    this.#emit(message.type, message);
  }

  #learn(message, request) {
    switch (message.type) {
      case "going-away":
        this.#announcedDelayMs = Math.max(0, Number(message.reconnectMs) || 0);
        break;
      case "ice-servers":
        this.#iceServers = message.iceServers ?? [];
        break;
      case "joined":
        message.rejoined = request?.isRejoin === true;
        break;
      case "members":
        if (message.id === undefined) this.#missed?.lists.set(message.room, message);
        break;
      case "left":
        this.#rooms.delete(message.room);
        break;
    }
  }

  #onWelcome(welcome) {
    const socket = this.#socket;
    clearTimeout(this.#timers.connect);
    this.#closeAbandoned();
    if (welcome.resumed === "none" && welcome.reason === "replaced") return this.#fail(...REPLACED);
    this.#peer = welcome.peer;
    this.#resume = welcome.resume ?? "";
    this.#iceServers = welcome.iceServers ?? [];
    this.#openedAt = performance.now();
    this.#announcedDelayMs = null;
    const everyMs = welcome.heartbeatMs || 25_000;
    this.#timers.heartbeat = setInterval(() => this.#ping(), everyMs);
    const goesOn = welcome.resumed === "exact" || welcome.resumed === "rooms";
    // Ahead of all that the application sends when it learns of the connection.
    goesOn ? this.#goOn(welcome) : this.#beginAgain(welcome);
    this.#setState("open");
    this.#emit("welcome", welcome);
    if (this.#socket !== socket) return; // closed by a listener
    for (const { resolve } of this.#waiters.splice(0)) resolve();
    if (!goesOn) for (const [room, metadata] of this.#rooms) this.#rejoin(room, metadata);
    this.#ping(); // servers drop connections that stay silent from the start
    const { resumed, lost, reason } = welcome;
    if (resumed) this.#emit("resumed", { resumed, lost, reason });
  }

  #beginAgain({ keep }) {
    this.#rejectAll(disconnected("The connection was lost."));
    this.#missed = null;
    this.#log = keep ? this.#newLog() : null;
  }

  #goOn({ resumed, received, keep }) {
    const isExact = resumed === "exact";
    const log = this.#log ?? this.#newLog();
    const lost = log.resume(received, isExact);
    for (const request of lost) this.#reject(request, "The request was lost.");
    const waiting = log.sendAll();
    if (!isExact) {
      const waits = new Set(waiting);
      const answersDue = [...this.#pending.values()].filter((request) => !waits.has(request));
      const rooms = [...this.#rooms.keys()];
      this.#missed = { ping: ++this.#lastRequest, answersDue, rooms, lists: new Map() };
    }
    this.#log = keep ? log : null;
    this.#write({ type: "ack", received: log.received }); // the secret that was shown is good until then
    for (const { text } of waiting) this.#socket.send(text);
  }

  #newLog() {
    return new SessionLog(this.#options.maxUnconfirmedCharacters);
  }

  #onPong({ id, received }) {
    this.#log?.confirm(received);
    if (!this.#missed || id !== this.#missed.ping) return;
    // The server handles messages in order: what it has not answered ahead of the ping, it had answered
    // before. And it has listed all rooms that this peer is in.
    const { answersDue, rooms, lists } = this.#missed;
    this.#missed = null;
    for (const request of answersDue) {
      if (this.#pending.has(request.id)) this.#answerFrom(lists.get(request.room), request);
    }
    for (const room of rooms) {
      if (lists.has(room) || !this.#rooms.delete(room)) continue;
      this.#emit("left", { type: "left", room, reason: "kicked" });
    }
  }

  // The answer to the request is lost. If it was a list of members, the newer one takes its place.
  #answerFrom(list, request) {
    const { id, type } = request;
    if (list && type === "members") return this.#answer({ ...list, id });
    if (list && type === "join") return this.#answer({ ...list, type: "joined", peer: this.#peer, id });
    this.#reject(request, "The answer was lost with the connection.");
  }

  async #rejoin(room, metadata) {
    try {
      await this.#request("join", { room, metadata }, { isRejoin: true });
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
    if (!REFUSED_AS_PEER.has(code) || !this.#resume) return;
    this.#endSession();
    this.#lost();
  }

  #onClose(closeCode) {
    const final = FINAL_CLOSE_CODES.get(closeCode);
    if (final) this.#fail(...final);
    else this.#lost();
  }

  #ping() {
    this.#write({ type: "ping", received: this.#takeReceived(), id: this.#missed?.ping });
    // An unanswered earlier ping keeps its deadline.
    this.#timers.pong ||= setTimeout(() => this.#lost(), this.#options.pongTimeoutMs);
  }

  #count(text) {
    if (!this.#log) return;
    if (this.#log.count(text)) this.#acknowledge();
    else this.#timers.ack ||= setTimeout(() => this.#acknowledge(), ACK_MS);
  }

  #acknowledge() {
    this.#write({ type: "ack", received: this.#takeReceived() });
  }

  #takeReceived() {
    clearTimeout(this.#timers.ack);
    this.#timers.ack = 0;
    return this.#log?.takeReceived();
  }

  // Any message shows that the server lives, a pong is only one of them.
  #heardFromServer() {
    clearTimeout(this.#timers.pong);
    this.#timers.pong = 0;
  }

  #lost() {
    const wasOpen = this.#state === "open";
    this.#dropSocket();
    if (!this.#log) this.#rejectAll(disconnected("The connection was lost."));
    if (wasOpen && performance.now() - this.#openedAt > this.#options.stableMs) this.#attempt = 0;
    const delayMs = this.#nextDelay();
    this.#timers.retry = setTimeout(() => this.#open(), delayMs);
    this.#setState("waiting", delayMs);
  }

  // Random, so that the clients of a server that failed do not all come back at the same moment.
  #nextDelay() {
    const { minDelayMs, maxDelayMs } = this.#options;
    const announced = this.#announcedDelayMs;
    this.#announcedDelayMs = null;
    if (announced !== null) return announced + Math.random() * Math.min(announced, MAX_JITTER_MS);
    const delay = Math.min(maxDelayMs, minDelayMs * 2 ** this.#attempt++);
    return delay / 2 + (Math.random() * delay) / 2;
  }

  #fail(code, message) {
    const isAwaited = this.#waiters.length > 0;
    this.#end(new SignalingError(code, message));
    if (!isAwaited) this.#emit("error", { code, message });
  }

  #end(error) {
    if (this.#state === "closed") return;
    this.#socket?.close();
    this.#dropSocket();
    this.#closeAbandoned();
    this.#rejectAll(error);
    this.#endSession();
    this.#rooms.clear();
    this.#peer = "";
    // Those of now: a listener that is told of the end may connect again.
    for (const { reject } of this.#waiters.splice(0)) reject(error);
    this.#setState("closed");
  }

  #endSession() {
    this.#log = null;
    this.#missed = null;
    this.#resume = "";
  }

  // Does not wait for the closing handshake: over a dead network it would take minutes. Where the server
  // keeps the peer, not even a close frame is sent, which would say that the client means to go: the socket
  // is closed when the next one has taken the peer over.
  #dropSocket() {
    const socket = this.#socket;
    this.#socket = null;
    const isAlive = ({ readyState }) => readyState === WebSocket.OPEN;
    this.#abandoned = this.#abandoned.filter(isAlive);
    if (this.#log && socket && isAlive(socket)) this.#abandoned.push(socket);
    else socket?.close();
    for (const name of Object.keys(this.#timers)) {
      clearTimeout(this.#timers[name]); // clears intervals as well
      this.#timers[name] = 0;
    }
  }

  #closeAbandoned() {
    for (const socket of this.#abandoned.splice(0)) socket.close();
  }

  #reject(request, message) {
    this.#pending.delete(request.id);
    request.reject(disconnected(message));
  }

  #rejectAll(error) {
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

function disconnected(message) {
  return new SignalingError("disconnected", message);
}

function closed() {
  return new SignalingError("closed", "The connection was closed.");
}

function parse(text) {
  try {
    const message = JSON.parse(text);
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null; // what is not JSON is ignored, as are unknown types
  }
}
