// Calls through the media server: two and six browsers, one of which dies, and late ones.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Browser, waitForPeople, waitForVideoFrom } from "../support/browser.mjs";
import { until } from "../support/deadline.mjs";
import { openFiles } from "../support/process_usage.mjs";
import { connectionOf, joinCall, startMedia } from "./support/media.mjs";

// The server keeps a page that has lost its connection for a minute.
const GONE_MS = 90_000;

let server, browser;
beforeEach(async () => {
  server = await startMedia();
  browser = await Browser.open();
});
afterEach(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0, server?.output);
});

async function everybodySeesEverybody(pages) {
  const names = Object.keys(pages);
  for (const [own, page] of Object.entries(pages))
    await waitForVideoFrom(
      page,
      names.filter((name) => name !== own),
    );
}

test("two browsers see and hear each other, as they were sent", async () => {
  const pages = {
    Ada: await joinCall(browser, server, "Ada"),
    Grace: await joinCall(browser, server, "Grace"),
  };
  await everybodySeesEverybody(pages);
  for (const page of Object.values(pages)) {
    const before = await connectionOf(page);
    assert.deepEqual(before.widths, [160]);
    await until(async () => (await connectionOf(page)).audioPackets > before.audioPackets + 20, "sound");
  }
});

test("six browsers send once and receive five; one dies, and a late one sees all", async () => {
  const doomed = await Browser.open();
  try {
    const pages = {};
    for (const name of ["Ada", "Grace", "Emmy", "Alan", "Edsger"])
      pages[name] = await joinCall(browser, server, name);
    const barbara = await joinCall(doomed, server, "Barbara");
    await everybodySeesEverybody({ ...pages, Barbara: barbara });
    const { sections, videosSent } = await connectionOf(pages.Ada);
    assert.deepEqual({ sections, videosSent }, { sections: 12, videosSent: 1 });

    doomed.signal("SIGKILL");
    for (const name of Object.keys(pages))
      await waitForPeople(
        pages[name],
        Object.keys(pages).filter((other) => other !== name),
        GONE_MS,
      );
    pages.Late = await joinCall(browser, server, "Late");
    await everybodySeesEverybody(pages);
    assert.equal((await connectionOf(pages.Ada)).sections, 12, "the place of one who has gone is used again");
  } finally {
    await doomed.close();
  }
});

test("people come and go, and the connection of one who stays does not grow", async () => {
  const files = openFiles(server.pid);
  const ada = await joinCall(browser, server, "Ada");
  for (const name of ["Grace", "Emmy", "Alan"]) {
    const page = await joinCall(browser, server, name);
    await waitForVideoFrom(ada, [name]);
    await waitForVideoFrom(page, ["Ada"]);
    await page.getByRole("button", { name: "Leave" }).click();
    await waitForPeople(ada, []);
    await page.context().close();
  }
  assert.equal((await connectionOf(ada)).sections, 4);
  assert.equal(await ada.evaluate(() => window.connections.length), 1);

  await ada.getByRole("button", { name: "Leave" }).click();
  await ada.context().close();
  // Each connection had more sockets than that.
  await until(() => openFiles(server.pid) <= files + 4, "the end of all connections");
});
