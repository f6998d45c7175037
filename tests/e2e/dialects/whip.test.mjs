// WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep-03): their wire from outside, with a media server that is a native client.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { startServer } from "../support/server.mjs";
import { ANSWER, FRAGMENT, MediaServer, WhipClient, fragmentOf, offerOf, session } from "./support/whip.mjs";

const CANDIDATE = "candidate:1 1 udp 2113937151 192.0.2.7 54321 typ host";
const ORIGIN = "https://page.example";

let server;
before(async () => {
  server = await startServer(["--whip", "/whip", "--whep", "/whep/{room}", "--whip-answer-timeout", "300ms"]);
});
after(async () => assert.equal(await server.stop(), 0));

let rooms = 0;
async function room(t, options) {
  const name = `room-${++rooms}`;
  return { name, path: `/whip/${name}`, media: await MediaServer.join(t, server, name, options) };
}

async function status(response, expected) {
  const body = await (await response).text();
  assert.equal((await response).status, expected, body);
  return response;
}

test("an offer is answered with 201, and the media server sees a publisher", async (t) => {
  const { name, path, media } = await room(t);
  const client = new WhipClient(server, path);
  const opened = client.open();
  const { peer } = await media.next("peer-joined");
  assert.deepEqual(peer.metadata, { role: "publisher", protocol: "whip" });
  const offer = await media.next("offer");
  assert.deepEqual(offer.data, { type: "offer", sdp: offerOf(), trickle: false });
  assert.deepEqual([offer.from, offer.room], [peer.id, name]);
  media.send("answer", peer.id, { type: "answer", sdp: ANSWER.replaceAll("\r\n", "\n") });
  const { response, answer } = await opened;
  assert.equal(answer, ANSWER);
  assert.equal(response.headers.get("content-type"), "application/sdp");
  assert.match(response.headers.get("location"), /^\/whip\/session\/[\w-]{22,}$/);
  assert.match(response.headers.get("etag"), /^"[^"]+"$/);
  assert.equal(response.headers.get("accept-patch"), FRAGMENT);
  assert.equal(response.headers.get("cache-control"), "no-store");
  await status(client.remove(), 200);
  assert.equal((await media.next("peer-left")).peer, peer.id);
  await status(client.remove(), 404);
});

test("candidates before the answer are part of it, and those behind it are dropped", async (t) => {
  const { path, media } = await room(t);
  const client = new WhipClient(server, path);
  const opened = client.open();
  const { from } = await media.next("offer");
  const plain = ANSWER.replaceAll(/a=candidate.*\r\n/g, "");
  media.send("candidate", from, { candidate: CANDIDATE, sdpMid: "0", sdpMLineIndex: 0 });
  media.send("candidate", from, { candidate: "", sdpMid: "0", sdpMLineIndex: 0 });
  media.send("answer", from, { type: "answer", sdp: plain });
  const { answer } = await opened;
  const [, audio, video] = answer.split(/^m=/m);
  assert.ok(audio.endsWith(`a=${CANDIDATE}\r\na=end-of-candidates\r\n`), audio);
  assert.ok(video.endsWith("a=end-of-candidates\r\n") && !video.includes("a=candidate"), video);
  media.send("candidate", from, { candidate: CANDIDATE, sdpMid: "0", sdpMLineIndex: 0 });
  await media.client.drain();
});

test("what is wrong with a POST has its status", async (t) => {
  const { path } = await room(t);
  const client = new WhipClient(server, path);
  const without = (pattern) => offerOf().replaceAll(pattern, "");
  await status(client.post(offerOf(), { headers: { "content-type": "text/plain" } }), 415);
  for (const body of [
    "",
    "o=-",
    "v=0\r\n",
    without(/a=mid:1\r\n/g),
    without(/a=ice-ufrag.*\r\n/g),
    without(/a=ice-pwd.*\r\n/g),
  ]) {
    await status(client.post(body), 400);
  }
  await status(client.post(offerOf("recvonly")), 422);
  await status(client.post(offerOf("inactive")), 422);
  await status(new WhipClient(server, path.replace("whip", "whep")).post(offerOf("sendonly")), 422);
  await status(client.post("v=0" + "x".repeat(256 * 1024)), 413);
  const refused = await client.post(offerOf("recvonly"));
  assert.equal(refused.headers.get("content-type"), "application/problem+json");
  assert.deepEqual((await refused.json()).status, 422);
});

