// Tokens of docs/security.md against the server: who gets in, what they may do, and when it ends.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import { temporaryFolder } from "./support/certificate.mjs";
import { until, within } from "./support/deadline.mjs";
import { NativeClient } from "./support/native_client.mjs";
import { run } from "./support/program.mjs";
import { startServer } from "./support/server.mjs";
import { IssuerKey, algorithms, inSeconds, jwks } from "./support/tokens.mjs";

const folder = temporaryFolder();
let files = 0;

/** A key set as a file. */
function keyFile(...keys) {
  const file = join(folder, `keys${++files}.json`);
  writeFileSync(file, jwks(...keys));
  return file;
}

async function serve(t, ...args) {
  const server = await startServer(["--log-level", "debug", ...args]);
  t.after(() => server.stop());
  return server;
}

const connect = (server, token) => NativeClient.connect(server, { query: { token } });

async function refused(server, options) {
  const client = new NativeClient(server, options);
  const error = await client.next();
  assert.equal((await client.closed()).code, 4401);
  return error;
}

const rooms = (...names) => ({ signaling: { rooms: names.map((room) => ({ room })) } });

describe("admission", () => {
  const keys = Object.fromEntries(algorithms.map((name) => [name, new IssuerKey(name)]));
  const { HS256, RS256 } = keys;
  let server;

  before(async () => {
    const options = ["--jwt-audience", "signaling", "--jwt-issuer", "login", "--auth-token", "shared-token"];
    server = await startServer(["--log-level", "debug", "--jwt-keys", keyFile(...Object.values(keys)), ...options]);
  });
  after(() => server.stop());
  const good = { aud: "signaling", iss: "login", ...rooms("lobby") };

  for (const name of algorithms) {
    test(`a token signed with ${name}, in the query or as bearer`, async () => {
      const token = keys[name].token(good);
      for (const options of [{ query: { token } }, { headers: { Authorization: `Bearer ${token}` } }]) {
        const client = await NativeClient.connect(server, options);
        await client.join("lobby");
        await client.close();
      }
    });
  }

  test("the shared token does as well, for every room", async () => {
    const client = await connect(server, "shared-token");
    await client.join("any room");
    await client.close();
  });

  test("all refusals are the same to the client; the log has the reason, and never the token", async () => {
    const alien = new IssuerKey("HS256");
    const publicPem = JSON.stringify(RS256.jwk);
    const [head, body] = RS256.token(good).split(".");
    const forged = `${Buffer.from('{"alg":"HS256","kid":"RS256"}').toString("base64url")}.${body}`;
    const tokens = {
      "no-token": "",
      malformed: "not.a.token",
      expired: HS256.token({ ...good, exp: inSeconds(-31) }),
      "not-yet-valid": HS256.token({ ...good, nbf: inSeconds(60) }),
      "no-expiry": HS256.token({ ...good, exp: undefined }),
      "wrong-audience": HS256.token({ ...good, aud: ["other"] }),
      "wrong-issuer": HS256.token({ ...good, iss: "me" }),
      "wrong-signature": alien.token(good),
      "unknown-key": HS256.token(good, { kid: "other" }),
      "wrong-algorithm": `${forged}.${createHmac("sha256", publicPem).update(forged).digest("base64url")}`,
      "critical-extension": HS256.token(good, { crit: ["exp"] }),
      "wrong-grants": HS256.token({ ...good, signaling: { rooms: "lobby" } }),
    };
    const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${body}.`;
    const errors = new Set();
    for (const token of [...Object.values(tokens), `${head}.${body}.`, unsigned])
      errors.add(JSON.stringify(await refused(server, { query: { token } })));
    for (const reason of Object.keys(tokens)) {
      const line = `event=client-refused address="127.0.0.1" reason="${reason}"`;
      await until(() => server.output.includes(line), `${reason} in the log`);
    }
    assert.equal(errors.size, 1, [...errors].join("\n"));
    for (const secret of [...Object.values(tokens), "shared-token", body, forged])
      assert.ok(!secret || !server.output.includes(secret), "a token is in the log");
  });

  test("a fixed peer id is the peer's, and nobody else's while it is connected", async () => {
    const token = HS256.token({ ...good, signaling: { peer: "ada-phone" } });
    const client = await connect(server, token);
    assert.equal(client.id, "ada-phone");
    assert.equal((await refused(server, { query: { token } })).code, "id_in_use");
    const again = await NativeClient.connect(server, { query: { token, peer: client.id, resume: client.resume } });
    assert.equal(again.id, "ada-phone");
    assert.equal((await client.closed()).code, 4409);
    await again.close();
  });
});

describe("grants", () => {
  const key = new IssuerKey("EdDSA");
  let server;
  before(async () => (server = await startServer(["--jwt-keys", keyFile(key)])));
  after(() => server.stop());
  const enter = (signaling) => connect(server, key.token({ signaling }));

  test("a room that is not granted is forbidden alike, whether it exists or not", async () => {
    const insider = await enter({ other_rooms: {} });
    await insider.join("secret");
    const guest = await enter({ rooms: [{ room: "lobby" }] });
    await guest.join("lobby");
    const [there, absent] = [
      await guest.request({ type: "join", room: "secret" }),
      await guest.request({ type: "join", room: "absent" }),
    ];
    assert.equal(there.code, "forbidden");
    assert.deepEqual({ ...there, id: 0 }, { ...absent, id: 0 });
    await insider.expectNothing();
    await Promise.all([insider.close(), guest.close()]);
  });

  test("publish: only the types that are listed; an admin all of them", async () => {
    const viewer = await enter({ rooms: [{ room: "stage", publish: ["answer", "candidate"] }] });
    const admin = await enter({ rooms: [{ room: "stage", publish: [], admin: true }] });
    await viewer.join("stage");
    await admin.join("stage");
    await viewer.drain();
    for (const address of [{ room: "stage" }, { to: admin.id }, { to: admin.id, room: "stage" }]) {
      assert.equal((await viewer.request({ type: "message", ...address })).code, "forbidden");
      assert.equal((await viewer.request({ type: "answer", ...address })).type, "sent");
      assert.equal((await admin.next()).type, "answer");
    }
    await admin.expectNothing();
    assert.equal((await admin.request({ type: "event", event: "e", room: "stage" })).type, "sent");
    await Promise.all([viewer.close(), admin.close()]);
  });

  test("metadata of the token is what the others see, and cannot be replaced", async () => {
    const metadata = { name: "Ada", role: "guest" };
    const ada = await enter({ rooms: [{ room: "named", metadata }] });
    const bob = await enter({ other_rooms: {} });
    await ada.join("named", { name: "Root", role: "admin" });
    assert.deepEqual((await bob.join("named")).peers[0].metadata, metadata);
    const update = await ada.request({ type: "update", room: "named", metadata: { role: "admin" } });
    assert.equal(update.code, "forbidden");
    const again = await ada.request({ type: "join", room: "named", metadata: { role: "admin" } });
    assert.equal(again.code, "forbidden");
    await bob.expectNothing();
    await Promise.all([ada.close(), bob.close()]);
  });

  test("without the claim there is nothing to join", async () => {
    const client = await connect(server, key.token());
    assert.equal((await client.request({ type: "join", room: "lobby" })).code, "forbidden");
    await client.close();
  });

  const event = (socket, name) => within(new Promise((resolve) => socket.once(name, resolve)), name);
  const socketio = (t, token) => {
    const socket = io(server.url, { auth: { token }, reconnection: false, forceNew: true });
    t.after(() => socket.close());
    return socket;
  };

  test("Socket.IO clients show the token in auth, and are held to the same", async (t) => {
    const stranger = socketio(t, "x.y.z");
    assert.match((await event(stranger, "connect_error")).message, /not admitted/);
    const guest = socketio(t, key.token(rooms("lobby")));
    await event(guest, "connect");
    guest.emit("join_room", { roomName: "lobby", personName: "Ada" });
    assert.equal((await event(guest, "user_joined")).roomName, "lobby");
    guest.emit("join_room", { roomName: "office", personName: "Ada" });
    assert.equal((await event(guest, "error")).code, "forbidden");
  });

  test("a dialect's client that stays out of a room sends its members no more than it may send there", async (t) => {
    const enterRoom = async (roomName, signaling) => {
      const socket = socketio(t, key.token({ signaling }));
      await event(socket, "connect");
      socket.emit("join_room", { roomName, personName: roomName });
      await event(socket, "user_joined");
      return socket;
    };
    const viewer = { rooms: [{ room: "lobby" }, { room: "stage", publish: ["answer"] }] };
    const guest = await enterRoom("lobby", viewer);
    const insider = await enterRoom("stage", { other_rooms: {} });
    const offers = [];
    insider.on("offer", (offer) => offers.push(offer));
    guest.emit("offer", { toPeer: insider.id, offer: { sdp: "o" } });
    assert.equal((await event(guest, "error")).code, "forbidden");
    guest.emit("answer", { toPeer: insider.id, answer: { sdp: "a" } });
    assert.deepEqual((await event(insider, "answer")).answer, { sdp: "a" });
    assert.deepEqual(offers, []);
  });
});

describe("time", () => {
  test("at its end the connection closes with expired and 4410, and the others see the peer leave", async (t) => {
    const key = new IssuerKey("ES256");
    const server = await serve(t, "--jwt-keys", keyFile(key), "--jwt-leeway", "0");
    const watcher = await connect(server, key.token({ signaling: { other_rooms: {} } }));
    const exp = inSeconds(3);
    const guest = await connect(server, key.token({ ...rooms("lobby"), exp }));
    await watcher.join("lobby");
    await guest.join("lobby");
    await watcher.next();
    assert.equal((await guest.next()).code, "expired");
    assert.ok(Date.now() >= exp * 1000, "not before its time");
    assert.equal((await guest.closed()).code, 4410);
    assert.equal((await watcher.next()).type, "peer-left");
    await watcher.expectNothing();
  });

  test("Socket.IO clients get an error event, expired, and the end", async (t) => {
    const key = new IssuerKey("HS256");
    const server = await serve(t, "--jwt-keys", keyFile(key), "--jwt-leeway", "0");
    for (const transports of [["websocket"], ["polling"]]) {
      const token = key.token({ exp: inSeconds(3) });
      const socket = io(server.url, { auth: { token }, transports, reconnection: false, forceNew: true });
      t.after(() => socket.close());
      const seen = [];
      socket.on("connect", () => seen.push("connect"));
      socket.on("error", ({ code }) => seen.push(code));
      await within(new Promise((resolve) => socket.once("disconnect", resolve)), "the end");
      assert.deepEqual(seen, ["connect", "expired"]);
    }
  });

  test("SIGHUP takes the keys of the file as it is now; who is connected stays", async (t) => {
    const [older, newer] = [new IssuerKey("HS256", "2024"), new IssuerKey("RS256", "2025")];
    const file = keyFile(older);
    const server = await serve(t, "--jwt-keys", file);
    const hangUp = async (content, said) => {
      const before = server.output.length;
      writeFileSync(file, content);
      process.kill(server.pid, "SIGHUP");
      await until(() => server.output.slice(before).includes(said), said);
    };
    const client = await connect(server, older.token());
    await refused(server, { query: { token: newer.token() } });
    await hangUp(jwks(older, newer), 'event=jwt-keys-reloaded keys="2"');
    await (await connect(server, newer.token())).close();
    await hangUp(jwks(newer), 'event=jwt-keys-reloaded keys="1"');
    await refused(server, { query: { token: older.token() } });
    await client.expectNothing();
    await hangUp('{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}', "event=reload-failed");
    assert.ok(!server.output.includes("c2VjcmV0"), "what is in the file is not in the log");
    await (await connect(server, newer.token())).close();
    await client.close();
  });
});

describe("options", () => {
  const LISTEN = ["--listen", "127.0.0.1:0"];

  test("a key set that is none: exit code 1, the file's name, and nothing of what is in it", async () => {
    const file = join(folder, "broken.json");
    for (const content of ["", "{}", '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}']) {
      writeFileSync(file, content);
      const { code, stderr } = await run([...LISTEN, "--jwt-keys", file]);
      assert.equal(code, 1);
      assert.ok(stderr.includes(file) && !stderr.includes("c2VjcmV0"), stderr);
    }
  });

  test("SIGHUP without files changes nothing", async (t) => {
    const server = await serve(t);
    const client = await NativeClient.connect(server);
    process.kill(server.pid, "SIGHUP");
    await client.join("room");
    await client.close();
  });
});
