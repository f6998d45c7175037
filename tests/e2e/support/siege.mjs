// A server under attack, and two clients beside it whom that must not disturb.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "./deadline.mjs";
import { NativeClient } from "./native_client.mjs";
import { MEBIBYTE, openFiles, residentBytes } from "./process_usage.mjs";
import { get } from "./raw_http.mjs";
import { startServer } from "./server.mjs";
import { makeCertificate, temporaryFolder, tlsOptions } from "./certificate.mjs";

/** A message and its answer between the two; a machine that does nothing else takes a few milliseconds. */
const EXCHANGE_MS = 1000;
/** What an attack may leave in the pools of the allocator. */
const RESIDENT_BYTES = 32 * MEBIBYTE;

let certificate;

export class Siege {
  #ada;
  #bob;
  #files;
  #resident;
  #exchanges = 0;

  /** The server is up, and the two are in a room. `tls`: it listens with TLS too. `client`: options of NativeClient. */
  static async begin(args = [], { tls = false, client } = {}) {
    if (tls) certificate ??= makeCertificate(temporaryFolder());
    const siege = new Siege();
    siege.server = await startServer([
      "--log-level",
      "error",
      ...(tls ? tlsOptions(certificate) : []),
      ...args,
    ]);
    if (args.includes("--store")) await siege.ready();
    siege.#ada = await NativeClient.connect(siege.server, client);
    siege.#bob = await NativeClient.connect(siege.server, client);
    for (const one of [siege.#ada, siege.#bob]) await one.join("bystanders");
    await siege.#ada.next();
    await siege.exchange();
    siege.#files = openFiles(siege.server.pid);
    siege.#resident = residentBytes(siege.server.pid);
    return siege;
  }

  /** The server has its store. */
  async ready() {
    await until(async () => (await get(this.server, "/readyz")).status === 200, "a server that is ready");
  }

  /** The milliseconds that a message and its answer take. */
  async exchange() {
    const data = ++this.#exchanges;
    const begin = performance.now();
    for (const [from, to] of [
      [this.#ada, this.#bob],
      [this.#bob, this.#ada],
    ]) {
      from.send({ type: "message", to: to.id, data });
      await to.expect({ type: "message", from: from.id, data });
    }
    const milliseconds = performance.now() - begin;
    assert.ok(milliseconds < EXCHANGE_MS, `the bystanders took ${milliseconds} ms`);
    return milliseconds;
  }

  /** The process has as many descriptors as before the attack. */
  async expectFilesBack() {
    const { pid } = this.server;
    const count = () => openFiles(pid);
    await until(() => count() === this.#files, `${this.#files} descriptors as before the attack`);
  }

  /** Everything is as it was before. */
  async expectRepelled(t) {
    const milliseconds = await this.exchange();
    await this.expectFilesBack();
    const growth = residentBytes(this.server.pid) - this.#resident;
    t.diagnostic(
      `bystanders: ${milliseconds.toFixed(1)} ms; memory: ${(growth / MEBIBYTE).toFixed(1)} MiB more`,
    );
    assert.ok(growth < RESIDENT_BYTES, `the server kept ${growth} bytes`);
  }

  async end() {
    for (const { socket } of [this.#ada, this.#bob]) socket.terminate();
    assert.equal(await this.server.stop(), 0, this.server.output);
  }
}

/** A test with a server of its own: `attack(server, t, siege)` runs, and then everything is as before. */
export function besieged(name, args, attack, options) {
  test(name, async (t) => {
    const siege = await Siege.begin(args, options);
    t.after(() => siege.end());
    await attack(siege.server, t, siege);
    await siege.expectRepelled(t);
  });
}

/** Attacks on one server: `attack(name, run)` is a test, after which everything is as before. */
export function siege(args, options) {
  let siege;
  before(async () => (siege = await Siege.begin(args, options)));
  after(() => siege.end());
  return (name, run) =>
    test(name, async (t) => {
      await run(siege.server, t, siege);
      await siege.expectRepelled(t);
    });
}
