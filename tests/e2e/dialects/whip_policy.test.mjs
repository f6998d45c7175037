// WHIP and WHEP where not everybody may do everything: tokens, grants, ICE servers, and what options allow.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../support/certificate.mjs";
import { startServer } from "../support/server.mjs";
import { IssuerKey, jwks } from "../support/tokens.mjs";
import { ANSWER, FRAGMENT, MediaServer, WhipClient, fragmentOf, offerOf, session } from "./support/whip.mjs";

const folder = temporaryFolder();
const TOKEN = "open sesame";
const CANDIDATE = "candidate:1 1 udp 2113937151 192.0.2.7 54321 typ host";
const PATHS = ["--whip", "/whip", "--whep", "/whep"];

async function serve(t, ...args) {
  const server = await startServer([...PATHS, ...args]);
  t.after(() => server.stop());
  return server;
}

test("a token: 401 without it and with another, also for later requests; preflights need none", async (t) => {
  const server = await serve(t, "--auth-token", TOKEN);
  const media = await MediaServer.join(t, server, "room", { query: { token: TOKEN } });
  const missing = await new WhipClient(server, "/whip/room").post("", { headers: { "content-type": "text/plain" } });
  assert.deepEqual([missing.status, missing.headers.get("www-authenticate")], [401, "Bearer"]);
  const wrong = await new WhipClient(server, "/whip/room", { token: "wrong" }).post(offerOf());
  assert.deepEqual([wrong.status, wrong.headers.get("www-authenticate")], [401, 'Bearer error="invalid_token"']);
  const client = await session(media, server, "/whip/room", { token: TOKEN });
  const { headers } = client;
  client.headers = {};
  assert.equal((await client.patch(fragmentOf())).status, 401);
  assert.equal((await client.remove()).status, 401);
  const preflight = await client.request("OPTIONS", client.url, {
    headers: { "access-control-request-method": "POST" },
  });
  assert.equal(preflight.status, 204);
  client.headers = { authorization: headers.authorization.replace("Bearer", "BEARER") };
  assert.equal((await client.remove()).status, 200);
});

test("a grant for another room: 403, before the offer is looked at", async (t) => {
  const key = new IssuerKey("HS256");
  const file = join(folder, "keys.json");
  writeFileSync(file, jwks(key));
  const server = await serve(t, "--jwt-keys", file);
  const token = key.token({ signaling: { rooms: [{ room: "mine" }] } });
  const media = await MediaServer.join(t, server, "mine", { query: { token } });
  assert.equal((await new WhipClient(server, "/whip/yours", { token }).post(offerOf())).status, 403);
  await session(media, server, "/whip/mine", { token });
});

test("ICE servers: a Link each, on 201 and for who asks and may know", async (t) => {
  const server = await serve(
    t,
    "--auth-token",
    TOKEN,
    "--ice-server",
    "stun:stun.example.net",
    "--ice-server",
    "turn:turn.example.net?transport=udp,u,p",
  );
  const media = await MediaServer.join(t, server, "room", { query: { token: TOKEN } });
  const client = await session(media, server, "/whip/room", { token: TOKEN });
  const links =
    '<stun:stun.example.net>; rel="ice-server", <turn:turn.example.net?transport=udp>; rel="ice-server"; ' +
    'username="u"; credential="p"; credential-type="password"';
  assert.equal(client.response.headers.get("link"), links);
  assert.equal((await client.request("OPTIONS", client.url)).headers.get("link"), links);
  const preflight = { "access-control-request-method": "POST" };
  assert.equal((await client.request("OPTIONS", client.url, { headers: preflight })).headers.get("link"), null);
  const stranger = await new WhipClient(server, "/whip/room").request("OPTIONS", client.url);
  assert.deepEqual([stranger.status, stranger.headers.get("link")], [204, null]);
});

test("--whip-require-if-match: 428 for candidates without it", async (t) => {
  const server = await serve(t, "--whip-require-if-match");
  const media = await MediaServer.join(t, server, "room");
  const client = await session(media, server, "/whip/room");
  assert.equal((await client.patch(fragmentOf({ candidates: [CANDIDATE] }))).status, 428);
  assert.equal((await client.patch(fragmentOf(), { "if-match": client.etag })).status, 204);
});

test("--whep-counter-offers: 406 with an offer, which a PATCH answers", async (t) => {
  const server = await serve(t, "--whep-counter-offers");
  const media = await MediaServer.join(t, server, "room");
  const client = new WhipClient(server, "/whep/room");
  const posted = client.post(offerOf("recvonly"));
  const { from } = await media.next("offer");
  media.send("offer", from, { type: "offer", sdp: offerOf() });
  const response = await posted;
  assert.equal(response.status, 406);
  assert.match(response.headers.get("content-type"), /^application\/sdp; valid-until="\w{3}, .* GMT"$/);
  assert.equal(await response.text(), offerOf());
  client.session = new URL(response.headers.get("location"), client.url);
  const sdp = { "content-type": "application/sdp" };
  assert.equal((await client.patch("", sdp)).status, 400);
  assert.equal((await client.patch(ANSWER, sdp)).status, 204);
  assert.deepEqual((await media.next("answer")).data, { type: "answer", sdp: ANSWER });
  const fragment = fragmentOf({ ufrag: "sfu1", candidates: [CANDIDATE] });
  assert.equal((await client.patch(fragment, { "content-type": FRAGMENT })).status, 204);
});

test("--whip-room-prefix and --whip-base-url: whose rooms they are, and where sessions are found", async (t) => {
  const server = await serve(t, "--whip-room-prefix", "live/", "--whip-base-url", "https://node-1.example/");
  const media = await MediaServer.join(t, server, "live/room");
  const client = await session(media, server, "/whip/room");
  assert.match(client.response.headers.get("location"), /^https:\/\/node-1\.example\/whip\/session\//);
  client.session = new URL(client.session.pathname, server.url);
  assert.equal((await client.remove()).status, 200);
});
