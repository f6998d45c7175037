// Publishers and players of WHIP and WHEP, with the clients that pages use, against the media server.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Browser, waitForPeople, waitForVideoFrom } from "../support/browser.mjs";
import { until } from "../support/deadline.mjs";
import { connectionOf, joinCall, roomsOf, startMedia } from "./support/media.mjs";
import { play, publish, received, stop, whipPage } from "./support/whip_page.mjs";

// What the page calls a member without a name.
const NAMELESS = "Guest";

let server, browser;
beforeEach(async () => {
  server = await startMedia();
  browser = await Browser.open();
});
afterEach(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0, server?.output);
});

const arrives = (page, what) =>
  until(
    async () => {
      const { frames, audioPackets } = await received(page);
      return frames > 5 && audioPackets > 20;
    },
    what,
    60_000,
  );

test("a browser sees and hears a publisher, and a player does, too", async (t) => {
  const ada = await joinCall(browser, server, "Ada");
  const seen = [];
  const publisher = await whipPage(t, browser, server, seen);
  await publish(publisher, `${server.url}/whip/call`, "any token");
  await waitForVideoFrom(ada, [NAMELESS]);
  const before = await connectionOf(ada);
  assert.deepEqual(before.widths, [160]);
  await until(async () => (await connectionOf(ada)).audioPackets > before.audioPackets + 20, "sound");

  const player = await whipPage(t, browser, server);
  await play(player, `${server.url}/whep/call`);
  await arrives(player, "the publisher's media at the player");
  await waitForPeople(ada, [NAMELESS]);
  const { call } = await roomsOf(server);
  assert.deepEqual(call.map(({ metadata }) => metadata?.protocol).sort(), ["whep", "whip", undefined]);

  assert.ok(seen.includes("POST 201"), `${seen}`);
  assert.ok(seen.includes("PATCH 204"), `${seen}`);
  await stop(publisher);
  await waitForPeople(ada, []);
  await until(() => seen.includes("DELETE 200"), "the end of the session");
  // Ada is who is left to play.
  const { frames } = await received(player);
  await until(async () => (await received(player)).frames > frames + 5, "Ada's pictures at the player");
  await stop(player);
  await until(async () => (await roomsOf(server)).call.length === 1, "the player's leave");
});

test("the client of Eyevinn publishes, candidate by candidate", async (t) => {
  const seen = [];
  const publisher = await whipPage(t, browser, server, seen);
  await publisher.evaluate(async (endpoint) => {
    const { WHIPClient } = await import("/eyevinn.js");
    window.client = new WHIPClient({ endpoint, opts: { authkey: "key", iceServers: [] } });
    await window.client.ingest(
      await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 160, height: 120 } }),
    );
  }, `${server.url}/whip/call`);
  const player = await whipPage(t, browser, server);
  await play(player, `${server.url}/whep/call`);
  await arrives(player, "the publisher's media");
  assert.ok(seen.includes("OPTIONS 204") && seen.includes("POST 201"), `${seen}`);
  await until(() => seen.includes("PATCH 204"), "candidates");
  await publisher.evaluate(() => window.client.destroy());
  await until(() => seen.includes("DELETE 200"), "the end of the session");
});

test("a player gets 404 while nobody publishes", async (t) => {
  const player = await whipPage(t, browser, server);
  await assert.rejects(play(player, `${server.url}/whep/empty`), /404|Request rejected/);
});
