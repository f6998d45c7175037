// Sessions of clients with tokens: whose peer it is, and what a new token changes.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../support/certificate.mjs";
import { until } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { startServer } from "../support/server.mjs";
import { IssuerKey, inSeconds, jwks } from "../support/tokens.mjs";

const key = new IssuerKey("HS256");
const token = (subject, rooms, more) =>
  key.token({ sub: subject, aud: "signaling", signaling: { rooms: rooms.map((room) => ({ room })) }, ...more });
let server;

before(async () => {
  const file = join(temporaryFolder(), "keys.json");
  writeFileSync(file, jwks(key));
  server = await startServer(["--jwt-keys", file, "--jwt-audience", "signaling", "--jwt-leeway", "0"]);
});
after(async () => assert.equal(await server.stop(), 0));

/** A peer that stays for a minute, in both rooms, and that has lost its connection. */
async function lost(subject, more) {
  const client = await NativeClient.connect(server, { query: { keep: "60", token: token(subject, ["a", "b"], more) } });
  for (const room of ["a", "b"]) await client.join(room);
  await client.reset();
  return client.welcome;
}

/** The first message that a client gets which shows the secret. */
async function show(welcome, tokenOfClient) {
  const query = { keep: "60", peer: welcome.peer, resume: welcome.resume, received: "2", token: tokenOfClient };
  const client = new NativeClient(server, { query });
  return [await client.next(), client];
}

test("a new token of the same user: its rooms hold, and the others are left", async () => {
  const before = await lost("ada");
  const [welcome, client] = await show(before, token("ada", ["b"]));
  assert.equal(welcome.resumed, "exact");
  assert.equal(welcome.peer, before.peer);
  const left = await client.next();
  assert.deepEqual([left.type, left.room, left.reason], ["left", "a", "kicked"]);
  assert.equal((await client.request({ type: "members", room: "b" })).type, "members");
  await client.close();
});

test("a secret with the token of another user is refused, and the session stays as it was", async () => {
  const before = await lost("ada");
  const [error, thief] = await show(before, token("eve", ["a", "b"]));
  assert.deepEqual([error.type, error.code], ["error", "forbidden"]);
  assert.equal((await thief.closed()).code, 4403);
  const [welcome, client] = await show(before, token("ada", ["a", "b"]));
  assert.equal(welcome.resumed, "exact");
  await client.close();
});

test("a session does not outlive its token", async () => {
  const watcher = await NativeClient.connect(server, { query: { token: token("watcher", ["a"]) } });
  await watcher.join("a");
  const before = await lost("ada", { exp: inSeconds(2) });
  await until(async () => (await watcher.next()).type === "peer-left", "left");
  const [welcome, client] = await show(before, token("ada", ["a", "b"]));
  assert.deepEqual([welcome.resumed, welcome.reason], ["none", "ended"]);
  await client.close();
  await watcher.close();
});
