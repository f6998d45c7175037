// A client that takes one message per turn of its event loop loses what it reads together with that message: `ws` emits all
// messages of one read in the same turn, before a promise for the next one can be made.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import WebSocket from "ws";
import { within } from "../support/deadline.mjs";
import { startServer } from "../support/server.mjs";
import { PATIENT_CONFORMANCE } from "./support/conformance.mjs";

const CLIENTS = 10;

/** What such a client gets behind the answer to its CONNECT: the host's event, or the answer to its own if it lost that. */
async function firstEvent(server) {
  const url = new URL("/socket.io/?EIO=4&transport=websocket", server.url.replace("http", "ws"));
  const socket = new WebSocket(url);
  const next = async () => (await within(once(socket, "message"), "a message"))[0].toString();
  assert.match(await next(), /^0\{/);
  socket.send("40");
  assert.match(await next(), /^40\{"sid":/);
  socket.send('42["message","mine"]');
  const event = await next();
  socket.terminate();
  return event;
}

test("what the host emits to a client that has just connected is not read together with the answer to CONNECT", async (t) => {
  const server = await startServer(PATIENT_CONFORMANCE);
  t.after(() => server.stop());
  const events = [];
  for (let i = 0; i < CLIENTS; i++) events.push(await firstEvent(server));
  const got = events.filter((event) => event === '42["auth",{}]').length;
  // A client that does not run for some milliseconds reads both at once, whatever the server does.
  assert.ok(got > CLIENTS / 2, `${got} of ${CLIENTS} clients: ${events}`);
});