test("an offer may have parameters behind its type, and any size up to 256 KiB", async (t) => {
  const { path, media } = await room(t);
  const more = `a=x:${"x".repeat(200_000)}\r\n`;
  const client = new WhipClient(server, path);
  const posted = client.post(offerOf("sendonly", { more }), {
    headers: { "content-type": "Application/SDP; charset=utf-8" },
  });
  assert.equal((await media.answer()).data.sdp, offerOf("sendonly", { more }));
  await status(posted, 201);
});

test("without a media server a publisher gets 503, and a player 404", async () => {
  const publisher = await new WhipClient(server, "/whip/nobody").post(offerOf());
  assert.deepEqual([publisher.status, publisher.headers.get("retry-after")], [503, "2"]);
  const player = await new WhipClient(server, "/whep/nobody").post(offerOf("recvonly"));
  assert.deepEqual([player.status, player.headers.get("retry-after")], [404, "2"]);
});

test("a media server that does not answer makes 504, and one that refuses says how", async (t) => {
  const { path, media } = await room(t);
  const client = new WhipClient(server, path);
  await status(client.post(offerOf()), 504);
  const silent = await media.next("offer");
  assert.equal((await media.next("peer-left")).peer, silent.from);
  for (const wanted of [400, 403, 404, 406, 409, 422, 503]) {
    const posted = client.post(offerOf());
    const { from } = await media.next("offer");
    media.event("rejected", from, { status: wanted, detail: 'no "codec"' });
    const response = await posted;
    assert.equal(response.status, wanted);
    assert.equal((await response.json()).detail, 'no "codec"');
  }
  const posted = client.post(offerOf());
  media.event("rejected", (await media.next("offer")).from, { status: 200 });
  await status(posted, 422);
});

test("one publisher a room, and any number of players", async (t) => {
  const { name, path, media } = await room(t);
  const publisher = await session(media, server, path);
  await status(new WhipClient(server, path).post(offerOf()), 409);
  const players = [];
  for (let i = 0; i < 3; ++i) {
    players.push(await session(media, server, `/whep/${name}`, { body: offerOf("recvonly") }));
  }
  for (const client of [publisher, ...players]) await status(client.remove(), 200);
  await session(media, server, path);
});

test("candidates go on to the media server", async (t) => {
  const { path, media } = await room(t);
  const client = await session(media, server, path);
  await status(client.patch(fragmentOf({ candidates: [CANDIDATE], end: true })), 204);
  const expected = { sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "EsAw" };
  assert.deepEqual((await media.next("candidate")).data, { candidate: CANDIDATE, ...expected });
  assert.deepEqual((await media.next("candidate")).data, { candidate: "", ...expected });
  await status(client.patch(fragmentOf({ mid: "nothing", candidates: [CANDIDATE] })), 204);
  assert.deepEqual(await media.client.drain(), []);
});

test("a candidate that is repeated for each section of a bundle goes on once", async (t) => {
  const { path, media } = await room(t);
  const client = await session(media, server, path);
  const again = `m=audio 9 RTP/AVP 0\r\na=mid:1\r\na=${CANDIDATE}\r\n`;
  await status(client.patch(fragmentOf({ candidates: [CANDIDATE] }) + again), 204);
  assert.equal((await media.client.drain()).length, 1);
});

