// However somebody goes, the others lose the tile soon and keep each other.

import { after, afterEach, before, test } from "node:test";
import { Browser, WEB_FOLDER, joinRoom, waitForPeople, waitForVideoFrom } from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";

// A loaded machine is slow to draw. By its pings, one in 25 s, the server would notice far later.
const GONE_MS = 15_000;
const QUICK_PINGS = ["--ping-interval", "1s", "--ping-timeout", "1s"];
const SHORT_GRACE = ["--max-resume", "2s"];

let server, home, away; // two pages stay in one browser, the third is alone in another
let ada, grace, mallory;

before(async () => (home = await Browser.open()));
after(() => home?.close());

async function openCall(options) {
  server = await startServer(["--static", WEB_FOLDER, ...options]);
  away = await Browser.open();
  [ada, grace, mallory] = [await home.newPage(), await home.newPage(), await away.newPage()];
  await joinRoom(ada, server, { name: "Ada", room: "exit" });
  await joinRoom(grace, server, { name: "Grace", room: "exit" });
  await joinRoom(mallory, server, { name: "Mallory", room: "exit" });
  await waitForVideoFrom(ada, ["Grace", "Mallory"]);
  await waitForVideoFrom(grace, ["Ada", "Mallory"]);
}

afterEach(async () => {
  await home.closePages();
  await away?.close();
  await server?.stop();
});

async function othersLoseMallory() {
  await Promise.all([waitForPeople(ada, ["Grace"], GONE_MS), waitForPeople(grace, ["Ada"], GONE_MS)]);
  await waitForVideoFrom(ada, ["Grace"]);
  await waitForVideoFrom(grace, ["Ada"]);
}

test("a page that leaves is gone at once, and can come again", { timeout: 90_000 }, async () => {
  await openCall([]);
  await mallory.getByRole("button", { name: "Leave" }).click();
  await othersLoseMallory();
  await mallory.getByRole("button", { name: "Join" }).click();
  await waitForVideoFrom(mallory, ["Ada", "Grace"]);
});

test("a page that is closed is gone at once", { timeout: 90_000 }, async () => {
  await openCall([]);
  await mallory.close();
  await othersLoseMallory();
});

test("a browser that is killed is gone at the end of its grace", { timeout: 90_000 }, async () => {
  await openCall(SHORT_GRACE);
  away.signal("SIGKILL");
  await othersLoseMallory();
});

test("a browser that hangs is gone after the dead-peer time and its grace", { timeout: 90_000 }, async () => {
  await openCall([...QUICK_PINGS, ...SHORT_GRACE]);
  away.signal("SIGSTOP");
  await othersLoseMallory();
});
