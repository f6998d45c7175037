// SIGHUP: what is read again, and that a broken file changes nothing.

import assert from "node:assert/strict";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { makeCertificate, temporaryFolder } from "../support/certificate.mjs";
import { until, within } from "../support/deadline.mjs";
import { NativeClient, connectClients, joinClients } from "../support/native_client.mjs";
import { Opcode, RawWebSocket, frame } from "../support/raw_websocket.mjs";
import { startServer } from "../support/server.mjs";

const folder = temporaryFolder();
const older = makeCertificate(folder, "older.example");
const newer = makeCertificate(folder, "newer.example");
const live = { certificate: join(folder, "live.crt"), key: join(folder, "live.key") };

function install({ certificate, key }) {
  copyFileSync(certificate, live.certificate);
  copyFileSync(key, live.key);
}

/** The name in the certificate that a new connection is shown. */
async function nameShown(server) {
  const socket = connectTls({ host: "127.0.0.1", port: server.tlsPort, rejectUnauthorized: false });
  await within(new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject)), "TLS");
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return name;
}

/** Sends SIGHUP and waits until the log says it. */
async function hangUp(server, said) {
  const before = server.output.length;
  process.kill(server.pid, "SIGHUP");
  await until(() => said.test(server.output.slice(before)), said);
}

/** A server whose options are in a file. */
async function serve(t, file, options, ...args) {
  writeFileSync(file, options);
  const server = await startServer(["--config", file, ...args]);
  t.after(() => server.stop());
  return server;
}

test("certificates: new connections get the new one, open ones go on; a broken file changes nothing", async (t) => {
  install(older);
  const tls = `tls-cert=${live.certificate}\ntls-key=${live.key}\n`;
  const server = await serve(t, join(folder, "tls.conf"), tls, "--tls-listen", "127.0.0.1:0");
  const [ada, bob] = await joinClients(t, server, 2, "r", { secure: true });
  assert.equal(await nameShown(server), "older.example");
  install(newer);
  await hangUp(server, /event=certificates-reloaded count="1"/);
  assert.equal(await nameShown(server), "newer.example");

  for (const broken of ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]) {
    writeFileSync(live.certificate, broken);
    await hangUp(server, /level=error event=reload-failed error="certificate file .*live\.crt/);
    assert.equal(await nameShown(server), "newer.example");
  }
  copyFileSync(older.certificate, live.certificate); // with the other one's key
  await hangUp(server, /event=reload-failed/);
  assert.equal(await nameShown(server), "newer.example");

  await ada.request({ type: "message", to: bob.id, data: "still here" });
  assert.equal((await bob.next()).data, "still here");
});

test("a file that is missing stays as it was, and keeps nothing else from being read", async (t) => {
  const file = join(folder, "missing.conf");
  const token = join(folder, "admin-token");
  const secret = join(folder, "turn-secret");
  writeFileSync(token, "a token of many bytes\n");
  writeFileSync(secret, "north\n");
  const options = (level) =>
    `log-level=${level}\nadmin-token-file=${token}\nadmin-listen=127.0.0.1:0\nturn-url=turn:t\nturn-secret-file=${secret}\n`;
  const server = await serve(t, file, options("info"));
  rmSync(secret);
  rmSync(token);
  writeFileSync(file, options("debug"));
  const before = server.output.length;
  await hangUp(server, /event=reload-failed error="[^"]*turn-secret/);
  const said = server.output.slice(before);
  assert.match(said, /event=options-reloaded/);
  assert.match(said, /event=reload-failed error="[^"]*admin-token/);
  const client = await NativeClient.connect(server);
  await until(() => /event=peer-connected/.test(server.output), "the new level counts");
  await client.close();
});

test("limits: the file's new ones count at once, and put nobody out", async (t) => {
  const file = join(folder, "limits.conf");
  const server = await serve(t, file, "max-peers-per-room=2\n");
  const clients = await joinClients(t, server, 2, "r");
  const [late] = await connectClients(t, server, 1);
  assert.equal((await late.request({ type: "join", room: "r" })).code, "room_full");
  writeFileSync(file, "max-peers-per-room=3\nmax-rooms-per-peer=1\n");
  await hangUp(server, /event=options-reloaded/);
  assert.equal((await late.request({ type: "join", room: "r" })).type, "joined");
  assert.equal((await late.request({ type: "join", room: "s" })).code, "too_many_rooms");
  writeFileSync(file, "max-peers-per-room=1\n");
  await hangUp(server, /event=options-reloaded/);
  const { peers } = await clients[0].request({ type: "members", room: "r" });
  assert.equal(peers.length, 2);
});

test("the bound of ids counts for requests of open connections too, higher or lower", async (t) => {
  const file = join(folder, "ids.conf");
  const server = await serve(t, file, "max-id-bytes=100\n");
  const socket = await RawWebSocket.open(server, { path: "/signaling" });
  await socket.next(); // the welcome
  const ask = async (idBytes) => {
    const id = "1".repeat(idBytes - 2); // it is quoted
    socket.send(frame(Opcode.text, JSON.stringify({ type: "ping", id })));
    const { type, code, id: answered } = JSON.parse((await socket.next()).payload);
    return type === "pong" && answered === id ? type : code;
  };
  for (const bound of [100, 200, 50, 0]) {
    if (bound !== 100) {
      writeFileSync(file, `max-id-bytes=${bound}\n`);
      await hangUp(server, /event=options-reloaded/);
    }
    assert.equal(await ask(bound || 1000), "pong", `the bound is ${bound}`);
    if (bound) assert.equal(await ask(bound + 1), "bad_request", `the bound is ${bound}`);
  }
  socket.destroy();
});

test("a file of options that is broken, or whose limits contradict each other, changes nothing", async (t) => {
  const file = join(folder, "broken.conf");
  const server = await serve(t, file, "max-peers=2\n");
  for (const [broken, said] of [
    ["max-peers=many\n", /reload-failed error="[^"]*--max-peers/],
    ["no-such-option=1\n", /reload-failed error="[^"]*no-such-option/],
    ["max-peers=1\nmax-outbound-bytes=10\n", /reload-failed error="[^"]*max_outbound_bytes/],
  ]) {
    writeFileSync(file, broken);
    await hangUp(server, said);
  }
  const clients = [await NativeClient.connect(server), await NativeClient.connect(server)];
  const third = new NativeClient(server);
  assert.equal((await third.next()).code, "too_many_peers");
  for (const client of clients) await client.close();
});

test("the level of the log", async (t) => {
  const file = join(folder, "log.conf");
  const server = await serve(t, file, "log-level=info\n");
  await (await NativeClient.connect(server)).close();
  writeFileSync(file, "log-level=debug\n");
  await hangUp(server, /event=options-reloaded/);
  const client = await NativeClient.connect(server);
  await until(() => server.output.includes(`event=peer-connected peer="${client.id}"`), "a line of debug");
  assert.equal(server.output.match(/event=peer-connected/g).length, 1);
  await client.close();
});
