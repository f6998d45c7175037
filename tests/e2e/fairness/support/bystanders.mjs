// A server, 50 clients of all its languages who talk to each other there in pairs, and flooders beside them.

import assert from "node:assert/strict";
import { cpuSeconds } from "../../support/process_usage.mjs";
import { startServer } from "../../support/server.mjs";
import { startChild } from "./child.mjs";
import { startSlowLine } from "./slow_line.mjs";

const VOCABULARIES = ["rooms-mesh", "token-peers", "redis-rooms", "email-calls"];
/** What a flood may add to the time that a text takes to come. */
const ADDED_MS = 100;
const TRIES = 3;
/** Until a slow line has brought all that waited for it. */
const FINISH_MS = 90_000;
/** Of those that are like the others, but on a server of their own: they show what the machine does. */
const CONTROL = "control";
const isSlow = (group) => group.startsWith("slow ");

/** Pairs, by the names of their groups: [how many, language, options]. */
const FAST = {
  native: [5, "native"],
  deflate: [1, "native", { deflate: true }],
  vertex: [1, "vertex"],
  ...Object.fromEntries(VOCABULARIES.map((name) => [name, [1, name]])),
  ...Object.fromEntries(VOCABULARIES.map((name) => [`${name} polling`, [1, name, { polling: true }]])),
};
const SLOW = Object.fromEntries(
  Object.entries(FAST)
    .filter(([group]) => group !== "deflate")
    .map(([group, [, ...how]]) => [`slow ${group}`, [1, ...how]]),
);

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
const describe = (sorted) => [0.5, 0.99, 1].map((part) => quantile(sorted, part).toFixed(0)).join(", ");

export class Bystanders {
  #t;
  #ask;
  #server;

  /** They talk already. `slow`: bytes per second of the slow lines; `args`: of the server. */
  static async gather(t, { slow, args = [] }) {
    const bystanders = new Bystanders();
    const start = async (more) => {
      const server = await startServer(["--log-level", "warning", ...more]);
      t.after(() => server.kill());
      return server;
    };
    bystanders.#t = t;
    bystanders.#server = await start(["--deflate", ...args]);
    const control = await start([]);
    const line = await startSlowLine(t, bystanders.#server.port, slow);
    bystanders.#ask = startChild(t, "bystander_process.mjs");
    await bystanders.#add({ [CONTROL]: FAST.native }, control.port);
    await bystanders.#add(FAST, bystanders.#server.port);
    await bystanders.#add(SLOW, line);
    await bystanders.#ask("begin");
    return bystanders;
  }

  async #add(groups, port) {
    for (const [group, [count, language, options]] of Object.entries(groups))
      await this.#ask("gather", { group, language, port, count, options });
  }

  /**
   * One flooder, beside whom those on fast lines wait hardly longer than those on the other server. `language`, `kind`: of
   * languages.mjs; `target`: a group, one of whom the flooder addresses.
   */
  async bear(flood) {
    // A machine that does other things too is late once; a server that lets others wait is late each time.
    for (let times = TRIES; times > 0; --times) {
      const late = await this.#bearOnce(flood);
      if (late < ADDED_MS) return;
      assert.notEqual(times, 1, `${flood.language}, ${flood.kind}: ${late} ms later than without a flood`);
    }
  }

  /** By how many milliseconds those on fast lines are later than those on the other server. */
  async #bearOnce({ language, kind, target = language, milliseconds, options }) {
    await this.#ask("report");
    const flood = startChild(this.#t, "flooder_process.mjs");
    const { port, pid } = this.#server;
    const addressee = await this.#ask("target", target);
    const cpu = cpuSeconds(pid);
    const { sent, closed } = await flood("flood", { language, kind, port, target: addressee, milliseconds, options });
    const used = (1000 * (cpuSeconds(pid) - cpu)) / milliseconds;
    const groups = await this.#ask("report");
    const fast = Object.keys(FAST).flatMap((group) => groups[group].delays).sort((a, b) => a - b);
    const others = groups[CONTROL].delays;
    const name = `${language}${options ? ` (${Object.keys(options)})` : ""}, ${kind} to ${target}`;
    this.#t.diagnostic(
      `${name}: ${sent} messages, ${used.toFixed(2)} of a core; median, 99 of 100 and slowest: ` +
        `${describe(fast)} ms, and without a flood ${describe(others)} ms`,
    );
    assert.equal(closed, "", `${name}: a flooder is slowed`);
    for (const [group, { faults }] of Object.entries(groups)) assert.deepEqual(faults, [], `${name}: ${group}`);
    return quantile(fast, 0.99) - quantile(others, 1);
  }

  /** All texts have come, in order, and everybody is there. */
  async finish() {
    const begin = performance.now();
    await this.#ask("finish", FINISH_MS);
    const groups = await this.#ask("report");
    const slow = Object.keys(groups).filter(isSlow).map((group) => `${group} ${quantile(groups[group].delays, 1).toFixed(0)}`);
    this.#t.diagnostic(`${(performance.now() - begin).toFixed(0)} ms until all has come; the slowest: ${slow.join(", ")} ms`);
    for (const [group, { faults }] of Object.entries(groups)) assert.deepEqual(faults, [], group);
    assert.equal(this.#server.output, this.#server.stdout, "nothing to complain about");
  }
}
