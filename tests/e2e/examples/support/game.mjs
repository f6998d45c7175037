// The game's page, played as a person would, and looked into through the data channel that it holds.

import { exampleProgram, startServer } from "../../support/server.mjs";

export function startGame(args = []) {
  return startServer(args, { program: exampleProgram("SIGNALING_GAME_SERVER") });
}

/**
 * The lobby, with `window.channels`: the data channels that the server opened; each keeps its last state in
 * `state`.
 */
export async function openLobby(browser, server, name) {
  const page = await browser.newPage();
  await page.addInitScript(() => {
    window.channels = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(options) {
        super(options);
        this.addEventListener("datachannel", ({ channel }) => {
          window.channels.push(channel);
          channel.addEventListener("message", ({ data }) => (channel.state = JSON.parse(data)));
        });
      }
    };
  });
  await page.goto(`${server.url}/?name=${name}`);
  return page;
}

/** Into a listed match, until its state comes. */
export async function play(page, title = "Open match") {
  await page.getByRole("button", { name: `Play ${title}` }).click();
  await waitForPlay(page);
}

export async function joinByCode(page, code) {
  await page.getByLabel("Code of the match").fill(code);
  await page.getByRole("button", { name: "Join" }).click();
}

/** A new match, in which the page then plays. Resolves to its code. */
export async function createMatch(page, { title, capacity, listed = true }) {
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Places").fill(String(capacity));
  await page.getByLabel("Show it to everybody").setChecked(listed);
  await page.getByRole("button", { name: "Create" }).click();
  await waitForPlay(page);
  return page.evaluate(() => document.body.dataset.match);
}

export async function waitForPlay(page) {
  const before = await page.evaluate(() => Number(document.body.dataset.snapshots ?? 0));
  await page.waitForFunction((count) => {
    const { view, link, snapshots } = document.body.dataset;
    return view === "match" && link === "open" && Number(snapshots) > count + 10;
  }, before);
}

/** Until the page lists exactly these players: {name: "away" or "here"}. */
export async function waitForPlayers(page, players) {
  const wanted = JSON.stringify(Object.entries(players).sort());
  await page
    .waitForFunction((expected) => {
      const entries = [...document.querySelectorAll("#players li")];
      const shown = entries.map(({ dataset }) => [dataset.name, dataset.away === "true" ? "away" : "here"]);
      return JSON.stringify(shown.sort()) === expected;
    }, wanted)
    .catch(async (error) => {
      throw new Error(`not ${wanted}: ${await page.locator("#players").innerText()}`, { cause: error });
    });
}

export async function waitForAlert(page, text) {
  await page.waitForFunction(
    (wanted) =>
      document.body.dataset.view === "lobby" && document.querySelector("#alert").textContent === wanted,
    text,
  );
}

/** How many states a second come to each of the pages, over three seconds. */
export async function stateRates(pages) {
  const count = () =>
    new Promise((resolve) => {
      const from = { count: Number(document.body.dataset.snapshots), time: performance.now() };
      setTimeout(() => {
        const seconds = (performance.now() - from.time) / 1000;
        resolve((Number(document.body.dataset.snapshots) - from.count) / seconds);
      }, 3_000);
    });
  return Promise.all(pages.map((page) => page.evaluate(count)));
}

/** {x, y, score} of the player with that name, in the newest state that the page has. */
export async function runner(page, name) {
  return page.evaluate((wanted) => {
    const { seat } = document.querySelector(`#players [data-name="${wanted}"]`).dataset;
    const [, x, y, score] = window.channels.at(-1).state.players.find(([number]) => number === Number(seat));
    return { x, y, score };
  }, name);
}
