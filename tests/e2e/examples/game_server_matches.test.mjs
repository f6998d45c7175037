// Matches of the game: codes, places, captains, and players who come back.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Browser, waitForSignaling } from "../support/browser.mjs";
import { until } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import {
  createMatch,
  joinByCode,
  openLobby,
  play,
  runner,
  startGame,
  waitForAlert,
  waitForPlay,
  waitForPlayers,
} from "./support/game.mjs";

let server, browser;
beforeEach(async () => {
  server = await startGame();
  browser = await Browser.open();
});
afterEach(async () => {
  await browser?.close();
  await server?.kill();
});

test("a match that is not listed is found by its code, until it is full", async () => {
  const pages = [];
  for (const name of ["Ada", "Grace", "Emmy"]) pages.push(await openLobby(browser, server, name));
  const code = await createMatch(pages[0], { title: "Secret", capacity: 2, listed: false });
  await joinByCode(pages[1], code.toLowerCase());
  await waitForPlay(pages[1]);
  assert.equal(await pages[2].getByRole("button", { name: "Play Secret" }).count(), 0);
  await joinByCode(pages[2], code);
  await waitForAlert(pages[2], "This match is full: 2 of 2 are playing.");
  await joinByCode(pages[2], "NOCODE");
  await waitForAlert(pages[2], "There is no match with this code.");
});

test("the captain removes a player, who stays out and makes room for another", async () => {
  const [ada, grace, emmy] = await Promise.all(
    ["Ada", "Grace", "Emmy"].map((name) => openLobby(browser, server, name)),
  );
  const code = await createMatch(ada, { title: "Duel", capacity: 2 });
  await play(grace, "Duel");
  await waitForPlayers(ada, { Ada: "here", Grace: "here" });
  assert.equal(await grace.getByRole("button", { name: "Remove Ada" }).count(), 0, "only the captain may");
  await ada.getByRole("button", { name: "Remove Grace" }).click();
  await waitForAlert(grace, "You were removed from this match.");
  await play(emmy, "Duel");
  await waitForPlayers(ada, { Ada: "here", Emmy: "here" });
  await joinByCode(grace, code);
  await waitForAlert(grace, "You were removed from this match.");
});

test("a player who reloads the page has the same score", async () => {
  const [ada, grace] = [await openLobby(browser, server, "Ada"), await openLobby(browser, server, "Grace")];
  await play(ada);
  await play(grace);
  await collectCoins(ada, 1);
  const { score } = await runner(grace, "Ada");
  await ada.reload();
  await waitForPlay(ada);
  await waitForPlayers(grace, { Ada: "here", Grace: "here" });
  assert.ok((await runner(grace, "Ada")).score >= score);
});

test("the server is restarted: who played in the open match plays on, another match is over", async () => {
  const [ada, grace] = [await openLobby(browser, server, "Ada"), await openLobby(browser, server, "Grace")];
  await play(ada);
  await createMatch(grace, { title: "Short", capacity: 2 });
  assert.equal(await server.stop(), 0, server.output);
  for (const page of [ada, grace]) await waitForSignaling(page, "waiting");
  server = await startGame(["--listen", `127.0.0.1:${server.port}`]);
  await waitForPlay(ada);
  await waitForAlert(grace, "There is no match with this code.");
  await play(grace);
  await waitForPlayers(ada, { Ada: "here", Grace: "here" });
});

