// Rooms with members of three protocols on all nodes, who talk, leave, come back and cut off, as a seed decid

import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../support/deadline.mjs";
import { generator } from "../../support/random.mjs";
import { keyOf } from "./cluster.mjs";
import { MeshMember, NativeMember, VertexMember } from "./members.mjs";
import { Oracle } from "./oracle.mjs";

const TICK_MS = 10;
const AT_ONCE = 30;

export class Load {
  oracle = new Oracle();
  /** Nodes that are not there: nothing is done with their clients. */
  down = new Set();
  /** Places in rooms; `member` is whoever has it. */
  seats = [];
  #random;
  #running;
  #isRunning = false;
  #failures = [];
  #cluster;
  #options;

  /**
   * Everybody is there and knows each other when it resolves. `rooms` of `perRoom`; `perSecond`: things done;
   * `churn`: how many of them are comings and goings, from 0 to 1.
   */
  static async start(t, cluster, { rooms = 20, perRoom = 6, perSecond = 200, churn = 0.1, seed = 1 } = {}) {
    const load = new Load();
    load.#cluster = cluster;
    load.#options = { perSecond, churn };
    load.#random = generator(seed);
    t.diagnostic(`seed ${seed}`);
    t.after(() => load.#end());
    load.#makeSeats(rooms, perRoom);
    for (let first = 0; first < load.seats.length; first += AT_ONCE)
      await Promise.all(load.seats.slice(first, first + AT_ONCE).map((seat) => load.#sit(seat)));
    await load.oracle.settle();
    load.go();
    return load;
  }

  // Some speak Socket.IO; one room is that of the phones.
  #makeSeats(rooms, perRoom) {
    for (let room = 0; room < rooms; ++room) {
      for (let place = 0; place < perRoom; ++place) {
        const isMesh = (room * perRoom + place) % 17 === 5;
        const kind = room === 0 ? VertexMember : isMesh ? MeshMember : NativeMember;
        const node = (room + place) % this.#cluster.nodes.length;
        this.seats.push({ room: `room ${room}`, node, kind, member: undefined, isBusy: false });
      }
    }
  }

  async #sit(seat) {
    seat.member = await seat.kind.connect(this.oracle, this.#cluster.nodes, seat.node);
    await seat.member.join(seat.room);
  }

  /** Goes on. */
  go() {
    this.#isRunning = true;
    this.#running = this.#run();
  }

  /** Nothing more is done, and what was begun is finished. */
  async pause() {
    this.#isRunning = false;
    await this.#running;
    const isIdle = ({ isBusy, member }) => !isBusy && (!member || member.isIdle);
    await until(() => this.seats.every(isIdle), "everything is answered", 40_000);
    if (this.#failures.length) throw this.#failures[0];
  }

  /** Talk for so long. */
  async talk(milliseconds) {
    await delay(milliseconds);
    if (this.#failures.length) throw this.#failures[0];
  }

  /** Nothing more is done; all is as it should be, on all nodes and in Redis. */
  async settle(milliseconds = 20_000) {
    await this.pause();
    await this.oracle.settle(milliseconds);
    await until(() => this.#isInRedis(), "Redis has the members", milliseconds);
  }

  async #isInRedis() {
    const truth = new Map();
    for (const { room, peer } of this.oracle.living()) {
      if (room === "vertex") continue; // its peers have ids of their own in Redis
      truth.set(keyOf("room", room), [...(truth.get(keyOf("room", room)) ?? []), peer].sort());
    }
    const rooms = await this.#cluster.roomsInRedis();
    for (const key of rooms.keys()) if (key.endsWith("%2Feverybody")) rooms.delete(key);
    return JSON.stringify([...rooms].sort()) === JSON.stringify([...truth].sort());
  }

  /** Everybody goes, and leaves nothing in Redis. */
  async leave() {
    await Promise.all(this.seats.map(({ member }) => member?.end()));
    await this.#cluster.expectNoTraces();
  }

  /** Clients of a node that has died: they come back, to any node. */
  async bringBack(node) {
    const homeless = this.seats.filter((seat) => seat.node === node);
    for (const seat of homeless) {
      await seat.member?.closed;
      seat.node = this.#pick(this.#cluster.nodes.map((_, index) => index));
    }
    for (let first = 0; first < homeless.length; first += AT_ONCE)
      await Promise.all(homeless.slice(first, first + AT_ONCE).map((seat) => this.#sit(seat)));
  }

  async #run() {
    const started = performance.now();
    for (let done = 0; this.#isRunning;) {
      const due = ((performance.now() - started) / 1000) * this.#options.perSecond;
      for (; done < due && this.#isRunning; ++done) this.#act();
      await delay(TICK_MS);
    }
  }

  #pick(list) {
    return list[Math.floor(this.#random() * list.length)];
  }

  #act() {
    const seat = this.#pick(this.seats);
    if (seat.isBusy || this.down.has(seat.node) || seat.member?.stay?.state !== "in") return;
    if (this.#random() >= this.#options.churn) return this.#speak(seat);
    seat.isBusy = true;
    this.#change(seat)
      .catch((error) => this.down.has(seat.node) || this.#failures.push(error))
      .finally(() => (seat.isBusy = false));
  }

  #speak({ member }) {
    const peers = [...member.stay.view.keys()];
    if (this.#random() < 0.5 || peers.length === 0) member.sendToRoom();
    else member.sendToPeer(this.#pick(peers));
  }

  async #change(seat) {
    const { member } = seat;
    const choice = this.#random();
    if (choice < 0.2 && member.update) return member.update();
    if (choice < 0.6 && member.leave) {
      await member.leave();
      if (member.stay.state !== "left") return undefined; // its node has died meanwhile
      return member.join(seat.room);
    }
    await (choice < 0.8 ? member.end() : member.terminate());
    return this.#sit(seat);
  }

  #end() {
    this.#isRunning = false;
    for (const { member } of this.seats) member?.abandon();
  }
}
