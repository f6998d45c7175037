// Calls between two and five pages: everybody sees everybody, and the chat reaches all.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  Browser,
  WEB_FOLDER,
  joinRoom,
  remoteTiles,
  sendChat,
  waitForChat,
  waitForVideoFrom,
} from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";

let server;
before(async () => (server = await startServer(["--static", WEB_FOLDER])));
after(() => server?.stop());

async function joinAll(browser, room, names) {
  const pages = [];
  for (const name of names) {
    const page = await browser.newPage();
    await joinRoom(page, server, { name, room });
    pages.push(page);
  }
  return pages;
}

async function everybodySeesEverybody(pages, names) {
  for (const [i, page] of pages.entries())
    await waitForVideoFrom(
      page,
      names.filter((name) => name !== names[i]),
    );
}

test("two pages in a room see each other's video move", { timeout: 90_000 }, async () => {
  const browsers = [await Browser.open(), await Browser.open()];
  try {
    const names = ["Ada", "Grace"];
    const pages = await Promise.all(browsers.map((browser) => browser.newPage()));
    for (const [i, page] of pages.entries()) await joinRoom(page, server, { name: names[i], room: "two" });
    await everybodySeesEverybody(pages, names);
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()));
  }
});

test("five pages form a full mesh, and what one writes reaches all", { timeout: 180_000 }, async () => {
  const browser = await Browser.open();
  try {
    const names = ["Ada", "Grace", "Emmy", "Alan", "Edsger"];
    const pages = await joinAll(browser, "five", names);
    await everybodySeesEverybody(pages, names);
    for (const [i, page] of pages.entries()) await sendChat(page, `hello from ${names[i]}`);
    for (const page of pages) {
      for (const name of names) await waitForChat(page, `hello from ${name}`);
      assert.equal(await page.locator("#messages .message").count(), names.length, "each message once");
    }
  } finally {
    await browser.close();
  }
});

test("rooms do not see each other", { timeout: 90_000 }, async () => {
  const browser = await Browser.open();
  try {
    const [ada, grace] = await joinAll(browser, "left", ["Ada", "Grace"]);
    const [alan] = await joinAll(browser, "right", ["Alan"]);
    await waitForVideoFrom(ada, ["Grace"]);
    await waitForVideoFrom(grace, ["Ada"]);
    assert.deepEqual(await remoteTiles(alan), []);
  } finally {
    await browser.close();
  }
});
