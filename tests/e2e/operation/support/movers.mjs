// Clients that come back to another node when theirs sends them away, and join their room again. Each keeps what it has
// said, and who has heard it: moving_crowd.mjs has the rules.

import { io } from "socket.io-client";
import WebSocket from "ws";

const idsOf = (peers) => peers.map(({ id }) => id);

/** One membership of one client. */
class Stay {
  endedAt = Infinity;
  /** Peers that are in the room with it, as far as it was told. */
  others = new Set();
  /** Those of them that it has seen joining. */
  greeted = new Set();
  /** The last number that it has heard from each client. */
  last = new Map();

  constructor(client, peer) {
    this.client = client;
    this.peer = peer;
  }
}

/** What clients of all protocols have in common. */
class Mover {
  stay;
  /** What it has said: {number, stay, owedTo, heardBy, answeredAt}. */
  log = [];
  /** For each time that it came back, how long it was out of its room, and how long it was told to wait. */
  returns = [];
  #leftAt;

  /** `room`: {name, clients}. */
  constructor(crowd, name, room) {
    Object.assign(this, { crowd, name, room });
    room.clients.push(this);
  }

  fault(text) {
    this.crowd.faults.push(`${this.name} in ${this.room.name}: ${text}`);
  }

  /** It is in its room. `others`: those of whom it was told that they were there. */
  joined(peer, others, toldMs) {
    this.stay = new Stay(this, peer);
    this.stay.others = new Set(others);
    if (this.#leftAt !== undefined) this.returns.push({ outMs: performance.now() - this.#leftAt, toldMs });
  }

  /** Its node sends it away. */
  ended() {
    if (!this.stay) return this.fault("sent away before it was in its room");
    this.stay.endedAt = this.#leftAt = performance.now();
    this.stay = undefined;
    return undefined;
  }

  seeJoining(peer) {
    if (this.stay.others.has(peer)) this.fault(`${peer} joined twice`);
    this.stay.others.add(peer);
    this.stay.greeted.add(peer);
  }

  seeLeaving(peer) {
    if (!this.stay.others.delete(peer) && this.seesAll) this.fault(`${peer} left, and was not there`);
  }

  /** The next number, for all who are in the room and of whom this client's node must know that they are. */
  say() {
    const { stay } = this;
    const isKnown = (other) => stay.others.has(other.peer) || other.greeted.has(stay.peer);
    const stays = this.room.clients.map((client) => client.stay).filter((other) => other && other !== stay);
    const entry = { number: this.log.length, stay, owedTo: stays.filter(isKnown), heardBy: new Set() };
    this.log.push(entry);
    this.write(`${this.name} ${entry.number}`);
  }

  answered(number) {
    this.log[number].answeredAt = performance.now();
  }

  hear(text) {
    const [name, number] = text.split(" ");
    const { stay } = this;
    const entry = this.crowd.clients.get(name)?.log[number];
    if (!stay || !entry) return this.fault(`hears ${text}`);
    if (entry.number <= (stay.last.get(name) ?? -1)) this.fault(`${text} after ${stay.last.get(name)}`);
    if (this.seesAll && !stay.others.has(entry.stay.peer)) this.fault(`${text}, who is not there`);
    stay.last.set(name, entry.number);
    return entry.heardBy.add(stay);
  }
}

/** A client of the native protocol that does as it is told. */
export class NativeMover extends Mover {
  seesAll = true;
  #toldMs;
  #members;

  start(server) {
    const url = new URL("/signaling", server.url.replace("http", "ws"));
    this.socket = new WebSocket(url, "signaling.v1", { perMessageDeflate: false });
    this.socket.on("message", (data) => this.#receive(JSON.parse(data)));
    this.socket.on("error", (error) => this.fault(error.message));
    this.socket.on("close", (code) => this.#closed(code));
  }

  write(data) {
    this.#send({ type: "message", room: this.room.name, data, id: this.log.length - 1 });
  }

  /** The ids of all members of its room but itself, as its node knows them. */
  members() {
    this.#send({ type: "members", room: this.room.name });
    return new Promise((resolve) => (this.#members = resolve));
  }

  end() {
    this.socket.removeAllListeners("close").terminate();
  }

  #join() {
    this.#send({ type: "join", room: this.room.name, metadata: { personName: this.name } });
  }

  #send(message) {
    this.socket.send(JSON.stringify(message));
  }

  #closed(code) {
    if (code !== 1001 || this.stay) return this.fault(`closed with ${code}`);
    return setTimeout(() => this.start(this.crowd.next), this.#toldMs);
  }

  #receive(message) {
    const { type, peer } = message;
    if (type === "welcome") return this.#join();
    if (type === "joined") return this.joined(peer, idsOf(message.peers), this.#toldMs);
    if (!this.stay) return this.fault(`${type} after it was sent away`);
    if (type === "peer-joined") return this.seeJoining(peer.id);
    if (type === "peer-left") return this.seeLeaving(peer);
    if (type === "message") return this.hear(message.data);
    if (type === "sent") return this.answered(message.id);
    if (type === "members") return this.#members(idsOf(message.peers));
    if (type !== "going-away") return this.fault(JSON.stringify(message));
    this.#toldMs = message.reconnectMs;
    return this.ended();
  }
}

/** A client of the vocabulary rooms-mesh: socket.io-client comes back by itself, and joins when it is connected. */
export class MeshMover extends Mover {
  /** Nobody tells it who was there first. */
  seesAll = false;
  static #DELAY_MS = 500;

  start(server) {
    const options = { transports: ["websocket"], forceNew: true, reconnectionDelay: MeshMover.#DELAY_MS };
    this.socket = io(server.url, options);
    const room = { roomName: this.room.name, personName: this.name };
    this.socket.on("connect", () => this.socket.emit("join_room", room));
    this.socket.on("user_joined", ({ socketId }) => this.#seeJoining(socketId));
    this.socket.on("user_left", ({ socketId }) => this.seeLeaving(socketId));
    this.socket.on("message", ({ content }) => this.#hear(content));
    this.socket.on("error", ({ code }) => this.fault(code));
    this.socket.on("disconnect", () => this.ended());
  }

  write(content) {
    this.socket.emit("message", { roomName: this.room.name, personName: this.name, content });
  }

  end() {
    this.socket.off("disconnect").disconnect();
  }

  #seeJoining(peer) {
    if (peer !== this.socket.id) return this.seeJoining(peer);
    return this.joined(peer, [], 2 * MeshMover.#DELAY_MS); // its delay, half as long again at most
  }

  // It is told its own words too.
  #hear(text) {
    const [name, number] = text.split(" ");
    if (name === this.name) this.answered(number);
    else this.hear(text);
  }
}
