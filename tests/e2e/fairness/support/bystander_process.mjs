// Pairs who talk to each other on a server: each says a numbered text to the other again and again, and what the other
// says is to come whole and in order.

import { serve } from "./child.mjs";
import { languages } from "./languages.mjs";

const PACE_MS = 100;
const MARK = /@(\d+) ([\d.]+)@/;

class Bystander {
  /** How long the texts took to come, in milliseconds. */
  delays = [];
  sent = 0;
  received = 0;
  faults = [];

  constructor(group, language, member) {
    Object.assign(this, { group, language, member });
    member.listen(
      (text) => this.#hear(text),
      (reason) => this.faults.push(`closed: ${reason}`),
    );
  }

  say(other) {
    const text = `@${this.sent++} ${performance.now().toFixed(2)}@`;
    this.member.send(this.language.say(other.member, text));
  }

  #hear(text) {
    const mark = MARK.exec(text);
    if (mark) this.#take(Number(mark[1]), Number(mark[2]));
    else if (text.includes('"error"')) this.faults.push(text);
  }

  #take(number, time) {
    if (number !== this.received) this.faults.push(`text ${number} in place of ${this.received}`);
    this.received = number + 1;
    this.delays.push(performance.now() - time);
  }
}

const pairs = [];
let timer;

/** So many more pairs. `port`: of the server, or of a line to it; `options`: those of `enter` in languages.mjs. */
async function gather({ group, language, port, count = 1, options }) {
  const speaks = languages[language];
  for (let i = 0; i < count; ++i) {
    const members = [];
    for (const end of ["a", "b"]) members.push(await speaks.enter(port, `${group} ${i} ${end}`, options));
    pairs.push(members.map((member) => new Bystander(group, speaks, member)));
  }
}

/** They talk from now on, one pair after the other. */
function begin() {
  let turn = 0;
  timer = setInterval(() => {
    const [one, other] = pairs[turn++ % pairs.length];
    one.say(other);
    other.say(one);
  }, PACE_MS / pairs.length);
}

/** By group: the delays, sorted, since the last time, and all that went wrong. */
function report() {
  const groups = {};
  for (const { group, delays, faults } of pairs.flat()) {
    const total = (groups[group] ??= { delays: [], faults: [] });
    total.delays.push(...delays.splice(0));
    total.faults.push(...faults);
  }
  for (const { delays } of Object.values(groups)) delays.sort((a, b) => a - b);
  return groups;
}

/** They fall silent. Waits until all has come that was said, or the time is over. */
async function finish(milliseconds) {
  clearInterval(timer);
  const ways = pairs.flatMap(([one, other]) => [[one, other], [other, one]]);
  const isMissing = ([from, to]) => to.received < from.sent && !to.faults.length;
  const end = performance.now() + milliseconds;
  while (ways.some(isMissing) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const [from, to] of ways) {
    if (from.sent !== to.received) to.faults.push(`${to.received} of ${from.sent} texts came`);
  }
}

/** Whom a flooder may address: one of the group. */
function target(group) {
  const { member } = pairs.flat().find((one) => one.group === group);
  return { id: member.id, name: member.name };
}

serve({ gather, begin, report, finish, target });
