// Clients of three protocols that tell the oracle what they do and see. Each is in one room at a time.

import { io } from "socket.io-client";
import WebSocket from "ws";
import { within } from "../../support/deadline.mjs";

const PATIENCE_MS = 30_000;
const UNREACHABLE = "No peer that you can reach has that id.";

/** A client of the native protocol. */
export class NativeMember {
  stay;
  id = "";
  #requests = 0;
  /** By request id: what waits for the answer. */
  #answers = new Map();

  constructor(oracle, nodes, node) {
    this.oracle = oracle;
    this.node = node;
    const url = new URL("/signaling", nodes[node].url.replace("http", "ws"));
    this.socket = new WebSocket(url, "signaling.v1", { perMessageDeflate: false });
    this.socket.on("error", () => {}); // followed by "close"
    this.socket.on("message", (data) => this.#receive(JSON.parse(data)));
    this.closed = new Promise((resolve) => this.socket.on("close", resolve)).then(() => this.#closed());
    this.welcomed = new Promise((resolve, reject) => {
      this.onWelcome = resolve;
      this.closed.then(() => reject(new Error(`node ${node} closed a connection`)));
    });
    this.welcomed.catch(() => {});
  }

  static async connect(oracle, nodes, node) {
    const member = new NativeMember(oracle, nodes, node);
    member.id = await within(member.welcomed, "a welcome", PATIENCE_MS);
    return member;
  }

  get isIdle() {
    return this.#answers.size === 0;
  }

  async join(room) {
    this.stay = this.oracle.begin({ node: this.node, room, peer: this.id });
    return this.#request({ type: "join", room, metadata: { personName: this.stay.key } });
  }

  async leave() {
    this.oracle.leaving(this.stay);
    await this.#request({ type: "leave", room: this.stay.room });
  }

  update() {
    const metadata = { personName: this.stay.key, changed: true };
    return this.#request({ type: "update", room: this.stay.room, metadata });
  }

  sendToRoom() {
    const { text, entry } = this.oracle.compose(this.stay);
    this.#send({ type: "message", room: this.stay.room, data: text }, entry);
  }

  sendToPeer(peer) {
    const { text, entry } = this.oracle.compose(this.stay, peer);
    this.#send({ type: "offer", to: peer, data: text }, entry);
  }

  /** Goes without a word to its room. */
  end() {
    this.oracle.leaving(this.stay);
    this.socket.close(1000);
    return this.closed;
  }

  terminate() {
    this.oracle.cut(this.stay);
    this.socket.terminate();
    return this.closed;
  }

  /** At the end of a test. */
  abandon() {
    this.socket.terminate();
  }

  #send(message, entry) {
    const id = ++this.#requests;
    this.#answers.set(id, { entry, stay: this.stay, done() {} });
    this.socket.send(JSON.stringify({ ...message, id }));
  }

  #request(message) {
    const id = ++this.#requests;
    const answer = new Promise((done) => this.#answers.set(id, { stay: this.stay, done }));
    this.socket.send(JSON.stringify({ ...message, id }));
    return within(answer, `${this.id}: the answer to ${message.type}`, PATIENCE_MS);
  }

  #closed() {
    if (this.stay) this.oracle.cut(this.stay);
    for (const { done } of this.#answers.values()) done({ type: "closed" });
    this.#answers.clear();
  }

  #receive(message) {
    if (message.type === "welcome") return this.onWelcome(message.peer);
    if (message.id === undefined) return this.#told(message);
    const { entry, stay, done } = this.#answers.get(message.id);
    this.#answers.delete(message.id);
    this.#answered(message, entry, stay);
    return done(message);
  }

  #answered(message, entry, stay) {
    const { oracle } = this;
    if (message.type === "joined") oracle.joined(stay, othersOf(message.peers), message.version);
    else if (message.type === "left") oracle.left(stay);
    else if (message.type === "updated") oracle.updated(stay, message.version);
    else if (message.type === "error" && entry) oracle.refused(stay, entry, message.code);
    else if (message.type === "error") oracle.fault(stay, `${message.code} for a request`);
  }

  #told(message) {
    const { oracle, stay } = this;
    if (message.type === "error") return oracle.warned(stay, message.code);
    if (message.room !== undefined && message.room !== stay.room)
      return oracle.fault(stay, `${message.type} of ${message.room}`);
    if (message.type === "peer-joined")
      return oracle.peerJoined(stay, message.peer.id, viewOf(message.peer), message.version);
    if (message.type === "peer-left")
      return oracle.peerLeft(stay, message.peer, message.reason, message.version);
    if (message.type === "peer-updated") return oracle.peerUpdated(stay, message.peer.id, message.version);
    if (message.type === "message" || message.type === "offer")
      return oracle.received(stay, message.from, message.data);
    return oracle.fault(stay, `not expected: ${JSON.stringify(message)}`);
  }
}

const viewOf = ({ metadata, polite }) => ({ key: metadata?.personName, polite });
const othersOf = (peers) => new Map(peers.map((peer) => [peer.id, viewOf(peer)]));

/** A client of the vocabulary rooms-mesh, through socket.io-client. It hears of others when they come or go. */
export class MeshMember {
  stay;
  isIdle = true;
  #onJoined;