test("If-Match of candidates: the session's, any, or none", async (t) => {
  const { path, media } = await room(t);
  const client = await session(media, server, path);
  const body = fragmentOf({ candidates: [CANDIDATE] });
  for (const match of [client.etag, `"other", ${client.etag}`, "*", '"*"']) {
    await status(client.patch(body, { "if-match": match }), 204);
  }
  await status(client.patch(body), 204);
  for (const match of ['"other"', `W/${client.etag}`]) {
    await status(client.patch(body, { "if-match": match }), 412);
  }
  await status(client.patch(body, { "content-type": "application/sdp" }), 415);
  await status(client.patch("a=mid:0\r\n"), 400);
});

test("a restart of ICE gets the media server's credentials, and a new ETag", async (t) => {
  const { path, media } = await room(t);
  const client = await session(media, server, path);
  const body = "a=ice-ufrag:next\r\na=ice-pwd:secret\r\n";
  await status(client.patch(body), 428);
  await status(client.patch(body, { "if-match": '"other"' }), 412);
  const patched = client.patch(body, { "if-match": "*" });
  const restart = await media.next("event");
  assert.equal(restart.event, "ice-restart");
  assert.deepEqual(restart.data, { ufrag: "next", pwd: "secret", candidates: [], mid: "0" });
  const theirs = { ufrag: "sfu2", pwd: "theirs", candidates: [CANDIDATE], mid: "0" };
  media.event("ice-restarted", client.peer, theirs);
  const response = await patched;
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), FRAGMENT);
  assert.notEqual(response.headers.get("etag"), client.etag);
  const lines = ["m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", "a=ice-ufrag:sfu2", "a=ice-pwd:theirs"];
  assert.equal(
    await response.text(),
    [...lines, `a=${CANDIDATE}`, "a=end-of-candidates", ""].join("\r\n"),
  );
  const trickle = fragmentOf({ ufrag: "next", candidates: [CANDIDATE] });
  await status(client.patch(trickle, { "if-match": client.etag }), 412);
  await status(client.patch(trickle, { "if-match": response.headers.get("etag") }), 204);
});

test("a restart that the media server refuses leaves the session as it was", async (t) => {
  const { path, media } = await room(t);
  const client = await session(media, server, path);
  const patched = client.patch("a=ice-ufrag:next\r\na=ice-pwd:secret\r\n", { "if-match": client.etag });
  await media.next("event");
  media.event("rejected", client.peer);
  await status(patched, 422);
  await status(client.patch(fragmentOf({ candidates: [CANDIDATE] }), { "if-match": client.etag }), 204);
});

test("methods: what an endpoint and a session take", async (t) => {
  const { path, media } = await room(t);
  const client = await session(media, server, path);
  const ask = (method, url, options) => client.request(method, url, options);
  await status(ask("GET", client.url), 204);
  await status(ask("HEAD", client.url), 204);
  await status(ask("GET", client.session), 204);
  await status(ask("GET", `${client.session}x`), 404);
  const player = await ask("HEAD", new URL("/whep/x", server.url));
  assert.deepEqual([player.status, player.headers.get("content-type")], [200, "application/sdp"]);
  for (const method of ["PUT", "PATCH", "DELETE"]) {
    const refused = await ask(method, client.url);
    assert.deepEqual([refused.status, refused.headers.get("allow")], [405, "OPTIONS, GET, HEAD, POST"]);
  }
  const mute = await ask("POST", client.session, { body: "{}" });
  assert.deepEqual([mute.status, mute.headers.get("allow")], [405, "OPTIONS, GET, HEAD, PATCH, DELETE"]);
  await status(ask("POST", new URL("/whip", server.url)), 404);
  await status(ask("PATCH", new URL("/whip/session/unknown", server.url)), 404);
});

