// Thousands of clients that start with polling and upgrade while others talk to them: nothing is lost, doubled or out of
// order, whichever way it comes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until, within } from "../support/deadline.mjs";
import { openFiles } from "../support/process_usage.mjs";
import { startServer } from "../support/server.mjs";
import { Storm } from "./support/storm.mjs";

const COUNT = 2000;
const PER_ROOM = 20;
const STORM_MS = 80_000;

async function rage(server, atOnce) {
  const storm = new Storm({ url: server.url, count: COUNT, perRoom: PER_ROOM });
  await storm.gather(atOnce);
  await storm.finish();
  storm.close();
  return storm.clients;
}

for (const atOnce of [100, COUNT]) {
  test(`${COUNT} clients in rooms of ${PER_ROOM}, ${atOnce} at a time: each hears all of its room, in order, once`, async (t) => {
    const server = await startServer(["--log-level", "warning"]);
    const files = openFiles(server.pid);
    const start = performance.now();
    const clients = await within(rage(server, atOnce), "a storm", STORM_MS);
    const heard = (transport) => clients.reduce((sum, each) => sum + each.heard[transport], 0);
    t.diagnostic(`${Math.round(performance.now() - start)} ms, ${heard("polling")} + ${heard("websocket")} messages`);

    for (const { name, heard, greetings, followers } of clients) {
      assert.ok(heard.polling > 0 && heard.websocket > 0, `${name} has heard something on both sides of its upgrade`);
      assert.equal(greetings + followers, PER_ROOM, `${name} was greeted by all that were there before it`);
    }
    await until(() => openFiles(server.pid) === files, "all connections are gone");
    assert.equal(server.output, server.stdout, "nothing to complain about");
    assert.equal(await server.stop(), 0);
  });
}
