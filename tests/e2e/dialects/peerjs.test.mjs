// PeerJS from outside: its HTTP resources and its WebSocket. tests/e2e/browser/peerjs.test.mjs has the real client.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Cluster } from "../cluster/support/cluster.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { exchange, request } from "../support/raw_http.mjs";
import { closePayload, frame, Opcode, RawWebSocket } from "../support/raw_websocket.mjs";
import { startServer } from "../support/server.mjs";
import { TextClient } from "./support/text_client.mjs";

const OPEN = { type: "OPEN" };
const TAKEN = { type: "ID-TAKEN", payload: { msg: "ID is taken" } };

let server;
before(async () => (server = await startServer(["--peerjs", "/"])));
after(async () => assert.equal(await server.stop(), 0));

const get = (from, path, method = "GET") =>
  exchange(from, request(method, path, ["Connection: close", "Origin: https://app.example"]));
const pathOf = (id, token = "t", base = "/") => `${base}peerjs?key=peerjs&id=${id}&token=${token}&version=1.5.5`;

async function connect(t, id, { from = server, token, base } = {}) {
  const client = await TextClient.connect(t, from, pathOf(id, token, base));
  await client.expect(OPEN);
  return client;
}

const offer = (dst, payload = 1) => ({ type: "OFFER", dst, payload });

async function settle(client, id) {
  client.send(offer(id, "marker"));
  await client.expect({ type: "OFFER", src: id, dst: id, payload: "marker" });
}

test("an id is text that the client takes, new each time, for every key, and not cached", async () => {
  const ids = [];
  for (const key of ["peerjs", "peerjs", "other"]) {
    const answer = await get(server, `/${key}/id?ts=1764419000.42&version=1.5.5`);
    assert.equal(answer.status, 200);
    assert.match(answer.body, /^[A-Za-z0-9]+(?:[ _-][A-Za-z0-9]+)*$/);
    assert.match(answer.headers.get("content-type"), /^text\/html; charset=utf-8$/);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    ids.push(answer.body);
  }
  assert.equal(new Set(ids).size, 3);
});

test("the base path describes the server, ids are not listed, and all else is not found, for pages of every origin", async () => {
  const answers = {};
  for (const path of ["/", "/peerjs/peers", "/nothing", "/peerjs", "/peerjs/id/more", "/peerjs/"]) {
    const answer = await get(server, path);
    answers[path] = answer.status;
    assert.equal(answer.headers.get("access-control-allow-origin"), "*", path);
    assert.match(answer.headers.get("vary"), /Origin/, path);
    if (path === "/") {
      const { name, description, website } = JSON.parse(answer.body);
      for (const text of [name, description, website]) assert.equal(typeof text, "string");
    }
    if (path === "/peerjs/peers") assert.equal(answer.body, "Unauthorized");
  }
  assert.deepEqual(answers, {
    "/": 200,
    "/peerjs/peers": 401,
    "/nothing": 404,
    "/peerjs": 404,
    "/peerjs/id/more": 404,
    "/peerjs/": 404,
  });
  const preflight = await get(server, "/peerjs/id", "OPTIONS");
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-methods"), "GET, OPTIONS");
});

test("with discovery, behind a path and a key of its own, the ids are listed, and peers of other protocols", async (t) => {
  const other = await startServer(["--peerjs", "/my/app/", "--peerjs-key", "k", "--peerjs-allow-discovery"]);
  t.after(() => other.stop());
  const list = async (path) => (await get(other, path)).body;
  assert.equal(await list("/my/app/k/peers"), "[]");
  const a = await TextClient.connect(t, other, "/my/app/peerjs?key=k&id=a%22b&token=t");
  await a.expect(OPEN);
  const native = await NativeClient.connect(other);
  await native.join("peerjs/k/everybody");
  assert.equal(await list("/my/app/k/peers?ts=1"), `["a\\"b","peer:${native.id}"]`);
  assert.equal((await get(other, "/my/app/peerjs/peers")).status, 401);
  for (const path of ["/my/app", "/my/app/"]) assert.equal((await get(other, path)).status, 200);
  assert.match(await list("/"), /PeerJS/); // the server's own page
  const wrong = await TextClient.connect(t, other, "/my/app/peerjs?key=peerjs&id=a&token=t");
  await wrong.expect({ type: "ERROR", payload: { msg: "Invalid key provided" } });
  assert.equal((await wrong.closed).code, 1000);
  await native.close();
});

test("messages pass as they were written, and wait for who is absent", async (t) => {
  const a = await connect(t, "a%20b");
  a.send('{"payload": {"x":1.50,"y":"\\u00e9"} ,"dst":"late","type":"OFFER"}');
  a.send(offer("never"));
  const late = await connect(t, "late");
  const text = '{"type":"OFFER","src":"a b","dst":"late","payload":{"x":1.50,"y":"\\u00e9"}}';
  assert.equal(await late.nextText(), text);
  const since = Date.now();
  await a.expect({ type: "EXPIRE", src: "never", dst: "a b" });
  assert.ok(Date.now() - since < 6500);
});

test("a client that comes again with its token is open, and its earlier connection is closed", async (t) => {
  const older = await connect(t, "again");
  const newer = await connect(t, "again");
  assert.equal((await older.closed).code, 4409);
  await settle(newer, "again");
});

