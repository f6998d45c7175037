// What really happened, told by the clients of all nodes, against what each of them was told by its own node.
//
// A *stay* is one membership: from a join to a leave. Its key goes along as metadata, and in each message with
// the number that the message has in the stay's log, so whoever gets it knows what it should be. The rules:
// - A receiver knows the stay that a message is from: it has seen it join and not leave.
// - Numbers grow: nothing comes twice, or behind what was sent after it.
// - A stay joins once and leaves once in each view, and only if it really left, or its node was lost.
// - What the sender sent while it knew the receiver arrives, or one of the two was told of a failure.
// - At the end each view is the truth.

import { setTimeout as delay } from "node:timers/promises";

const FAILURE_MS = 45_000;
const LOOK_MS = 100;
const MANY = 12;
/** What becomes of a message to somebody who goes in that moment. */
const HAS_GONE = ["peer_not_found", "closed"];

export class Oracle {
  #stays = new Map();
  #faults = [];
  #count = 0;
  /** Whether something was made to fail: then messages may be missing whose senders or receivers are told. */
  disturbed = false;
  deliveries = 0;
  /** Leaves that were seen, by reason. */
  leaves = new Map();

  /** One more membership; `partial`: it is not told who was there before. */
  begin({ node, room, peer, partial = false }) {
    const key = `k${++this.#count}`;
    const stay = { oracle: this, key, node, room, peer, partial, state: "joining" };
    stay.began = performance.now();
    Object.assign(stay, { log: [], view: new Map(), seen: new Map(), last: new Map(), gone: new Set() });
    Object.assign(stay, { missing: [], warnings: [], version: undefined });
    this.#stays.set(key, stay);
    return stay;
  }

  fault(stay, text) {
    this.#faults.push(`${describe(stay)}: ${text}`);
  }

  /** Memberships that last, and have been answered. */
  living(room = undefined) {
    const isLiving = (stay) => stay.state === "in" && (room === undefined || stay.room === room);
    return [...this.#stays.values()].filter(isLiving);
  }

  /** A stay is in its room; `others`: Map peer id → {key, polite} of those that were there. */
  joined(stay, others = new Map(), version = undefined) {
    if (stay.state === "joining") stay.state = "in";
    stay.joinedAt = performance.now();
    // Redis may have heard of it before its node went on without an answer: then others see it twice.
    stay.restless = this.disturbed;
    stay.version = version;
    for (const [peer, other] of others) this.#add(stay, peer, other);
  }

  /** Another one has joined, as `stay` sees it. */
  peerJoined(stay, peer, other, version = undefined) {
    this.#follow(stay, version);
    if (stay.view.has(peer)) return this.fault(stay, `${peer} joined twice`);
    const isExcused = this.#stays.get(other.key)?.suspect || this.#stays.get(other.key)?.restless;
    if (stay.gone.has(other.key) && !isExcused && !stay.suspect)
      this.fault(stay, `${peer} (${other.key}) joined again`);
    this.#add(stay, peer, other);
  }

  #add(stay, peer, other) {
    const known = this.#stays.get(other.key);
    if (!known || known.peer !== peer || known.room !== stay.room)
      return this.fault(stay, `${peer} (${other.key}) joined, which is not so`);
    stay.view.set(peer, other);
    stay.gone.delete(other.key);
    if (!stay.seen.has(other.key)) stay.seen.set(other.key, []);
    stay.seen.get(other.key).push({ from: stay.log.length, to: Infinity });
  }

  /** Another one has left; not every protocol says why. */
  peerLeft(stay, peer, reason = undefined, version = undefined) {
    this.#follow(stay, version);
    this.leaves.set(reason, (this.leaves.get(reason) ?? 0) + 1);
    const other = stay.view.get(peer);
    if (!other) return stay.partial || this.fault(stay, `${peer} left, and was not there`);
    stay.view.delete(peer);
    stay.gone.add(other.key);
    stay.seen.get(other.key).at(-1).to = stay.log.length;
    const left = this.#stays.get(other.key);
    left.noticed = performance.now();
    const isTwice = left.restless && (reason ?? "disconnect") === "disconnect";
    if (!isLeaving(left) && !left.suspect && !isTwice && !stay.suspect)
      this.fault(stay, `${peer} (${other.key}) is said to have left (${reason}), and is there`);
    if (left.state === "lost" && (reason ?? "node-lost") !== "node-lost")
      this.fault(stay, `${peer} left for ${reason}`);
  }

