// A name that moves: a TCP port of which connections go to one server today and to another tomorrow, while those that are
// open stay where they are.

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Forwarder {
  /** The port that new connections go to. */
  target;
  #server;
  #sockets = new Set();

  static async start() {
    const forwarder = new Forwarder();
    forwarder.#server = createServer((client) => forwarder.#join(client));
    forwarder.#server.listen(0, "127.0.0.1");
    await once(forwarder.#server, "listening");
    return forwarder;
  }

  get port() {
    return this.#server.address().port;
  }

  #join(client) {
    const server = connect({ host: "127.0.0.1", port: this.target });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {}); // followed by "close"
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }

  stop() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
