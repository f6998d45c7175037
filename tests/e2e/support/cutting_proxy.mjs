// Carries connections to the server and cuts them, now or after a number of bytes, so that both ends notice, one, or
// none.

import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * How a connection is cut:
 *   reset        both ends get a TCP reset
 *   end          both ends get the end of the stream, without a close frame
 *   half         the client gets a reset, and the server nothing more
 *   silence      neither end gets anything more, until thaw()
 */
export const CUTS = ["reset", "end", "half", "silence"];

export class CuttingProxy {
  /** Called for each new connection: {cut, from: "client" or "server", bytes}, or nothing, to carry it on. */
  plan = () => undefined;
  /** How many connections were cut as planned. */
  cuts = 0;
  #listener;
  #lines = new Set();

  /** Gone when the test `t` ends. */
  static async start(t, server) {
    const proxy = new CuttingProxy();
    proxy.#listener = createServer({ noDelay: true }, (client) => proxy.#carry(client, server.port));
    proxy.#listener.listen(0, "127.0.0.1");
    await once(proxy.#listener, "listening");
    t.after(() => proxy.#end());
    return proxy;
  }

  get port() {
    return this.#listener.address().port;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All connections there are. */
  cut(kind) {
    for (const line of this.#lines) line.cut(kind);
  }

  /** What was held back while there was silence arrives now. */
  thaw() {
    for (const line of this.#lines) line.thaw();
  }

  #carry(client, port) {
    const line = new Line(client, port, this.plan());
    line.onCut = () => this.cuts++;
    line.onEnd = () => this.#lines.delete(line);
    this.#lines.add(line);
  }

  #end() {
    this.#listener.close();
    for (const line of this.#lines) line.cut("reset");
  }
}

class Line {
  onCut;
  onEnd;
  #client;
  #server;
  #isSilent = false;
  #held = []; // [socket, bytes]

  constructor(client, port, plan) {
    this.#client = client;
    this.#server = connect({ port, host: "127.0.0.1", noDelay: true });
    for (const [name, from, to] of [
      ["client", this.#client, this.#server],
      ["server", this.#server, this.#client],
    ]) {
      let left = plan?.from === name ? plan.bytes : Infinity;
      from.on("error", () => {}); // followed by "close"
      from.on("data", (bytes) => {
        this.#pass(to, bytes.subarray(0, left));
        left -= bytes.length;
        if (left > 0) return;
        left = Infinity;
        this.onCut();
        this.cut(plan.cut);
      });
      from.on("close", () => {
        if (this.#client.destroyed && this.#server.destroyed) this.onEnd();
        if (!this.#isSilent) to.destroySoon();
      });
    }
  }

  cut(kind) {
    this.#isSilent = kind === "half" || kind === "silence";
    if (kind === "end") this.#client.destroySoon();
    if (kind === "end") this.#server.destroySoon();
    if (kind === "reset" || kind === "half") reset(this.#client);
    if (kind === "reset") reset(this.#server);
  }

  thaw() {
    if (!this.#isSilent) return;
    this.#isSilent = false;
    for (const [to, bytes] of this.#held.splice(0)) to.write(bytes);
    if (this.#client.destroyed) this.#server.destroySoon();
    if (this.#server.destroyed) this.#client.destroySoon();
  }

  #pass(to, bytes) {
    if (this.#isSilent) this.#held.push([to, bytes]);
    else to.write(bytes);
  }
}

// Node 20 does not end when a socket was reset that had begun to end.
function reset(socket) {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
