// What a load balancer does, as far as these tests need it: connections go to one node, which can be exchanged for new
// ones while old ones stay where they are.

import { once } from "node:events";
import { connect, createServer } from "node:net";

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
