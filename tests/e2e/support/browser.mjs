// A real browser, one process group each, and the demo page in it.

import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const WEB_FOLDER = fileURLToPath(new URL("../../../examples/web", import.meta.url));

// The same engine without windows: a call takes a third of the processor time that it takes in the whole browser.
const EXECUTABLE = process.env.CHROMIUM || "/usr/bin/chromium-headless-shell";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-audio-output", // nobody listens; what is received is counted
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream=fps=5", // enough to see that it moves
  "--use-fake-ui-for-media-stream",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];
const JOIN_MS = 60_000; // several browsers that encode video share the cores

/** A browser of its own, with a new and empty profile. */
export class Browser {
  #server;
  #browser;

  static async open() {
    const browser = new Browser();
    // As a server, because only then Playwright tells the process id; it makes and removes the profile's
    // folder.
    browser.#server = await chromium.launchServer({
      executablePath: EXECUTABLE,
      headless: true,
      args: FLAGS,
    });
    browser.#browser = await chromium.connect(browser.#server.wsEndpoint());
    return browser;
  }

  /** A page that shares no storage with others. `options`: those of Playwright's browser.newContext. */
  async newPage(options = {}) {
    const context = await this.#browser.newContext({ viewport: { width: 800, height: 600 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(JOIN_MS);
    return page;
  }

  /** As if it were new, which it takes seconds of processor time to be. */
  async closePages() {
    await Promise.all(this.#browser.contexts().map((context) => context.close()));
  }

  /** To all processes of the browser at once: the one that owns the sockets is not the one that draws. */
  signal(name) {
    process.kill(-this.#server.process().pid, name);
  }

  async close() {
    await this.#server.kill();
  }
}

/** What the page holds for one person: {id, name, state, frames} of every tile, the own one left out. */
export async function remoteTiles(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll("#tiles .tile:not([data-self])")].map((tile) => ({
      id: tile.dataset.peer,
      name: tile.querySelector(".tile-name").textContent,
      state: tile.dataset.state,
      frames: Number(tile.dataset.frames),
    })),
  );
}

/** Opens the demo page and joins the room as a person would. */
export async function joinRoom(page, server, { name, room, media } = {}) {
  await openLobby(page, server, { name, room, media });
  await page.getByRole("button", { name: "Join" }).click();
  await waitForView(page, "call");
}

export async function openLobby(page, server, { name, room, media } = {}) {
  const url = new URL(server.url);
  for (const [key, value] of Object.entries({ name, room, media }))
    if (value) url.searchParams.set(key, value);
  await page.goto(url.href);
}

export async function waitForView(page, view) {
  await page.waitForFunction((wanted) => document.body.dataset.view === wanted, view);
}

export async function waitForSignaling(page, state, timeout = JOIN_MS) {
  await page.waitForFunction((wanted) => document.body.dataset.signaling === wanted, state, { timeout });
}

/** Until the page shows exactly these people, all connected, and from each of them ten more frames. */
export async function waitForVideoFrom(page, names, timeout = JOIN_MS) {
  const before = new Map((await remoteTiles(page)).map(({ id, frames }) => [id, frames]));
  const enough = ([expected, framesBefore]) => {
    const tiles = [...document.querySelectorAll("#tiles .tile:not([data-self])")];
    const shown = tiles.map((tile) => tile.querySelector(".tile-name").textContent).sort();
    if (JSON.stringify(shown) !== JSON.stringify(expected)) return false;
    const moves = ({ dataset }) => Number(dataset.frames) >= (framesBefore[dataset.peer] ?? 0) + 5;
    return tiles.every((tile) => tile.dataset.state === "connected" && moves(tile));
  };
  const argument = [[...names].sort(), Object.fromEntries(before)];
  await page.waitForFunction(enough, argument, { timeout, polling: 100 }).catch(async (error) => {
    throw new Error(`no video of ${names}: ${JSON.stringify(await remoteTiles(page))}`, { cause: error });
  });
}

/** Until the page shows exactly these people, whatever their state. */
export async function waitForPeople(page, names, timeout) {
  const same = (expected) => {
    const shown = [...document.querySelectorAll("#tiles .tile:not([data-self]) .tile-name")];
    return JSON.stringify(shown.map((name) => name.textContent).sort()) === JSON.stringify(expected);
  };
  await page.waitForFunction(same, [...names].sort(), { timeout, polling: 100 });
}

export async function sendChat(page, text) {
  const toggle = page.locator("#chat-toggle");
  if ((await toggle.getAttribute("aria-expanded")) === "false") await toggle.click();
  await page.getByLabel("Message to everybody").fill(text);
  await page.keyboard.press("Enter");
}

/** Until the text stands in the page's chat. */
export async function waitForChat(page, text) {
  await page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll("#messages .message-text")].some((p) => p.textContent === wanted),
    text,
  );
}
