// The ways in which a client of Socket.IO can come.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SeedClient } from "../../seeds/support/seed_client.mjs";

// The last one is what clients do that nobody told otherwise.
const TRANSPORTS = {
  "polling only": { transports: ["polling"] },
  "WebSocket only": { transports: ["websocket"] },
  "with an upgrade": {},
};

/**
 * `define(testWith)` is called for each transport. `testWith(name, run)` makes a test: `run(connect, options, t)` gets a
 * function that gives one more client, and the options of io() that make it one of this transport. `server()`: the one
 * to connect to, once tests run. Clients end with their test.
 */
export function onEachTransport(server, define) {
  for (const [name, options] of Object.entries(TRANSPORTS)) {
    const last = options.transports?.[0] ?? "websocket";
    const testWith = (rule, run) =>
      test(rule, async (t) => {
        const clients = [];
        const connect = async (more = {}) => {
          clients.push(await SeedClient.connect(server(), { ...options, ...more }));
          return clients.at(-1);
        };
        try {
          await run(connect, options, t);
          for (const client of clients) if (client.socket.connected) assert.equal(await client.transport(), last);
        } finally {
          for (const { socket } of clients) socket.disconnect();
        }
      });
    describe(name, () => define(testWith));
  }
}
