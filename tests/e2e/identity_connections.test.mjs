// What a token is worth beside the connection itself: the list of those who are ready, and TURN credentials.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./support/certificate.mjs";
import { NativeClient } from "./support/native_client.mjs";
import { startServer } from "./support/server.mjs";
import { IssuerKey, inSeconds, jwks } from "./support/tokens.mjs";

const folder = temporaryFolder();
const key = new IssuerKey("HS256");
const keys = join(folder, "keys.json");
const secret = join(folder, "turn-secret");
writeFileSync(keys, jwks(key));
writeFileSync(secret, "north\n");

const token = (signaling) => key.token({ exp: inSeconds(300), ...(signaling && { signaling }) });

test("GET /connections wants the token, in either place, and the grant of those who are listed", async (t) => {
  const server = await startServer(["--auth-token", "sesame", "--jwt-keys", keys, "--vocabulary", "token-peers"]);
  t.after(() => server.stop());
  const ask = async (query, authorization) => {
    const headers = authorization ? { authorization: `Bearer ${authorization}` } : {};
    const response = await fetch(`${server.url}/connections${query}`, { headers });
    return [response.status, response.headers.get("www-authenticate")];
  };
  const everybody = token({ rooms: [{ room: "token-peers/everybody" }] });
  assert.deepEqual(await ask(""), [401, "Bearer"]);
  assert.deepEqual(await ask("", "wrong"), [401, "Bearer"]);
  assert.deepEqual(await ask("?token=%zz", "sesame"), [401, "Bearer"]);
  assert.deepEqual(await ask("?token=sesame"), [200, null]);
  assert.deepEqual(await ask("?token=", "sesame"), [200, null]);
  assert.deepEqual(await ask("", everybody), [200, null]);
  assert.deepEqual(await ask("", token()), [403, null]);
  assert.deepEqual(await ask("", token({ rooms: [{ room: "other" }] })), [403, null]);
});

test("GET /connections is open where everybody may connect", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  assert.equal((await fetch(`${server.url}/connections`)).status, 200);
});

test("a token that grants no room gets no TURN credentials", async (t) => {
  const turn = ["--turn-url", "turn:t.example", "--turn-secret-file", secret, "--ice-server", "stun:s.example"];
  const server = await startServer(["--jwt-keys", keys, ...turn]);
  t.after(() => server.stop());
  const servers = async (signaling) => {
    const client = await NativeClient.connect(server, { query: { token: token(signaling) } });
    await client.close();
    return client.welcome.iceServers.map(({ urls }) => urls);
  };
  assert.deepEqual(await servers(), ["stun:s.example"]);
  assert.deepEqual(await servers({ rooms: [{ room: "r", join: false }] }), ["stun:s.example"]);
  assert.deepEqual(await servers({ rooms: [{ room: "r" }] }), ["stun:s.example", "turn:t.example"]);
  assert.deepEqual(await servers({ other_rooms: {} }), ["stun:s.example", "turn:t.example"]);
});
