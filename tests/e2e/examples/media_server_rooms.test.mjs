// Rooms of the media server: who gets in, who is put out, what a restart does.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import {
  Browser,
  remoteTiles,
  sendChat,
  waitForChat,
  waitForSignaling,
  waitForVideoFrom,
  waitForView,
} from "../support/browser.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { joinCall, kick, newPage, roomsOf, startMedia } from "./support/media.mjs";

let server, browser;
beforeEach(async () => {
  server = await startMedia(["--room-capacity", "2"]);
  browser = await Browser.open();
});
afterEach(async () => {
  await browser?.close();
  await server?.kill();
});

async function adaAndGrace() {
  const [ada, grace] = [await joinCall(browser, server, "Ada"), await joinCall(browser, server, "Grace")];
  await seeEachOther(ada, grace);
  return [ada, grace];
}

async function seeEachOther(ada, grace) {
  await waitForVideoFrom(ada, ["Grace"]);
  await waitForVideoFrom(grace, ["Ada"]);
}

test("a full call refuses the next one and says why; another room is open", async () => {
  const [ada] = await adaAndGrace();
  const emmy = await newPage(browser);
  await emmy.goto(`${server.url}/?name=Emmy&room=call`);
  await emmy.getByRole("button", { name: "Join" }).click();
  await emmy.getByText("Could not join: This call is full: it has 2 places.").waitFor();
  const alan = await joinCall(browser, server, "Alan", "elsewhere");
  assert.deepEqual(await remoteTiles(alan), []);
  assert.deepEqual(
    (await remoteTiles(ada)).map(({ name }) => name),
    ["Grace"],
  );
});

test("the operator sees who is there and puts one out, whose place is free then", async () => {
  const [ada, grace] = await adaAndGrace();
  const rooms = await roomsOf(server);
  assert.deepEqual(Object.keys(rooms), ["call"]);
  assert.deepEqual(
    rooms.call.map(({ metadata }) => metadata.name),
    ["Ada", "Grace"],
  );
  const { id } = rooms.call[1];
  assert.equal(await kick(server, "call", id, "wrong"), 401);
  assert.equal(await kick(server, "call", "nobody"), 404);
  assert.equal(await kick(server, "call", "sfu/call"), 404);
  assert.equal(await kick(server, "call", id), 200);
  await grace.getByText("You were removed from the room: The operator has removed you.").waitFor();
  await waitForView(grace, "lobby");
  const emmy = await joinCall(browser, server, "Emmy");
  await waitForVideoFrom(ada, ["Emmy"]);
  await waitForVideoFrom(emmy, ["Ada"]);
});

test("the server is restarted, and the call goes on", async () => {
  const [ada, grace] = await adaAndGrace();
  assert.equal(await server.stop(), 0, server.output);
  for (const page of [ada, grace]) await waitForSignaling(page, "waiting");
  server = await startMedia(["--listen", `127.0.0.1:${server.port}`]);
  for (const page of [ada, grace]) await waitForSignaling(page, "open");
  await seeEachOther(ada, grace);
  await sendChat(ada, "still here");
  await waitForChat(grace, "still here");
});

test("a browser that answers nonsense, or nothing, harms nobody", async () => {
  const ada = await joinCall(browser, server, "Ada");
  const rude = await NativeClient.connect(server);
  await rude.join("call", { name: "Rude" });
  let offer;
  do offer = await rude.next();
  while (offer.type !== "offer");
  const { connection } = offer.data;
  for (const data of [
    null,
    1,
    {},
    { sdp: "v=0" },
    { connection, sdp: "nonsense" },
    { connection, sdp: "v=0\r\n" },
  ])
    rude.send({ type: "answer", to: "sfu/call", data });
  for (const data of [
    null,
    { connection, candidate: "x", sdpMLineIndex: 0 },
    { connection, candidate: "candidate:1 1 UDP 1 256.0.0.1 1 typ host", sdpMLineIndex: 999 },
  ])
    rude.send({ type: "candidate", to: "sfu/call", data });
  await rude.drain();
  await rude.close();
  const grace = await joinCall(browser, server, "Grace");
  await seeEachOther(ada, grace);
});
