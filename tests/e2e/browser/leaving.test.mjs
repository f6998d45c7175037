// However somebody goes, the others lose the tile soon and keep each other.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Browser, WEB_FOLDER, joinRoom, waitForPeople, waitForVideoFrom } from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";

const GONE_MS = 2_000;
const PING_INTERVAL_MS = 1_000;
const PING_TIMEOUT_MS = 1_000;
const SLACK_MS = 1_500; // the server's timer granularity, and a loaded machine

let server, home, away; // two pages stay in one browser, the third is alone in another
let ada, grace, mallory;

beforeEach(async () => {
  server = await startServer([
    ...["--static", WEB_FOLDER],
    ...["--ping-interval", `${PING_INTERVAL_MS}ms`],
    ...["--ping-timeout", `${PING_TIMEOUT_MS}ms`],
  ]);
  [home, away] = [await Browser.open(), await Browser.open()];
  [ada, grace, mallory] = [await home.newPage(), await home.newPage(), await away.newPage()];
  await joinRoom(ada, server, { name: "Ada", room: "exit" });
  await joinRoom(grace, server, { name: "Grace", room: "exit" });
  await joinRoom(mallory, server, { name: "Mallory", room: "exit" });
  await waitForVideoFrom(ada, ["Grace", "Mallory"]);
  await waitForVideoFrom(grace, ["Ada", "Mallory"]);
});

afterEach(async () => {
  await home?.close();
  await away?.close();
  await server?.stop();
});

async function othersLoseMallory(withinMs) {
  const took = await Promise.all([
    waitForPeople(ada, ["Grace"], withinMs * 5),
    waitForPeople(grace, ["Ada"], withinMs * 5),
  ]);
  assert.ok(Math.max(...took) <= withinMs, `gone after ${took.map(Math.round)} ms, allowed are ${withinMs}`);
  await waitForVideoFrom(ada, ["Grace"]);
  await waitForVideoFrom(grace, ["Ada"]);
}

test("a page that leaves is gone at once, and can come again", { timeout: 90_000 }, async () => {
  await mallory.getByRole("button", { name: "Leave" }).click();
  await othersLoseMallory(GONE_MS);
  await mallory.getByRole("button", { name: "Join" }).click();
  await waitForVideoFrom(mallory, ["Ada", "Grace"]);
});

test("a page that is closed is gone within two seconds", { timeout: 90_000 }, async () => {
  await mallory.close();
  await othersLoseMallory(GONE_MS);
});

test("a browser that is killed is gone within two seconds", { timeout: 90_000 }, async () => {
  away.signal("SIGKILL");
  await othersLoseMallory(GONE_MS);
});

test("a browser that hangs is gone after the dead-peer time", { timeout: 90_000 }, async () => {
  away.signal("SIGSTOP");
  await othersLoseMallory(PING_INTERVAL_MS + PING_TIMEOUT_MS + SLACK_MS);
});
