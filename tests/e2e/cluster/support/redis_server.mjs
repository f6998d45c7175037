// A Redis server of a test's own, on a free port, in its own folder. It is always stopped by its process id.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../../support/certificate.mjs";
import { within } from "../../support/deadline.mjs";
import { freePort } from "../../support/free_port.mjs";
import { RespConnection } from "./resp.mjs";

const PROGRAM = process.env.REDIS_SERVER || "redis-server";
const ATTEMPTS = 5;

export class RedisServer {
  #child;
  #ended;
  #arguments;
  #log = "";
  #folder = temporaryFolder();
  port = 0;

  /**
   * Listening when it resolves. `appendonly`: what was written is there again after a restart; `args`: more of
   * the command line.
   */
  static async start({ appendonly = false, args = [] } = {}) {
    const redis = new RedisServer();
    const persistence = appendonly ? ["yes", "--appendfsync", "always"] : ["no"];
    redis.#arguments = ["--save", "", "--appendonly", ...persistence, ...args];
    for (let attempt = 1; ; ++attempt) {
      redis.port = await freePort();
      try {
        await redis.start();
        return redis;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error; // somebody else may have taken the port
      }
    }
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#child.pid;
  }

  /** Once more on the same port, after `stop` or `kill`: with its data if it keeps them, or else empty. */
  async start() {
    const place = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#folder];
    const child = spawn(PROGRAM, [...place, ...this.#arguments], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
    const killNow = () => child.kill("SIGKILL");
    process.once("exit", killNow);
    this.#ended.then(() => process.off("exit", killNow));
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (this.#log += text));
    await within(Promise.race([this.#ready(child), this.#failed()]), "Redis");
  }

  async #failed() {
    await this.#ended;
    throw new Error(`Redis ended:\n${this.#log}`);
  }

  async #ready(child) {
    while (child.exitCode === null) {
      try {
        return (await RespConnection.open(this.port)).close();
      } catch {
        await delay(20);
      }
    }
  }

  /** "SIGSTOP" makes it silent with its connections open; "SIGCONT" lets it go on. */
  signal(name) {
    this.#child.kill(name);
  }

  async stop() {
    this.#child.kill("SIGTERM");
    this.#child.kill("SIGCONT");
    await within(this.#ended, "the end of Redis");
  }

  async kill() {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** One command on a connection of its own. */
  async command(...words) {
    const connection = await RespConnection.open(this.port);
    try {
      return await connection.command(...words);
    } finally {
      connection.close();
    }
  }

  /** All keys, sorted. */
  async keys() {
    return (await this.command("KEYS", "*")).sort();
  }
}