test("the rules hold for any client: token, name, one match, nobody but the server to talk to", async () => {
  const refused = new NativeClient(server, { query: { token: "short" } });
  assert.equal((await refused.next()).code, "unauthorized");

  const ada = await NativeClient.connect(server, { query: { token: "0123456789abcdef" } });
  const join = (room, metadata) => ada.request({ type: "join", room, metadata });
  assert.equal((await join("anything", {})).code, "forbidden");
  for (const metadata of [undefined, {}, { name: "" }, { name: " " }, { name: "x".repeat(21) }, [1]])
    assert.equal((await join("match/OPEN", metadata)).code, "bad_request");
  const joined = await join("match/OPEN", { name: "Адa" });
  assert.deepEqual(joined.peers, [{ id: "match/OPEN", metadata: { host: true }, polite: false }]);
  const grace = await NativeClient.connect(server, { query: { token: "fedcba9876543210" } });
  await grace.join("match/OPEN", { name: "Grace" });
  assert.equal((await ada.request({ type: "message", to: grace.id, data: 1 })).code, "forbidden");
  assert.equal((await ada.request({ type: "message", room: "match/OPEN", data: 1 })).code, "forbidden");

  grace.send({ type: "event", event: "kick", to: "match/OPEN", data: { seat: 0 } });
  await grace.drain();
  const { peers } = await grace.request({ type: "members", room: "match/OPEN" });
  assert.ok(
    peers.some(({ id }) => id === ada.id),
    "who is no captain removes nobody",
  );

  await grace.join("lobby");
  grace.send({ type: "event", event: "create", to: "lobby", data: { title: "Other", capacity: 2 } });
  const created = await nextEvent(grace, "created");
  const answer = await ada.request({
    type: "join",
    room: `match/${created.code}`,
    metadata: { name: "Ada" },
  });
  assert.equal(answer.message, "Leave your match first.");
  for (const data of [
    null,
    {},
    { title: "T", capacity: 1 },
    { title: "T", capacity: 9 },
    { title: "", capacity: 2 },
  ]) {
    grace.send({ type: "event", event: "create", to: "lobby", data });
    assert.match((await nextEvent(grace, "refused")).reason, /needs a title/);
  }
});

test("the same player on a second connection takes the seat, and the first one is closed", async () => {
  const query = { token: "0123456789abcdef" };
  const first = await NativeClient.connect(server, { query });
  await first.join("match/OPEN", { name: "Ada" });
  const second = await NativeClient.connect(server, { query });
  const joined = await second.join("match/OPEN", { name: "Ada" });
  assert.ok(joined.peers.some(({ id }) => id === "match/OPEN"));
  const { code } = await first.closed();
  assert.equal(code, 4409);
  const roster = await nextEvent(second, "roster");
  assert.deepEqual(
    roster.map(({ seat, peer, away }) => ({ seat, peer, away })),
    [{ seat: 0, peer: second.id, away: false }],
  );
});

test("a player whose connection breaks is shown as away, and has the seat when it is back", async () => {
  const query = { token: "0123456789abcdef", keep: "60" };
  const ada = await NativeClient.connect(server, { query });
  assert.equal(ada.welcome.keep, 20, "--come-back-seconds bounds it");
  await ada.join("match/OPEN", { name: "Ada" });
  await ada.drain();
  const grace = await NativeClient.connect(server, { query: { token: "fedcba9876543210" } });
  await grace.join("match/OPEN", { name: "Grace" });
  const seats = async () => (await nextEvent(grace, "roster")).map(({ seat, name, away }) => [seat, name, away]);
  assert.deepEqual(await seats(), [
    [0, "Ada", false],
    [1, "Grace", false],
  ]);
  await ada.reset();
  assert.deepEqual(await seats(), [
    [0, "Ada", true],
    [1, "Grace", false],
  ]);
  const again = new NativeClient(server, { query: { ...query, peer: ada.id, resume: ada.resume } });
  assert.equal((await again.next()).resumed, "rooms");
  assert.deepEqual(await seats(), [
    [0, "Ada", false],
    [1, "Grace", false],
  ]);
  await again.close();
  assert.deepEqual(await seats(), [[1, "Grace", false]]);
});

/** Runs for coins, as a finger would that is held on the nearest one. */
async function collectCoins(page, wanted) {
  const box = await page.locator("#arena").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await until(async () => {
    const { score, x, y } = await page.evaluate(() => {
      const { players, coins } = window.channels.at(-1).state;
      const [, ownX, ownY, score] = players[0];
      const distance = ([x, y]) => Math.hypot(x - ownX, y - ownY);
      const [x, y] = coins.reduce((best, coin) => (distance(coin) < distance(best) ? coin : best));
      return { score, x, y };
    });
    await page.mouse.move(box.x + (x / 1000) * box.width, box.y + (y / 1000) * box.height);
    return score >= wanted;
  }, "a coin");
  await page.mouse.up();
}

async function nextEvent(client, name) {
  for (;;) {
    const message = await client.next();
    if (message.type === "event" && message.event === name) return message.data;
  }
}
