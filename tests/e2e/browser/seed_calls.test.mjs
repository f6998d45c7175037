// Calls between two pages that speak the languages of other projects, through socket.io-client in a real browser.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Browser } from "../support/browser.mjs";
import { temporaryFolder } from "../support/certificate.mjs";
import { startServer } from "../support/server.mjs";
import { copyPages, servePages } from "./seed_pages/page_server.mjs";

const CALL_MS = 30_000;
const FRAMES = 5;
const TRANSPORTS = { "polling only": "polling", "WebSocket only": "websocket", "with an upgrade": undefined };

let browser, pages, server;
const opened = [];

before(async () => {
  browser = await Browser.open();
  pages = await servePages();
});
after(async () => {
  await browser?.close();
  pages?.close();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((page) => page.context().close()));
  if (server) assert.equal(await server.stop(), 0, server.output);
  server = undefined;
});

/** Opens a page and waits until it is connected, or says why not. `query`: see seed_page.js. */
async function open(page, origin, query) {
  const tab = await browser.newPage();
  opened.push(tab);
  const url = new URL(page, origin);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  await tab.goto(url.href);
  await tab.waitForFunction(() => document.body.dataset.signaling);
  return tab;
}

const stateOf = (tab) => tab.evaluate(() => ({ ...document.body.dataset }));

/** Frames of the other side are decoded and shown, and go on being. */
async function expectVideo(...tabs) {
  for (const tab of tabs) {
    const before = await stateOf(tab);
    const from = [Number(before.decoded ?? 0) + FRAMES, Number(before.shown ?? 0) + FRAMES];
    const grows = ([decoded, shown]) =>
      document.body.dataset.decoded >= decoded && document.body.dataset.shown >= shown;
    await tab.waitForFunction(grows, from, { timeout: CALL_MS }).catch(async (error) => {
      throw new Error(`no video: ${JSON.stringify(await stateOf(tab))}`, { cause: error });
    });
    assert.equal((await stateOf(tab)).connection, "connected");
  }
}

async function expectTransport(tab, transport) {
  await tab.waitForFunction((wanted) => document.body.dataset.transport === wanted, transport ?? "websocket");
}

describe("rooms-mesh", () => {
  async function call(origin, query) {
    const there = await open("rooms_mesh.html", origin, { room: "lobby", name: "Mia", ...query });
    await there.waitForFunction(() => document.body.dataset.people === "Mia;");
    const comes = await open("rooms_mesh.html", origin, { room: "lobby", name: "Noa", ...query });
    await expectVideo(there, comes);
    for (const tab of [there, comes]) await expectTransport(tab, query.transport);
    await comes.close();
    await there.waitForFunction(() => document.body.dataset.gone === "Noa");
  }

  for (const [name, transport] of Object.entries(TRANSPORTS)) {
    test(`two pages see each other, and that one leaves; ${name}, from another origin`, { timeout: 90_000 }, async () => {
      server = await startServer(["--vocabulary", "rooms-mesh", "--cors-origin", "*"]);
      await call(pages.origin, { server: server.url, transport });
    });
  }

  test("two pages that the server serves itself, on the vocabulary's namespace", { timeout: 90_000 }, async () => {
    const folder = temporaryFolder();
    copyPages(folder);
    server = await startServer(["--vocabulary", "email-calls", "--static", folder]);
    await call(server.url, { namespace: "/rooms-mesh" });
  });
});

describe("email-calls", () => {
  for (const [name, transport] of Object.entries(TRANSPORTS)) {
    test(`two pages of the configured origin see each other; ${name}, with credentials`, { timeout: 90_000 }, async () => {
      server = await startServer(["--vocabulary", "email-calls", "--cors-origin", pages.origin]);
      const query = { server: server.url, transport, credentials: "", room: "r" };
      const there = await open("email_calls.html", pages.origin, { ...query, name: "a@x" });
      await there.waitForFunction(() => document.body.dataset.room === "r");
      const comes = await open("email_calls.html", pages.origin, { ...query, name: "b@x" });
      await expectVideo(there, comes);
      for (const tab of [there, comes]) await expectTransport(tab, transport);
    });

    test(`a page of another origin does not connect; ${name}`, { timeout: 60_000 }, async () => {
      server = await startServer(["--vocabulary", "email-calls", "--cors-origin", "http://localhost:5173"]);
      const query = { server: server.url, transport, room: "r", name: "a@x" };
      const tab = await open("email_calls.html", pages.origin, query);
      assert.match((await stateOf(tab)).signaling, /^(xhr poll|websocket) error$/);
    });
  }
});
