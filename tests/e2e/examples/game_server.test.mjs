// The game over its data channels: two and six browsers, one of which dies, and a late one.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Browser } from "../support/browser.mjs";
import { until } from "../support/deadline.mjs";
import {
  openLobby,
  play,
  runner,
  startGame,
  stateRates,
  waitForPlay,
  waitForPlayers,
} from "./support/game.mjs";

const SPEED = 420; // of Arena, per second

let server, browser;
beforeEach(async () => {
  server = await startGame(["--come-back-seconds", "3"]);
  browser = await Browser.open();
});
afterEach(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0, server?.output);
});

function assertAbout60(rates) {
  assert.ok(
    rates.every((rate) => rate > 45 && rate < 75),
    `states per second: ${rates.map(Math.round)}`,
  );
}

test("two players get 60 states a second, unordered and unrepeated, and what one does the other sees", async () => {
  const [ada, grace] = [await openLobby(browser, server, "Ada"), await openLobby(browser, server, "Grace")];
  await play(ada);
  await play(grace);
  const { ordered, maxRetransmits } = await ada.evaluate(() => {
    const { ordered, maxRetransmits } = window.channels[0];
    return { ordered, maxRetransmits };
  });
  assert.deepEqual({ ordered, maxRetransmits }, { ordered: false, maxRetransmits: 0 });
  assertAbout60(await stateRates([ada, grace]));

  const from = await runner(grace, "Ada");
  const [key, sign] = from.x < 500 ? ["ArrowRight", 1] : ["ArrowLeft", -1];
  await ada.locator("#arena").focus();
  await ada.keyboard.down(key);
  await until(async () => ((await runner(grace, "Ada")).x - from.x) * sign > 100, "Ada runs");
  await ada.keyboard.up(key);
});

test("the server decides: nobody runs faster by asking for more", async () => {
  const page = await openLobby(browser, server, "Mallory");
  await play(page);
  const { x } = await runner(page, "Mallory");
  const ask = x < 500 ? 1e9 : -1e9;
  const { distance, ticks } = await page.evaluate(async (wish) => {
    const channel = window.channels[0];
    const place = () => channel.state.players[0][1];
    const [start, tick] = [place(), channel.state.tick];
    const timer = setInterval(() => channel.send(JSON.stringify({ x: wish, y: 0 })), 1);
    await new Promise((resolve) => setTimeout(resolve, 600));
    clearInterval(timer);
    for (const bad of ["", "{", "[]", '{"x":null}', '{"x":"1","y":2}', "x".repeat(10_000)]) channel.send(bad);
    return { distance: Math.abs(place() - start), ticks: channel.state.tick - tick };
  }, ask);
  assert.ok(distance > 50 && distance <= (SPEED / 60) * ticks + 1, `${distance} in ${ticks} ticks`);
  await waitForPlay(page); // what made no sense has done no harm
});

test("six players; one dies and is away, then gone; a late one is in the middle of it", async () => {
  const doomed = await Browser.open();
  try {
    const names = ["Ada", "Grace", "Emmy", "Alan", "Edsger"];
    const pages = await Promise.all(names.map((name) => openLobby(browser, server, name)));
    for (const page of pages) await play(page);
    const barbara = await openLobby(doomed, server, "Barbara");
    await play(barbara);
    const here = Object.fromEntries(names.map((name) => [name, "here"]));
    for (const page of pages) await waitForPlayers(page, { ...here, Barbara: "here" });
    assertAbout60(await stateRates([...pages, barbara]));

    doomed.signal("SIGKILL");
    await waitForPlayers(pages[0], { ...here, Barbara: "away" });
    for (const page of pages) await waitForPlayers(page, here);

    const late = await openLobby(browser, server, "Late");
    await play(late);
    await waitForPlayers(late, { ...here, Late: "here" });
    const { players, coins } = await late.evaluate(() => window.channels[0].state);
    assert.equal(players.length, 6);
    assert.equal(coins.length, 6);
    assertAbout60(await stateRates([...pages, late]));
  } finally {
    await doomed.close();
  }
});