test("CORS: preflights need no token, and every answer can be read", async (t) => {
  const { path, media } = await room(t);
  const client = await session(media, server, path, { origin: ORIGIN });
  const preflight = await client.request("OPTIONS", client.session, {
    headers: { "access-control-request-method": "PATCH", "access-control-request-headers": "if-match" },
  });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get("access-control-allow-methods"), /PATCH.*DELETE/);
  for (const name of ["authorization", "content-type", "if-match", "etag"]) {
    assert.ok(preflight.headers.get("access-control-allow-headers").includes(name));
  }
  assert.equal(preflight.headers.get("access-control-max-age"), "86400");
  const options = await client.request("OPTIONS", client.url);
  assert.equal(options.headers.get("accept-post"), "application/sdp");
  for (const answer of [client.response, options, await client.patch(""), await client.request("PUT", client.url)]) {
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    const exposed = answer.headers.get("access-control-expose-headers");
    assert.match(exposed, /Location, ETag, Link, Accept-Patch.*Access-Control-Allow-Methods/);
  }
  const large = await client.post("x".repeat(300_000));
  assert.deepEqual([large.status, large.headers.get("access-control-allow-origin")], [413, "*"]);
});

test("a session ends when the media server says so, is gone, or removes the client", async (t) => {
  const { name, path, media } = await room(t);
  const first = await session(media, server, path);
  media.event("closed", first.peer);
  assert.equal((await media.next("peer-left")).peer, first.peer);
  await status(first.patch(fragmentOf()), 404);
  const second = await session(media, server, path);
  media.client.socket.terminate();
  const watcher = await NativeClient.connect(server);
  t.after(() => watcher.socket.terminate());
  for (let size = 1; size > 0; ) {
    size = (await watcher.request({ type: "join", room: name })).peers.length;
    await watcher.request({ type: "leave", room: name });
  }
  await status(second.remove(), 404);
});

test("a POST that is cut before its answer leaves the room at once", async (t) => {
  const { path, media } = await room(t);
  const abort = new AbortController();
  const posted = new WhipClient(server, path).post(offerOf(), { signal: abort.signal }).catch(() => {});
  const { from } = await media.next("offer");
  abort.abort();
  await posted;
  assert.equal((await within(media.next("peer-left"), "the leave")).peer, from);
});

test("browsers of the room see a member of another kind, which takes no offer", async (t) => {
  const { name, path, media } = await room(t);
  const browser = await NativeClient.connect(server);
  t.after(() => browser.socket.terminate());
  await browser.request({ type: "join", room: name });
  const client = await session(media, server, path);
  assert.deepEqual((await browser.next()).peer.metadata, { role: "publisher", protocol: "whip" });
  const refused = await browser.request({ type: "offer", to: client.peer, data: { sdp: "" } });
  assert.equal(refused.code, "unknown_type");
});

test("a room's name is percent-decoded once", async (t) => {
  const media = await MediaServer.join(t, server, "a/b ü%20");
  await session(media, server, "/whip/a%2Fb%20%C3%BC%2520");
  await status(new WhipClient(server, "/whip/%ff").post(offerOf()), 404);
});

test("200 offers at once are answered, and give everything back", async (t) => {
  const { name, media } = await room(t);
  const sessions = async () => {
    const page = await (await fetch(new URL("/metrics", server.url))).text();
    return Number(page.match(/^signaling_peers (\d+)/m)[1]);
  };
  const before = await sessions();
  const answering = media.answerAll(ANSWER, 200);
  const clients = Array.from({ length: 200 }, () => new WhipClient(server, `/whep/${name}`));
  await within(Promise.all(clients.map((client) => client.open(offerOf("recvonly")))), "200 answers", 20_000);
  await answering;
  assert.equal(await sessions(), before + 200);
  assert.equal(new Set(clients.map((client) => client.session.pathname)).size, 200);
  await Promise.all(clients.map(async (client) => status(client.remove(), 200)));
  assert.equal(await sessions(), before);
});

test("of 50 publishers at once, one gets the room", async (t) => {
  const { path, media } = await room(t);
  media.answerAll().catch(() => {});
  const posts = Array.from({ length: 50 }, () => new WhipClient(server, path).post(offerOf()));
  const statuses = (await Promise.all(posts)).map((response) => response.status);
  assert.deepEqual([statuses.filter((code) => code === 201).length, statuses.filter((code) => code === 409).length], [1, 49]);
});
