// What a load balancer does, as far as these tests need it: connections go to one node, which can be exchanged for new
// ones while old ones stay where they are.

import { once } from "node:events";
import { connect, createServer } from "node:net";
import { statusOf } from "../../cluster/support/cluster.mjs";
import { until } from "../../support/deadline.mjs";

export class Balancer {
  #listener;
  #sockets = new Set();
  /** The node that new connections go to. */
  node;

  /** Gone when the test `t` ends. */
  static async start(t, node) {
    const balancer = new Balancer();
    balancer.node = node;
    balancer.#listener = createServer((socket) => balancer.#relay(socket)).listen(0, "127.0.0.1");
    await once(balancer.#listener, "listening");
    t.after(() => balancer.#end());
    return balancer;
  }

  get port() {
    return this.#listener.address().port;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Puts the other node in the place of the one that ends, as soon as that says so. */
  async follow(other) {
    const ending = this.node;
    await until(async () => (await statusOf(ending, "/readyz").catch(() => 503)) === 503, "a node that drains");
    this.node = other;
  }

  #relay(socket) {
    const upstream = connect(this.node.port, "127.0.0.1");
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ]) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy()).on("close", () => this.#sockets.delete(from));
      from.pipe(to);
    }
  }

  #end() {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