  constructor(oracle, nodes, node) {
    this.oracle = oracle;
    this.node = node;
    const options = { transports: ["websocket"], forceNew: true, reconnection: false };
    this.socket = io(`${nodes[node].url}/rooms-mesh`, options);
    this.socket.on("user_joined", (event) => this.#joined(event));
    this.socket.on("user_left", (event) => this.#left(event));
    this.socket.on("message", ({ content }) => this.#received(content));
    this.socket.on("offer", ({ offer }) => this.#received(offer));
    this.socket.on("error", ({ code }) => this.stay && oracle.warned(this.stay, code));
    this.closed = new Promise((resolve) => this.socket.on("disconnect", resolve)).then(() => {
      if (this.stay) oracle.cut(this.stay);
    });
  }

  static async connect(oracle, nodes, node) {
    const member = new MeshMember(oracle, nodes, node);
    await within(
      new Promise((resolve) => member.socket.once("connect", resolve)),
      "a namespace",
      PATIENCE_MS,
    );
    member.id = member.socket.id;
    return member;
  }

  join(room) {
    this.stay = this.oracle.begin({ node: this.node, room, peer: this.id, partial: true });
    const joined = new Promise((resolve) => (this.#onJoined = resolve));
    this.socket.emit("join_room", { roomName: room, personName: this.stay.key });
    return within(joined, `${this.id}: its own user_joined`, PATIENCE_MS);
  }

  #joined({ socketId, personName }) {
    if (socketId !== this.id) return this.oracle.peerJoined(this.stay, socketId, { key: personName });
    this.oracle.joined(this.stay);
    return this.#onJoined();
  }

  #left({ socketId }) {
    if (this.stay.state === "in") this.oracle.peerLeft(this.stay, socketId);
  }

  #received(text) {
    if (this.stay.state === "in") this.oracle.received(this.stay, undefined, text);
  }

  sendToRoom() {
    const { text } = this.oracle.compose(this.stay);
    const { room, key } = this.stay;
    this.socket.emit("message", { roomName: room, personName: key, content: text });
  }

  sendToPeer(peer) {
    const { text } = this.oracle.compose(this.stay, peer);
    this.socket.emit("offer", { offer: text, fromPeer: this.id, toPeer: peer });
  }

  end() {
    this.oracle.leaving(this.stay);
    this.socket.disconnect();
    return this.closed;
  }

  terminate() {
    return this.end();
  }

  abandon() {
    this.socket.disconnect();
  }
}

/** A vertex client: it is told the list of all. Its peer id is the one that it has chosen. */
export class VertexMember {
  static #count = 0;
  stay;
  isIdle = true;
  #onListed;

  constructor(oracle, nodes, node) {
    this.oracle = oracle;
    this.node = node;
    this.id = `phone-${++VertexMember.#count}`;
    this.socket = new WebSocket(new URL("/ws", nodes[node].url.replace("http", "ws")));
    this.socket.on("error", () => {}); // followed by "close"
    this.socket.on("message", (data) => this.#receive(JSON.parse(data)));
    this.closed = new Promise((resolve) => this.socket.on("close", resolve)).then(() => {
      if (this.stay) oracle.cut(this.stay);
    });
  }

  static async connect(oracle, nodes, node) {
    const member = new VertexMember(oracle, nodes, node);
    await within(new Promise((resolve) => member.socket.once("open", resolve)), "a connection", PATIENCE_MS);
    return member;
  }

  join() {
    this.stay = this.oracle.begin({ node: this.node, room: "vertex", peer: this.id });
    const listed = new Promise((resolve) => (this.#onListed = resolve));
    const data = { id: this.id, device_name: "phone", username: this.stay.key, user_agent: "test" };
    this.socket.send(JSON.stringify({ type: "new", data }));
    return within(listed, `${this.id}: its first list`, PATIENCE_MS);
  }

  #receive({ type, data }) {
    if (type === "peers")
      return this.#listed(new Map(data.map(({ id, username }) => [id, { key: username }])));
    if (type === "offer") return this.oracle.received(this.stay, data.id, data.description);
    const code = data.reason === UNREACHABLE ? "peer_not_found" : JSON.stringify(data);
    return this.oracle.warned(this.stay, code);
  }

  #listed(peers) {
    if (!peers.delete(this.id)) this.oracle.fault(this.stay, "is not in its list");
    if (this.stay.state === "joining") {
      this.oracle.joined(this.stay, peers);
      return this.#onListed();
    }
    for (const peer of [...this.stay.view.keys()])
      if (!peers.has(peer)) this.oracle.peerLeft(this.stay, peer);
    for (const [peer, other] of peers)
      if (!this.stay.view.has(peer)) this.oracle.peerJoined(this.stay, peer, other);
    return undefined;
  }

  sendToPeer(peer) {
    const { text } = this.oracle.compose(this.stay, peer);
    const data = {
      to: peer,
      id: this.id,
      description: text,
      session_id: `${this.id}-${peer}`,
      media: "video",
    };
    this.socket.send(JSON.stringify({ type: "offer", data }));
  }

  /** The others in turn: the protocol has no message to all. */
  sendToRoom() {
    for (const peer of this.stay.view.keys()) this.sendToPeer(peer);
  }

  end() {
    this.oracle.leaving(this.stay);
    this.socket.close(1000);
    return this.closed;
  }

  abandon() {
    this.socket.terminate();
  }

  terminate() {
    this.oracle.cut(this.stay);
    this.socket.terminate();
    return this.closed;
  }
}
