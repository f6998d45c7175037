// Thousands of clients in rooms. They count what they get instead of keeping it.

import assert from "node:assert/strict";
import WebSocket from "ws";
import { within } from "./deadline.mjs";

const AT_ONCE = 200;
const STEP_MS = 60_000;

class Visitor {
  id = "";
  closed = false;
  /** The ids of the others in the room. */
  others = new Set();
  left = new Set();
  /** Per sender the number of its next message. */
  expected = new Map();
  received = 0;
  faults = [];

  constructor(server, room, progress) {
    this.room = room;
    this.progress = progress;
    const url = `${server.url.replace("http", "ws")}/signaling`;
    this.socket = new WebSocket(url, "signaling.v1", { perMessageDeflate: false });
    this.socket.on("message", (data) => this.#receive(JSON.parse(data)));
    this.socket.on("error", (error) => this.faults.push(error.message));
    this.socket.on("close", () => {
      this.closed = true;
      progress();
    });
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }

  #receive(message) {
    if (message.type === "welcome") this.send({ type: "join", room: this.room });
    else if (message.type === "joined") this.#joined(message);
    else if (message.type === "peer-joined") this.#add(message.peer.id);
    else if (message.type === "peer-left") this.#remove(message.peer);
    else if (message.type === "message") this.#count(message);
    else if (message.type === "pong") this.pongs = (this.pongs ?? 0) + 1;
    else this.faults.push(JSON.stringify(message));
    this.progress();
  }

  #joined({ peer, peers }) {
    this.id = peer;
    for (const { id } of peers) this.#add(id);
  }

  #add(id) {
    if (this.others.has(id)) this.faults.push(`${id} joined twice`);
    this.others.add(id);
  }

  #remove(id) {
    if (!this.others.delete(id) || this.left.has(id)) this.faults.push(`${id} left, and was not there`);
    this.left.add(id);
  }

  #count({ from, data }) {
    const expected = this.expected.get(from) ?? 0;
    if (data !== expected || !this.others.has(from))
      this.faults.push(`${from}: ${data} instead of ${expected}`);
    this.expected.set(from, data + 1);
    this.received += 1;
  }
}

export class Crowd {
  visitors = [];
  #check = () => {};

  /** `count` clients in rooms of `perRoom`; all of them know the others. */
  static async gather(server, count, perRoom) {
    const crowd = new Crowd();
    const isMember = ({ id }) => id !== "";
    for (let i = 0; i < count; ++i) {
      crowd.visitors.push(new Visitor(server, `room ${Math.floor(i / perRoom)}`, () => crowd.#check()));
      if (i % AT_ONCE === AT_ONCE - 1) await crowd.until(isMember, "joined");
    }
    await crowd.until(({ others }) => others.size === perRoom - 1, "know each other");
    return crowd;
  }

  /** Until `done` holds for all visitors of `group`. It must stay true once it is. */
  async until(done, what, group = this.visitors) {
    let at = 0;
    await within(
      new Promise((resolve) => {
        this.#check = () => {
          while (at < group.length && done(group[at])) ++at;
          if (at === group.length) resolve();
        };
        this.#check();
      }),
      what,
      STEP_MS,
    );
    this.#check = () => {};
    assert.deepEqual(this.visitors.flatMap(({ faults }) => faults).slice(0, 5), [], what);
  }
}
