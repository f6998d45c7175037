// Runs the tests of a vocabulary with each transport, on the default namespace and on the vocabulary's own.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startServer } from "../../support/server.mjs";
import { SeedClient } from "./seed_client.mjs";

const VOCABULARIES = ["redis-rooms", "token-peers", "rooms-mesh", "email-calls"];
// The last one is what clients do that nobody told otherwise.
const TRANSPORTS = {
  "polling only": { transports: ["polling"] },
  "WebSocket only": { transports: ["websocket"] },
  "with an upgrade": {},
};

/** What a test gets: a server of its own, and clients of the vocabulary. */
class World {
  clients = [];

  constructor(server, settings) {
    this.server = server;
    this.settings = settings;
  }

  /** One more client. `options`: those of SeedClient. */
  async connect(options = {}) {
    const client = await SeedClient.connect(this.server, { ...this.settings, ...options });
    this.clients.push(client);
    return client;
  }

  /** All that are still there are on this transport, or get there. */
  async expectTransport(expected) {
    for (const client of this.clients)
      if (client.socket.connected) assert.equal(await client.transport(), expected);
  }
}

/**
 * `define(withClients)` is called for each transport and namespace; `withClients(name, count, run)` makes a test:
 * `run` gets a World with so many clients. `marker`: see SeedClient; `args`: of the server; `options`: of all clients.
 */
export function onEveryTransport(vocabulary, { marker, args = [], options = {} }, define) {
  const other = VOCABULARIES.find((name) => name !== vocabulary);
  const namespaces = [["/", vocabulary], [`/${vocabulary}`, other]];
  for (const [transport, transportOptions] of Object.entries(TRANSPORTS)) {
    const last = transportOptions.transports?.[0] ?? "websocket";
    for (const [namespace, served] of namespaces) {
      const settings = { namespace, marker, ...transportOptions, ...options };
      const withClients = (name, count, run) =>
        test(name, async () => {
          const server = await startServer(["--vocabulary", served, ...args]);
          try {
            const world = new World(server, settings);
            for (let i = 0; i < count; i++) await world.connect();
            await run(world, ...world.clients);
            await world.expectTransport(last);
          } finally {
            assert.equal(await server.stop(), 0, server.output);
          }
        });
      describe(`${transport}, namespace ${namespace}`, () => define(withClients));
    }
  }
}
