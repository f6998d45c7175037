// Clients that come in numbers, start with polling and upgrade, while their room mates talk to them all the time: each
// says the next number whenever somebody joins its room, and when it is on its WebSocket itself.

import { NodeWebSocket, NodeXHR, io } from "socket.io-client";

const EVENTS = ["user_joined", "user_left", "message", "error"];

/** Clients upgrade as soon as they can, before they are in a room. This one waits until others talk to it. */
class LateWebSocket extends NodeWebSocket {
  doOpen() {
    this.opts.mayUpgrade.then(() => super.doOpen());
  }
}

class StormClient {
  /** Messages that arrived while it was polling, and afterwards. */
  heard = { polling: 0, websocket: 0 };
  /** So many in the room have seen it join, and said so, itself included. */
  greetings = 0;
  /** So many have joined after it. */
  followers = 0;
  #storm;
  #joined = false;
  #upgraded = false;
  #next = 0;
  #startUpgrade;
  /** Per room mate the number that comes next; undefined: any, as it was there before. */
  #expected = new Map();

  constructor(storm, name, room) {
    this.#storm = storm;
    this.name = name;
    this.room = room;
    const mayUpgrade = new Promise((resolve) => (this.#startUpgrade = resolve));
    const transports = [NodeXHR, LateWebSocket];
    this.socket = io(storm.url, { transports, mayUpgrade, forceNew: true, reconnection: false });
    for (const event of EVENTS) this.socket.on(event, (argument) => this.#receive(event, argument));
    this.socket.on("connect", () => this.socket.emit("join_room", { roomName: room, personName: name }));
    this.socket.on("connect_error", ({ message }) => this.#fail(`connect_error: ${message}`));
    this.socket.on("disconnect", (reason) => this.#fail(`disconnect: ${reason}`));
    this.socket.io.on("open", () => this.socket.io.engine.once("upgrade", () => this.#upgrade()));
  }

  say({ greets, last = false }) {
    const content = { number: this.#next++, greets, last };
    this.socket.emit("message", { roomName: this.room, personName: this.name, content });
  }

  close() {
    this.socket.off("disconnect");
    this.socket.disconnect();
  }

  #upgrade() {
    this.#upgraded = true;
    this.say({});
    this.#storm.isIn();
  }

  #receive(event, argument) {
    if (event === "user_joined") this.#join(argument);
    else if (event === "message") this.#hear(argument);
    else this.#fail(`${event}: ${JSON.stringify(argument)}`);
  }

  #join({ personName }) {
    const isSelf = personName === this.name;
    if (this.#joined === isSelf || this.#expected.has(personName)) this.#fail(`${personName} joined out of turn`);
    this.#joined = true;
    if (!isSelf) this.followers += 1;
    this.#expected.set(personName, 0);
    this.say({ greets: personName });
  }

  #hear({ personName, content: { number, greets, last } }) {
    const expected = this.#expected.get(personName) ?? number;
    if (number !== expected || !this.#joined) this.#fail(`${personName}: ${number} in place of ${expected}`);
    this.#expected.set(personName, number + 1);
    this.#startUpgrade();
    if (greets === this.name) this.greetings += 1;
    this.heard[this.#upgraded ? "websocket" : "polling"] += 1;
    if (last) this.#storm.heardLast();
  }

  #fail(what) {
    this.#storm.fail(new Error(`${this.name}: ${what}`));
  }
}

/** `count` clients of the server at `url`, in rooms of `perRoom`. */
export class Storm {
  clients = [];
  #waiting = 0;
  #done = () => {};

  constructor({ url, count, perRoom }) {
    Object.assign(this, { url, count, perRoom });
    /** Never resolves; rejects with the first fault. */
    this.fault = new Promise((_, reject) => (this.fail = reject));
  }

  /** All come, `atOnce` of them at a time, room by room. */
  async gather(atOnce) {
    await this.#until(this.count, () => {
      for (let i = 0; i < atOnce; i++) this.#add();
    });
  }

  /** All say that this is it, and hear that from each in their room. */
  async finish() {
    await this.#until(this.count * this.perRoom, () => this.clients.forEach((client) => client.say({ last: true })));
  }

  close() {
    for (const client of this.clients) client.close();
  }

  #add() {
    const number = this.clients.length;
    if (number < this.count)
      this.clients.push(new StormClient(this, `client ${number}`, `room ${Math.floor(number / this.perRoom)}`));
  }

  isIn() {
    this.#add();
    this.#progress();
  }

  heardLast() {
    this.#progress();
  }

  #progress() {
    if (--this.#waiting === 0) this.#done();
  }

  #until(steps, start) {
    this.#waiting = steps;
    const done = new Promise((resolve) => (this.#done = resolve));
    start();
    return Promise.race([done, this.fault]);
  }
}
