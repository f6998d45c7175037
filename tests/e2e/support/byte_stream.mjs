// Reads a socket like a file: so many bytes, or up to a delimiter, or the rest.

import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { within } from "./deadline.mjs";

/** A socket to the server: {socket, stream}. `tls`: options of tls.connect, for its TLS port. */
export async function openSocket(server, { tls } = {}) {
  const socket = tls
    ? connectTls({ host: "127.0.0.1", port: server.tlsPort, rejectUnauthorized: false, ...tls })
    : connectTcp({ host: "127.0.0.1", port: server.port });
  socket.setNoDelay(true);
  const stream = new ByteStream(socket);
  const connected = new Promise((resolve, reject) => {
    socket.once(tls ? "secureConnect" : "connect", resolve);
    socket.once("error", reject);
  });
  await within(connected, "a connection");
  return { socket, stream };
}

export class ByteStream {
  #chunks = [];
  #size = 0;
  #wake = () => {};
  /** Nothing more will come. */
  ended = false;
  /** The connection was reset, or broke otherwise. */
  error = undefined;

  constructor(socket) {
    const end = () => {
      this.ended = true;
      this.#wake();
    };
    socket.on("data", (chunk) => {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      this.#wake();
    });
    socket.on("error", (error) => (this.error = error));
    socket.on("end", end);
    socket.on("close", end);
  }

  /** Bytes that came and were not read. */
  get size() {
    return this.#size;
  }

  /** Exactly `count` bytes. */
  async read(count) {
    await this.#until(() => this.#size >= count, `${count} bytes`);
    const all = this.#join();
    this.#put(all.subarray(count));
    return all.subarray(0, count);
  }

  /** The text up to `delimiter`, and the delimiter. */
  async readThrough(delimiter) {
    await this.#until(() => this.#join().includes(delimiter), JSON.stringify(delimiter));
    return this.read(this.#join().indexOf(delimiter) + delimiter.length);
  }

  /** Everything up to the end. */
  async rest() {
    await this.#until(() => this.ended, "the end");
    const all = this.#join();
    this.#put(Buffer.alloc(0));
    return all;
  }

  async #until(condition, what) {
    while (!condition()) {
      if (this.ended) throw new Error(`the connection ended, wanted: ${what}, there is: ${this.#describe()}`);
      const more = new Promise((resolve) => (this.#wake = resolve));
      await within(more, `${what}, there is: ${this.#describe()}`);
    }
  }

  #describe() {
    return JSON.stringify(this.#join().subarray(0, 200).toString("latin1"));
  }

  #join() {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0];
  }

  #put(bytes) {
    this.#chunks = [bytes];
    this.#size = bytes.length;
  }
}