  peerUpdated(stay, peer, version) {
    this.#follow(stay, version);
    if (!stay.view.has(peer)) this.fault(stay, `${peer} was updated, and is not there`);
  }

  /** The room has come to this version, as `stay` sees it. */
  #follow(stay, version) {
    if (version === undefined || stay.version === undefined) return;
    const isNext = this.disturbed ? version >= stay.version : version === stay.version + 1;
    if (!isNext) this.fault(stay, `version ${version} after ${stay.version}`);
    stay.version = version;
  }

  /** Its own update, which counts only if it changed something. */
  updated(stay, version) {
    if (version !== stay.version) this.#follow(stay, version);
  }

  /** What to send: to one peer, or to all. */
  compose(stay, to = undefined) {
    const entry = { index: stay.log.length, to, time: performance.now() };
    stay.log.push(entry);
    return { text: `${stay.key} ${entry.index}`, entry };
  }

  received(stay, peer, text) {
    this.deliveries += 1;
    const [key, number] = String(text).split(" ");
    const index = Number(number);
    const sender = this.#stays.get(key);
    if (!sender?.log[index]) return this.fault(stay, `a message that nobody sent: ${text}`);
    if (sender === stay) return undefined; // some are told their own words
    if (peer !== undefined && sender.peer !== peer) return this.fault(stay, `${text} from ${peer}`);
    const inView = stay.view.get(sender.peer)?.key;
    const knows = stay.partial ? !stay.gone.has(key) : inView === key;
    if (!knows) this.fault(stay, `${text} from ${sender.peer}, who is ${inView ?? "not"} there`);
    const last = stay.last.get(key);
    if (last !== undefined && index <= last) return this.fault(stay, `${text} after ${last}`);
    if (last !== undefined) this.#note(stay, sender, last + 1, index);
    stay.last.set(key, index);
    return undefined;
  }

  // What lies between two messages that arrived was for others, or is missing.
  #note(stay, sender, from, to) {
    for (const entry of sender.log.slice(from, to)) {
      if (isFor(entry, stay) && knew(sender, stay, entry.index)) stay.missing.push({ sender, entry });
    }
  }

  /** An answer to a message: it was refused. */
  refused(stay, entry, code) {
    entry.error = code;
    const isNormal = entry.to !== undefined && HAS_GONE.includes(code);
    if (!this.disturbed && !isNormal) this.fault(stay, `${code} for a message to ${entry.to ?? "the room"}`);
  }

  /** An error that is no answer. */
  warned(stay, code) {
    stay.warnings.push({ code, time: performance.now() });
    // Not every protocol has answers to messages.
    if (!this.disturbed && !HAS_GONE.includes(code)) this.fault(stay, `told ${code}`);
  }

  leaving(stay) {
    if (stay.state === "in" || stay.state === "joining") stay.state = "leaving";
  }

  /** All that it sent before was answered. */
  left(stay) {
    stay.state = "left";
  }

  /** Its connection broke, and whatever was in it. */
  cut(stay) {
    if (stay.state !== "left" && stay.state !== "lost") stay.state = "cut";
  }

  /** This node is dead: what its clients said last may be lost with it. */
  nodeLost(node) {
    for (const stay of this.#stays.values()) {
      if (stay.node !== node || !["in", "joining", "leaving"].includes(stay.state)) continue;
      stay.state = "lost";
      stay.lostAt = performance.now();
    }
  }

  /** This node may be taken for dead, and come back. */
  suspect(node) {
    for (const stay of this.#stays.values())
      if (stay.node === node && stay.state === "in") stay.suspect = true;
  }

  isLost(key) {
    return this.#stays.get(key).state === "lost";
  }

  isSuspect(key) {
    return Boolean(this.#stays.get(key).suspect);
  }

  /** How many messages were refused; with this code, if one is given. */
  countRefused(code = undefined) {
    const isCounted = ({ error }) => error !== undefined && error === (code ?? error);
    return [...this.#stays.values()].reduce((sum, { log }) => sum + log.filter(isCounted).length, 0);
  }

  /** How many memberships were told this without having asked. */
  countWarned(code) {
    return [...this.#stays.values()].filter(({ warnings }) => warnings.some((one) => one.code === code))
      .length;
  }

  /** How long after their node's end the last of its stays was reported, ms. */
  lastNotice() {
    const lost = [...this.#stays.values()].filter((stay) => stay.lostAt && stay.noticed);
    return Math.max(0, ...lost.map((stay) => stay.noticed - stay.lostAt));
  }

  /** Nothing more is sent: each view becomes the truth, and what can come comes. Throws what went wrong. */
  async settle(milliseconds = 20_000) {
    const end = performance.now() + milliseconds;
    while (this.#open().length > 0 && performance.now() < end) await delay(LOOK_MS);
    this.#faults.push(...this.#open());
    this.check();
  }

  /** Throws what went wrong up to now. */
  check() {
    if (this.#faults.length === 0) return;
    const first = this.#faults.slice(0, MANY).join("\n  ");
    throw new Error(`${this.#faults.length} faults:\n  ${first}`);
  }

  /** What is not yet as it should be. */
  #open() {
    const open = [];
    for (const members of groupByRoom(this.living()).values()) {
      for (const stay of members) open.push(...this.#wrongView(stay, members), ...this.#lost(stay, members));
    }
    return open;
  }

  #wrongView(stay, members) {
    const others = new Map(members.filter((other) => other !== stay).map((other) => [other.peer, other]));
    const text = (problem) => `${describe(stay)}: ${problem}`;
    const wrong = [];
    for (const [peer, { key, polite }] of stay.view) {
      const other = others.get(peer);
      if (other?.key !== key) wrong.push(text(`sees ${peer} (${key}), who is not there`));
      else if (!this.disturbed && polite !== undefined && other.view.get(stay.peer)?.polite === polite)
        wrong.push(text(`is as polite as ${peer}`));
    }
    for (const [peer, other] of others) {
      const isTold = !stay.partial || other.began > stay.joinedAt;
      if (isTold && !stay.view.has(peer)) wrong.push(text(`does not see ${peer} (${other.key})`));
    }
    return wrong;
  }

  #lost(stay, members) {
    const missing = [...stay.missing];
    for (const sender of members) {
      if (sender === stay) continue;
      const next = (stay.last.get(sender.key) ?? -1) + 1;
      const tail = sender.log.slice(next);
      const wanted = tail.filter((entry) => isFor(entry, stay) && knew(sender, stay, entry.index));
      missing.push(...wanted.map((entry) => ({ sender, entry })));
    }
    const silent = missing.filter(({ sender, entry }) => !this.#isTold(stay, sender, entry));
    return silent.map(({ sender, entry }) => {
      const age = Math.round(performance.now() - entry.time);
      const whose = `message ${entry.index} of ${sender.key} on node ${sender.node}`;
      return `${describe(stay)}: ${whose} is missing, sent ${age} ms ago`;
    });
  }

  #isTold(stay, sender, entry) {
    if (!this.disturbed) return false;
    const isTold = ({ time }) => time >= entry.time - 100 && time < entry.time + FAILURE_MS;
    if (sender.node === stay.node && !stay.suspect) return false; // nothing stands between these two
    return entry.error !== undefined || sender.warnings.some(isTold) || stay.warnings.some(isTold);
  }
}

function describe({ peer, node, room, key }) {
  return `${peer} on node ${node} in ${room} (${key})`;
}

function isLeaving(stay) {
  return ["leaving", "left", "cut", "lost"].includes(stay.state);
}

function isFor(entry, stay) {
  return entry.to === undefined || entry.to === stay.peer;
}

/** Did the sender know the receiver when it sent this? */
function knew(sender, receiver, index) {
  return (sender.seen.get(receiver.key) ?? []).some(({ from, to }) => index >= from && index < to);
}

function groupByRoom(stays) {
  const rooms = new Map();
  for (const stay of stays) rooms.set(stay.room, [...(rooms.get(stay.room) ?? []), stay]);
  return rooms;
}
