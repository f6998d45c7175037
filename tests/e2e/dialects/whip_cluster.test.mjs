// WHIP and WHEP on several nodes with Redis: the media server on one, clients on another, later requests on a third.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../cluster/support/cluster.mjs";
import { MediaServer, WhipClient, fragmentOf, offerOf, session } from "./support/whip.mjs";

const CANDIDATE = "candidate:1 1 udp 2113937151 192.0.2.7 54321 typ host";

test("a session is found from every node, wherever its media server is", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 3, args: ["--whip", "/whip", "--whep", "/whep"] });
  const [home, away, third] = cluster.nodes;
  const media = await MediaServer.join(t, home, "room");
  const client = await session(media, away, "/whip/room", { token: "mine" });
  const player = await session(media, third, "/whep/room", { body: offerOf("recvonly") });
  assert.equal((await new WhipClient(third, "/whip/room").post(offerOf())).status, 409);

  for (const node of [home, third, away]) {
    client.session = new URL(client.session.pathname, node.url);
    const patched = await client.patch(fragmentOf({ candidates: [CANDIDATE] }), { "if-match": client.etag });
    assert.equal(patched.status, 204);
    assert.equal((await media.next("candidate")).data.candidate, CANDIDATE);
    assert.equal((await client.patch("a=mid:0", { "if-match": client.etag })).status, 400);
  }

  client.session = new URL(client.session.pathname, home.url);
  const patched = client.patch("a=ice-ufrag:next\r\na=ice-pwd:secret\r\n", { "if-match": "*" });
  await media.next("event");
  media.event("ice-restarted", client.peer, { ufrag: "sfu2", pwd: "theirs", candidates: [CANDIDATE] });
  const response = await patched;
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/trickle-ice-sdpfrag");
  assert.match(response.headers.get("etag"), /^"[\w-]+"$/);
  assert.match(await response.text(), /^m=audio .*a=end-of-candidates\r\n$/s);

  const thief = Object.assign(new WhipClient(third, "/whip/room"), { session: client.session });
  assert.equal((await thief.remove()).status, 401);
  assert.equal((await client.remove()).status, 200);
  assert.equal((await media.next("peer-left")).peer, client.peer);
  assert.equal((await client.remove()).status, 404);
  player.session = new URL(player.session.pathname, away.url);
  assert.equal((await player.remove()).status, 200);
});

test("sessions end with their node: 404 from the others", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2, args: ["--whip", "/whip", "--whep", "/whep"] });
  const [home, away] = cluster.nodes;
  const media = await MediaServer.join(t, home, "room");
  const client = await session(media, away, "/whip/room");
  assert.equal(await away.stop(), 0);
  assert.equal((await media.next("peer-left")).peer, client.peer);
  client.session = new URL(client.session.pathname, home.url);
  assert.equal((await client.remove()).status, 404);
});