test("an id whose client answers stays with it; one whose client does not goes to who waits", async (t) => {
  const alive = await connect(t, "mine");
  const thief = await TextClient.connect(t, server, pathOf("mine", "other"));
  const asked = Date.now();
  await thief.expect(TAKEN);
  assert.ok(Date.now() - asked < 1500);
  assert.equal((await thief.closed).code, 1000);
  await settle(alive, "mine");

  const gone = await RawWebSocket.open(server, { path: pathOf("lost") });
  t.after(() => gone.socket.destroy());
  assert.equal((await gone.next()).payload.toString(), JSON.stringify(OPEN));
  const since = Date.now();
  const next = await connect(t, "lost", { token: "other" });
  assert.ok(Date.now() - since >= 1900);
  await settle(next, "lost");

  // One that answers late, but in time.
  const slow = await RawWebSocket.open(server, { path: pathOf("slow") });
  t.after(() => slow.socket.destroy());
  assert.equal((await slow.next()).opcode, Opcode.text);
  const impatient = await TextClient.connect(t, server, pathOf("slow", "other"));
  const ping = await slow.next();
  assert.equal(ping.opcode, Opcode.ping);
  slow.send(frame(Opcode.pong, ping.payload));
  await impatient.expect(TAKEN);
  slow.send(frame(Opcode.close, closePayload(1000)));
});

test("clients on two nodes reach each other, wait for each other, and keep their ids apart", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2, args: ["--peerjs", "/p", "--peerjs-allow-discovery"] });
  const at = (node, token) => ({ from: cluster.nodes[node], base: "/p/", token });
  const a = await connect(t, "a", at(0));
  a.send(offer("b"));
  const b = await connect(t, "b", at(1));
  await b.expect({ type: "OFFER", src: "a", dst: "b", payload: 1 });
  b.send({ type: "ANSWER", dst: "a", payload: null });
  await a.expect({ type: "ANSWER", src: "b", dst: "a", payload: null });
  for (const node of cluster.nodes) assert.equal((await get(node, "/p/peerjs/peers")).body, '["a","b"]');
  const thief = await TextClient.connect(t, cluster.nodes[1], pathOf("a", "other", "/p/"));
  await thief.expect(TAKEN);
  const moved = await connect(t, "a", at(1));
  assert.equal((await a.closed).code, 4409);
  await settle(moved, "a");
  const gone = await RawWebSocket.open(cluster.nodes[0], { path: pathOf("g", "t", "/p/") });
  t.after(() => gone.socket.destroy());
  await gone.next();
  await connect(t, "g", at(1, "other"));
});

test("the host's token is the client's token, and who is refused hears why", async (t) => {
  const guarded = await startServer(["--peerjs", "/", "--auth-token", "sesame"]);
  t.after(() => guarded.stop());
  await connect(t, "a", { from: guarded, token: "sesame" });
  const refused = await TextClient.connect(t, guarded, pathOf("b", "wrong"));
  assert.equal((await refused.next()).type, "ERROR");
  assert.equal((await refused.closed).code, 4401);
});

test("what waits, who connects and how long it all takes is bounded", async (t) => {
  const bounded = await startServer([
    ...["--peerjs", "/", "--peerjs-max-clients", "2"],
    ...["--peerjs-expire-timeout", "500ms", "--peerjs-probe-timeout", "0s"],
    ...["--peerjs-max-waiting-messages", "2", "--peerjs-max-waiting-bytes", "1000"],
    ...["--peerjs-max-absent-ids", "2", "--peerjs-max-total-waiting-bytes", "1200"],
  ]);
  t.after(() => bounded.stop());
  const at = { from: bounded };
  const a = await connect(t, "a", at);
  const late = async (messages, arriving = ["many"]) => {
    for (const [dst, payload] of messages) a.send(offer(dst, payload));
    const b = await connect(t, "many", at);
    for (const payload of arriving) await b.expect({ type: "OFFER", src: "a", dst: "many", payload });
    await settle(b, "many");
    await b.close();
  };
  await late([1, 2, 3].map((n) => ["many", n]), [1, 2]);
  await late([["many", "x".repeat(1000)], ["many", 2]], [2]);
  await late([["x", "x".repeat(900)], ["many", "x".repeat(900)], ["many", 2]], [2]);
  await a.expect({ type: "EXPIRE", src: "x", dst: "a" });
  await late([["x", 1], ["y", 1], ["many", 2]], []);
  for (const src of ["x", "y", "many"]) await a.expect({ type: "EXPIRE", src, dst: "a" });

  const thief = await TextClient.connect(t, bounded, pathOf("a", "other"));
  await thief.expect(TAKEN);
  await connect(t, "b", at);
  const full = await TextClient.connect(t, bounded, pathOf("c"));
  await full.expect({ type: "ERROR", payload: { msg: "Server has reached its concurrent user limit" } });
});

test("bad frames harm nobody", async (t) => {
  const a = await connect(t, "bad");
  const b = await connect(t, "other");
  const long = "x".repeat(10_000);
  for (const bad of ["{oops", "null", "7", "[]", "{}", '{"type":"OFFER","dst":"\\ud83d"}', long]) a.send(bad);
  for (const dst of [5, null, "", {}, "__proto__", "constructor", long]) a.send(offer(dst));
  for (const type of ["EXPIRE", "OPEN", "ERROR", "ID-TAKEN", "__proto__", 7, null]) a.send({ type, dst: "other" });
  await settle(a, "bad");
  await settle(b, "other");
});
