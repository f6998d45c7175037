// Credentials for TURN: what the server gives its clients, a real coturn takes.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { temporaryFolder } from "./support/certificate.mjs";
import { until } from "./support/deadline.mjs";
import { NativeClient } from "./support/native_client.mjs";
import { startServer } from "./support/server.mjs";
import { IssuerKey, inSeconds, jwks } from "./support/tokens.mjs";
import { TurnServer } from "./support/turn_server.mjs";

const SECRET = "north star 5ecret";
const WRONG = 401; // also for what has expired
const folder = temporaryFolder();
let files = 0;
let turn;

before(async () => (turn = await TurnServer.start(SECRET)));
after(() => turn?.stop());

function file(content) {
  const name = join(folder, `file${++files}`);
  writeFileSync(name, content);
  return name;
}

async function serve(t, secretFile, ...args) {
  const url = `turn:127.0.0.1:${turn.port}?transport=udp`;
  const turnOptions = ["--turn-url", url, "--turn-secret-file", secretFile];
  const server = await startServer(["--log-level", "debug", ...turnOptions, ...args]);
  t.after(() => server.stop());
  return server;
}

const allocate = ({ username, credential }) => turn.allocate(username, credential);
const expiryOf = ({ username }) => Number(username.split(":")[0]);

test("the test's own client: coturn takes good credentials, and no others", async () => {
  const username = `${inSeconds(60)}:me`;
  const credential = createHmac("sha1", SECRET).update(username).digest("base64");
  assert.equal(await allocate({ username, credential }), 0);
  assert.equal(await allocate({ username, credential: credential.toLowerCase() }), WRONG);
  assert.equal(await allocate({ username: `${username}2`, credential }), WRONG);
});

test("the credentials of the welcome open a relay, and are in no log", async (t) => {
  const server = await serve(t, file(`${SECRET}\n`), "--ice-server", "stun:stun.example.com");
  const client = await NativeClient.connect(server);
  const [stun, relay] = client.welcome.iceServers;
  assert.deepEqual(stun, { urls: "stun:stun.example.com" });
  assert.equal(relay.urls, `turn:127.0.0.1:${turn.port}?transport=udp`);
  assert.equal(relay.username.split(":")[1], client.id);
  const lifetime = expiryOf(relay) - Date.now() / 1000;
  assert.ok(lifetime > 3590 && lifetime <= 3600, `${lifetime}`);
  assert.equal(await allocate(relay), 0);
  assert.equal(await allocate({ ...relay, username: relay.username.replace(/^\d+/, (n) => Number(n) + 1) }), WRONG);
  await client.close();
  for (const secret of [SECRET, relay.credential]) assert.ok(!server.output.includes(secret));
});

test("before they expire, the live connection gets new ones, which work when the old ones do not", async (t) => {
  const server = await serve(t, file(SECRET), "--turn-lifetime", "4s");
  const client = await NativeClient.connect(server);
  const [old] = client.welcome.iceServers;
  const message = await client.next();
  assert.equal(message.type, "ice-servers");
  const [renewed] = message.iceServers;
  assert.ok(Date.now() / 1000 < expiryOf(old), "in time");
  assert.ok(expiryOf(renewed) > expiryOf(old));
  assert.equal(await allocate(renewed), 0);
  await until(async () => (await allocate(old)) === WRONG, "the end of the old credentials");
  assert.ok(Date.now() / 1000 >= expiryOf(old));
  await client.close();
});

test("they never outlive the token", async (t) => {
  const key = new IssuerKey("ES256");
  const server = await serve(t, file(SECRET), "--jwt-keys", file(jwks(key)), "--jwt-leeway", "0");
  const exp = inSeconds(600);
  const token = key.token({ exp, signaling: { other_rooms: {} } });
  const client = await NativeClient.connect(server, { query: { token } });
  assert.equal(expiryOf(client.welcome.iceServers[0]), exp);
  await client.close();
});

test("SIGHUP takes the secret of the file as it is now", async (t) => {
  const secretFile = file("an old secret");
  const server = await serve(t, secretFile);
  const ada = await NativeClient.connect(server);
  assert.equal(await allocate(ada.welcome.iceServers[0]), WRONG);
  writeFileSync(secretFile, SECRET);
  process.kill(server.pid, "SIGHUP");
  await until(() => server.output.includes("event=turn-secret-reloaded"), "the new secret");
  const bob = await NativeClient.connect(server);
  assert.equal(await allocate(bob.welcome.iceServers[0]), 0);
  await Promise.all([ada.close(), bob.close()]);
});
