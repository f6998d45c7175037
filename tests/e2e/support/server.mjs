// Starts and stops the server program. It is always stopped by its process id.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const DEFAULT_PROGRAM = new URL("../../../build/dev/bin/signaling-server", import.meta.url);
const START_MS = 15_000;
const STOP_MS = 15_000;

/** The program under test: the environment variable SIGNALING_SERVER, or the one of the release build. */
export function serverProgram() {
  return process.env.SIGNALING_SERVER || fileURLToPath(DEFAULT_PROGRAM);
}

/** A program of examples/ that a test is about: the environment variable names it. */
export function exampleProgram(variable) {
  const program = process.env[variable];
  if (!program) throw new Error(`${variable} does not name a program`);
  return program;
}

/**
 * Starts the server and waits until it listens. Without `--listen` in `args` it gets a free port.
 * `program`: another one that listens and ends in the same way. `addresses`: on how many it will listen, if not one for
 * each option.
 * Returns {url, port, tlsUrl, tlsPort, pid, output, stdout, stop(), kill()}:
 *   url, port         of the first address it listens on
 *   tlsUrl, tlsPort   of the first address with TLS
 *   output            what it has printed so far, standard output and error together
 *   stdout            standard output alone
 *   stop(signal, ms)  SIGTERM unless told otherwise; resolves to the exit code; fails when the server does not end
 *                     within 15 s, or what is said
 *   kill()            SIGKILL; resolves when it is gone
 */
export async function startServer(args = [], { env = {}, program = serverProgram(), addresses } = {}) {
  const listen = args.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const child = spawn(program, [...listen, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const server = new RunningServer(child);
  try {
    await server.listening(
      addresses ?? [...listen, ...args].filter((arg) => /^--(tls-)?listen$/.test(arg)).length,
    );
  } catch (error) {
    await server.kill();
    throw error;
  }
  return server;
}

class RunningServer {
  output = "";
  stdout = "";
  url = "";
  port = 0;
  tlsUrl = "";
  tlsPort = 0;
  #child;
  #ended;

  constructor(child) {
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once("exit", resolve);
      child.once("error", (error) => resolve((this.output += `${error.message}\n`))); // could not be started
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => (this.output += text));
    }
    child.stdout.on("data", (text) => (this.stdout += text));
    // A test process that ends early leaves no server behind.
    const killNow = () => child.kill("SIGKILL");
    process.once("exit", killNow);
    this.#ended.then(() => process.off("exit", killNow));
  }

  get pid() {
    return this.#child.pid;
  }

  async listening(addresses) {
    const line = /^listening (https?):(\/\/\S+:(\d+))\n/gm;
    const deadline = AbortSignal.timeout(START_MS);
    const ended = this.#ended.then(() => true);
    for (;;) {
      const found = [...this.stdout.matchAll(line)];
      if (found.length === addresses) return this.#keep(found);
      const more = once(this.#child.stdout, "data", { signal: deadline }).then(() => false);
      if (await Promise.race([more, ended])) throw new Error(`${this.#child.spawnfile} ended:\n${this.output}`);
    }
  }

  #keep(addresses) {
    for (const [, scheme, rest, port] of addresses.reverse()) {
      if (scheme === "http") [this.url, this.port] = [`http:${rest}`, Number(port)];
      else [this.tlsUrl, this.tlsPort] = [`https:${rest}`, Number(port)];
    }
  }

  async stop(signal = "SIGTERM", milliseconds = STOP_MS) {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), milliseconds);
    await this.#ended;
    clearTimeout(timer);
    if (this.#child.signalCode === "SIGKILL")
      throw new Error(`the server did not end on ${signal}:\n${this.output}`);
    return this.#child.exitCode;
  }

  async kill() {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
