// A call of three pages, of which one loses its connection to the server: the call goes on as it is, and the others see
// nobody leave and nobody join.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  Browser,
  WEB_FOLDER,
  joinRoom,
  sendChat,
  waitForChat,
  waitForSignaling,
  waitForVideoFrom,
} from "../support/browser.mjs";
import { CuttingProxy } from "../support/cutting_proxy.mjs";
import { until } from "../support/deadline.mjs";
import { startServer } from "../support/server.mjs";
import { chatOf, countDescriptions, descriptionsOf, expectVideo, seenBy, watchTiles } from "../support/watched_call.mjs";
import { enter } from "../sessions/support/demo_client.mjs";

const options = { timeout: 180_000 };
const QUICK = ["--static", WEB_FOLDER, "--ping-interval", "1s", "--ping-timeout", "2s", "--away-after", "200ms"];
const UNREACHABLE = () => ({ cut: "reset", from: "client", bytes: 1 });

let browser;
before(async () => (browser = await Browser.open()));
after(() => browser?.close());

class CallOfThree {
  static async open(t, args = []) {
    const call = new CallOfThree();
    t.after(() => browser.closePages());
    call.server = await startServer([...QUICK, ...args]);
    t.after(() => call.server.stop());
    call.proxy = await CuttingProxy.start(t, call.server);
    call.pages = [];
    for (const [name, by] of [
      ["Ada", call.server],
      ["Grace", call.server],
      ["Emmy", call.proxy],
    ]) {
      const page = await browser.newPage();
      await page.addInitScript(countDescriptions);
      await joinRoom(page, by, { name, room: "cut" });
      call.pages.push(page);
    }
    [call.ada, call.grace, call.emmy] = call.pages;
    await call.goesOn();
    for (const page of call.pages) await page.evaluate(watchTiles);
    return call;
  }

  /** Everybody gets new frames from everybody. */
  async goesOn() {
    await expectVideo({ Ada: this.ada, Emmy: this.emmy, Grace: this.grace });
  }
}

for (const kind of ["reset", "silence"]) {
  test(`${kind}: media and chat go on, and nobody leaves or joins`, options, async (t) => {
    const call = await CallOfThree.open(t);
    const { proxy, pages, ada, grace, emmy } = call;
    const descriptions = await Promise.all(pages.map(descriptionsOf));
    proxy.plan = UNREACHABLE;
    proxy.cut(kind);
    await waitForSignaling(emmy, "waiting");
    for (const page of [ada, grace]) {
      await page.waitForSelector(".tile[data-away]");
      assert.equal(await page.locator(".tile[data-away] .tile-state").textContent(), "Reconnecting…");
    }
    await call.goesOn();
    for (const text of ["one", "two", "three"]) await sendChat(emmy, text);
    for (const page of [ada, grace]) await waitForChat(page, "three");
    await sendChat(ada, "four");
    await waitForChat(emmy, "four");
    proxy.plan = () => undefined;
    await waitForSignaling(emmy, "open");
    for (const page of [ada, grace])
      await page.waitForFunction(() => !document.querySelector(".tile[data-away]"));
    await call.goesOn();
    for (const page of pages) assert.deepEqual(await chatOf(page), ["one", "two", "three", "four"]);
    for (const page of [ada, grace]) assert.deepEqual(await seenBy(page), ["Emmy away", "Emmy back"]);
    assert.deepEqual(await seenBy(emmy), []);
    assert.deepEqual(await Promise.all(pages.map(descriptionsOf)), descriptions, "nobody negotiated again");
  });
}

/** The tile of that person, with the camera off. */
const withoutCamera = (name) => `.tile[data-camera="off"]:has(video[aria-label="Video of ${name}"])`;

test("a page to which messages were lost says so, is up to date, and negotiates nothing", options, async (t) => {
  const call = await CallOfThree.open(t, ["--max-unacknowledged-bytes", "500"]);
  const { proxy, pages, ada, grace, emmy } = call;
  const descriptions = await Promise.all(pages.map(descriptionsOf));
  proxy.plan = UNREACHABLE;
  proxy.cut("half"); // to the server the connection looks alive, so it sends there
  for (let i = 0; i < 9; i++) await ada.getByRole("button", { name: "Camera" }).click();
  await grace.waitForSelector(withoutCamera("Ada"));
  proxy.plan = () => undefined;
  await emmy.getByText(/^Reconnected\. .* to you (was|were) lost\.$/).waitFor();
  await emmy.waitForSelector(withoutCamera("Ada"));
  await ada.getByRole("button", { name: "Camera" }).click();
  await call.goesOn();
  for (const page of pages) assert.deepEqual((await seenBy(page)).filter((what) => !/ (away|back)$/.test(what)), []);
  assert.deepEqual(await Promise.all(pages.map(descriptionsOf)), descriptions);
});

test("a page that joins while another is away gets into a call with it", options, async (t) => {
  const { server, proxy, ada, emmy } = await CallOfThree.open(t);
  proxy.plan = UNREACHABLE;
  proxy.cut("reset");
  await ada.waitForSelector(".tile[data-away]");
  const alan = await browser.newPage();
  await joinRoom(alan, server, { name: "Alan", room: "cut" });
  await alan.waitForSelector(".tile[data-away]");
  proxy.plan = () => undefined;
  await waitForVideoFrom(alan, ["Ada", "Emmy", "Grace"]);
  await waitForVideoFrom(emmy, ["Ada", "Alan", "Grace"]);
  assert.deepEqual(await seenBy(emmy), ["Alan comes"]);
});

test("a page that is closed leaves at once", options, async (t) => {
  const { server, emmy } = await CallOfThree.open(t);
  const watcher = await enter(t, server, "cut");
  await emmy.close();
  await until(() => watcher.told("peer-left").length === 1, "the leave", 2_000);
  assert.match(watcher.told("peer-left")[0].reason, /^(leave|disconnect)$/); // the page says so, if it still can
  assert.deepEqual(watcher.told("peer-away"), []);
});
