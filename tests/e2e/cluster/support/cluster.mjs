// Several nodes on one Redis.

import assert from "node:assert/strict";
import { DEADLINE_MS, until } from "../../support/deadline.mjs";
import { startServer } from "../../support/server.mjs";
import { RedisServer } from "./redis_server.mjs";

process.setMaxListeners(50); // one for each program, in case that the tests end early

const ANY_TRAFFIC = ["--max-joins-per-second", "0", "--max-messages-per-second", "0"];

/** The status of a GET. */
export async function statusOf(node, path) {
  const response = await fetch(node.url + path, { signal: AbortSignal.timeout(DEADLINE_MS) });
  await response.arrayBuffer();
  return response.status;
}

/** The name of the key of this kind, for a name that is part of it. */
export function keyOf(kind, name) {
  const encoded = [...Buffer.from(name)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w.-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return `signaling:${kind}:${encoded.join("")}`;
}

/** The node has logged neither warnings nor errors. */
export function expectNoComplaints(node) {
  assert.deepEqual(
    node.output.split("\n").filter((line) => /level=(warning|error)/.test(line)),
    [],
  );
}

export class Cluster {
  nodes = [];
  redis;
  #args;
  #url;

  /**
   * Ready when it resolves, and gone when the test `t` ends. `nodes`: how many; `args`: of each node; `redis`:
   * options of RedisServer.start; `url(redis)`: what the nodes take for Redis.
   */
  static async start(t, { nodes = 3, args = [], redis = {}, url = ({ url }) => url } = {}) {
    const cluster = new Cluster();
    cluster.#url = url;
    cluster.#args = ["--threads", "1", "--vocabulary", "rooms-mesh", ...ANY_TRAFFIC, ...args];
    cluster.redis = await RedisServer.start(redis);
    t.after(() => cluster.#end());
    cluster.nodes = await Promise.all(Array.from({ length: nodes }, () => cluster.#startNode()));
    await cluster.ready();
    return cluster;
  }

  #startNode() {
    return startServer(["--store", this.#url(this.redis), ...this.#args]);
  }

  /** All nodes are ready, or these. */
  async ready(nodes = this.nodes, milliseconds = DEADLINE_MS) {
    for (const node of nodes) {
      const isReady = async () => (await statusOf(node, "/readyz")) === 200;
      await until(isReady, `node ${this.nodes.indexOf(node)} ready`, milliseconds);
    }
  }

  /** A new node in the place of one that is gone. */
  async restart(index) {
    this.nodes[index] = await this.#startNode();
    await this.ready([this.nodes[index]]);
  }

  /** SIGTERM to all nodes; what they leave in Redis is what docs/clustering.md names. */
  async stopNodes() {
    const codes = await Promise.all(this.nodes.map((node) => node.stop()));
    assert.deepEqual(
      codes,
      codes.map(() => 0),
    );
    const left = (await this.redis.keys()).filter((key) => key !== "signaling:seq");
    assert.deepEqual(left, [], "keys that nobody will remove");
  }

  /** The members of each room that Redis has: Map room's key → sorted peer ids. */
  async roomsInRedis() {
    const rooms = new Map();
    for (const key of await this.redis.keys()) {
      if (key.startsWith("signaling:room:")) rooms.set(key, (await this.redis.command("HKEYS", key)).sort());
    }
    return rooms;
  }

  /** What is left of rooms and clients when all clients have gone: nothing. */
  async expectNoTraces() {
    const kinds = /^signaling:(room|version|roomnodes|members|claims|peers)\b/;
    const traces = async () => (await this.redis.keys()).filter((key) => kinds.test(key));
    await until(async () => (await traces()).length === 0, "nothing is left of the clients").catch(
      async (error) => {
        throw new Error(`${error.message}: ${await traces()}`);
      },
    );
  }

  async #end() {
    for (const node of this.nodes) await node.kill();
    await this.redis.kill();
  }
}
