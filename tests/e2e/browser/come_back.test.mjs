// The demo's call.js with the signaling played by the test, and the browser's clock in its hand: who is away after a
// reconnect has some seconds to come back.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Browser, WEB_FOLDER } from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";

const COME_BACK_MS = 8_000;
const options = { timeout: 60_000 };

let server, browser, page;
before(async () => {
  server = await startServer(["--static", WEB_FOLDER]);
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(async () => {
  page = await browser.newPage();
  await page.clock.install();
  await page.goto(server.url);
  await page.evaluate(async () => {
    const { Call } = await import("/call.js");
    const accept = () => Promise.resolve();
    const signaling = Object.assign(new EventTarget(), {
      iceServers: [],
      offer: accept,
      answer: accept,
      candidate: accept,
    });
    const canvas = document.createElement("canvas");
    canvas.getContext("2d");
    window.call = new Call(signaling, "room", canvas.captureStream(5));
    window.say = (type, detail) =>
      signaling.dispatchEvent(new CustomEvent(type, { detail: { room: "room", ...detail } }));
  });
});

/** The signaling is connected again, as the same peer, and these are in the room. */
function reconnect(...ids) {
  const peers = ids.map((id) => ({ id, metadata: {}, polite: true }));
  return page.evaluate((members) => window.say("joined", { peer: "self", peers: members }), peers);
}
const isThere = () => page.evaluate(() => window.call.member("grace") !== undefined);

test("who does not come back in time is removed", options, async () => {
  await reconnect("grace");
  await reconnect();
  await page.clock.runFor(COME_BACK_MS - 1_000);
  assert.equal(await isThere(), true);
  await page.clock.runFor(1_000);
  assert.equal(await isThere(), false);
});

test("after two reconnects in a row the time counts from the second", options, async () => {
  await reconnect("grace");
  await reconnect();
  await page.clock.runFor(3_000);
  await reconnect();
  await page.clock.runFor(COME_BACK_MS - 1_000);
  assert.equal(await isThere(), true);
  await page.clock.runFor(1_000);
  assert.equal(await isThere(), false);
});

test("who came back after two reconnects stays", options, async () => {
  await reconnect("grace");
  await reconnect();
  await page.clock.runFor(3_000);
  await reconnect();
  await page.evaluate(() => window.say("peer-joined", { peer: { id: "grace", metadata: {}, polite: true } }));
  await page.clock.runFor(2 * COME_BACK_MS);
  assert.equal(await isThere(), true);
});
