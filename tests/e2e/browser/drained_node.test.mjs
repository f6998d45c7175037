// A call of three pages on two nodes, of which one is told to end: the call goes on as it is, and nobody sees anybody leave.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Cluster } from "../cluster/support/cluster.mjs";
import { Balancer } from "../operation/support/balancer.mjs";
import { Browser, WEB_FOLDER, joinRoom, sendChat, waitForChat, waitForSignaling } from "../support/browser.mjs";
import { chatOf, countDescriptions, descriptionsOf, expectVideo, seenBy, watchTiles } from "../support/watched_call.mjs";

let browser;
before(async () => (browser = await Browser.open()));
after(() => browser?.close());

test("a node is drained: media and chat go on, and nobody leaves or joins", { timeout: 180_000 }, async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2, args: ["--static", WEB_FOLDER] });
  const [a, b] = cluster.nodes;
  const balancer = await Balancer.start(t, a);
  t.after(() => browser.closePages());
  const pages = {};
  for (const [name, by] of [
    ["Ada", balancer],
    ["Emmy", balancer],
    ["Grace", b],
  ]) {
    const page = await browser.newPage();
    await page.addInitScript(countDescriptions);
    await joinRoom(page, by, { name, room: "drained" });
    pages[name] = page;
  }
  await expectVideo(pages);
  const all = Object.values(pages);
  for (const page of all) await page.evaluate(watchTiles);
  const descriptions = await Promise.all(all.map(descriptionsOf));

  const following = balancer.follow(b);
  const stopped = a.stop();
  await sendChat(pages.Grace, "one");
  await following;
  await sendChat(pages.Grace, "two");
  assert.equal(await stopped, 0, a.output);
  for (const page of all) await waitForSignaling(page, "open");
  await sendChat(pages.Emmy, "three");
  for (const page of all) await waitForChat(page, "three");
  await expectVideo(pages);
  for (const page of all) {
    assert.deepEqual(await chatOf(page), ["one", "two", "three"]);
    assert.deepEqual(await seenBy(page), []);
  }
  assert.deepEqual(await Promise.all(all.map(descriptionsOf)), descriptions, "nobody negotiated again");
});
