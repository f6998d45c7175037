// Clients in rooms who talk while they move from one node to another. What each has said, and who has heard it, is
// kept, with the rules:
// - Nobody hears anything twice, out of order, from who is not there, or after it was sent away.
// - What was taken, as the answer says, is heard by everybody who was in the room then, as far as the speaker's node
//   had to know. Who is sent away at that moment misses it and knows that; but nothing before something else that it hears.
// - What was not answered is what the speaker's connection ended with, and so the speaker knows.

import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../support/deadline.mjs";

const AT_ONCE = 100;
const TICK_MS = 20;
/** So long what was said may be on its way to somebody who is sent away meanwhile. */
const MOMENT_MS = 5_000;

export class MovingCrowd {
  /** By name. */
  clients = new Map();
  rooms = [];
  faults = [];
  #talking;
  #isTalking = false;

  /** `next`: the node where clients go that are sent away. */
  constructor(next) {
    this.next = next;
  }

  /** One more room. `places`: for each client {kind, server}. */
  addRoom(places) {
    const room = { name: `room ${this.rooms.length}`, clients: [] };
    this.rooms.push(room);
    for (const { kind, server } of places) {
      const client = new kind(this, `c${this.clients.size}`, room);
      client.firstServer = server;
      this.clients.set(client.name, client);
    }
  }

  /** All are in their rooms. */
  async gather() {
    const all = [...this.clients.values()];
    for (let first = 0; first < all.length; first += AT_ONCE) {
      const some = all.slice(first, first + AT_ONCE);
      for (const client of some) client.start(client.firstServer);
      await this.until(() => some.every(({ stay }) => stay), "clients in their rooms");
    }
  }

  /** Everybody who is in its room says something, one after the other; so often in all. */
  talk(perSecond) {
    this.#isTalking = true;
    this.#talking = this.#talk(perSecond);
  }

  async #talk(perSecond) {
    const all = [...this.clients.values()];
    const began = performance.now();
    for (let turn = 0; this.#isTalking; await delay(TICK_MS)) {
      const due = ((performance.now() - began) / 1000) * perSecond;
      for (; turn < due; ++turn) {
        const client = all[turn % all.length];
        if (client.stay) client.say();
      }
    }
  }

  /** Nobody says anything more, and all that was said has come. */
  async settle() {
    this.#isTalking = false;
    await this.#talking;
    try {
      await this.until(() => this.missing().length === 0, "everything is heard");
    } catch (error) {
      const missing = this.missing();
      throw new Error(`${error.message}; ${missing.length} missing: ${missing.slice(0, 5).join("; ")}`);
    }
  }

  /** Until `condition()` holds, or something is wrong. */
  until(condition, what) {
    const isDone = () => {
      this.check();
      return condition();
    };
    return until(isDone, what);
  }

  check() {
    const first = this.faults.slice(0, 10).join("\n  ");
    if (first) throw new Error(`${this.faults.length} faults:\n  ${first}`);
  }

  /** What was lost without a word, or is still on its way. */
  missing() {
    return [...this.#unheard()].filter(({ isExcused }) => !isExcused).map(({ what }) => what);
  }

  /** How much was missed by somebody who was just sent away. */
  countMissedOnTheWay() {
    return [...this.#unheard()].filter(({ isExcused }) => isExcused).length;
  }

  /** {taken, heard, unanswered}: of what was said. */
  counts() {
    const entries = [...this.clients.values()].flatMap(({ log }) => log);
    const taken = entries.filter(({ answeredAt }) => answeredAt !== undefined).length;
    const heard = entries.reduce((sum, { heardBy }) => sum + heardBy.size, 0);
    return { taken, heard, unanswered: entries.length - taken };
  }

  *#unheard() {
    for (const { name, log } of this.clients.values()) {
      for (const { number, stay, owedTo, heardBy, answeredAt } of log) {
        const what = `${name} ${number}`;
        if (answeredAt === undefined) {
          if (stay.endedAt === Infinity) yield { what: `the answer to ${what}`, isExcused: false };
          continue;
        }
        for (const other of owedTo) {
          if (heardBy.has(other)) continue;
          const isExcused = other.endedAt < answeredAt + MOMENT_MS && !(other.last.get(name) > number);
          yield { what: `${what} for ${other.client.name}`, isExcused };
        }
      }
    }
  }

  end() {
    this.#isTalking = false;
    for (const client of this.clients.values()) client.end();
  }
}
