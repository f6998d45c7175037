// What a log may hold: no secret of anybody, on any path that one can come, and nothing of a client's that is more than a
// value in its line.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openSocket } from "./support/byte_stream.mjs";
import { temporaryFolder } from "./support/certificate.mjs";
import { until } from "./support/deadline.mjs";
import { NativeClient } from "./support/native_client.mjs";
import { run } from "./support/program.mjs";
import { exchange, request } from "./support/raw_http.mjs";
import { Opcode, RawWebSocket, frame, handshake } from "./support/raw_websocket.mjs";
import { startServer } from "./support/server.mjs";
import { IssuerKey, jwks } from "./support/tokens.mjs";

const CLOSE = ["Connection: close"];
const POLL = "/socket.io/?EIO=4&transport=polling";
/** Begins with what is not of ASCII, ends lines, moves the cursor, and looks like another record. */
const NASTY = '\u00fc"\\\r\n\u001b[2J\u0000time=0 level=error event=forged';

/** The forms in which a secret could be written. */
function formsOf(secret) {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
  ];
}

function expectNone(output, secrets) {
  for (const [name, secret] of Object.entries(secrets))
    for (const form of formsOf(secret)) assert.ok(!output.includes(form), `${name} is in the output`);
}

const LINE =
  /^time=\S+ level=(debug|info|warning|error) event=[a-z-]+( [a-z_]+="(\\["\\]|\\x[0-9a-f]{2}|[ !#-[\]-~])*")*$/;

/** Each line is one record in printable ASCII, whose values are quoted, so that none of them is taken for another field. */
function expectRecords(output) {
  const lines = output.split("\n").filter((line) => line && !line.startsWith("listening "));
  for (const line of lines) assert.match(line, LINE);
  return lines;
}

/** Says this on a connection of its own, and waits for `answers` messages. */
async function say(server, path, message, answers) {
  const socket = await RawWebSocket.open(server, { path });
  socket.send(frame(Opcode.text, JSON.stringify(message)));
  for (let i = 0; i < answers; ++i) assert.equal((await socket.next()).opcode, Opcode.text);
  socket.destroy();
}

const post = (sid, body) =>
  request("POST", `${POLL}&sid=${sid}`, [...CLOSE, `Content-Length: ${body.length}`], body);

/** A session over polling that shows `token` in each way there is. What the server answered. */
async function pollWith(server, token) {
  const opened = await exchange(
    server,
    request("GET", `${POLL}&token=${encodeURIComponent(token)}`, [...CLOSE, "Cookie: a=b"]),
  );
  const { sid } = JSON.parse(opened.body.slice(1));
  await exchange(server, post(sid, `40${JSON.stringify({ token })}`));
  const { body } = await exchange(server, request("GET", `${POLL}&sid=${sid}`, CLOSE));
  await exchange(server, post(sid, "1"));
  return { sid, body };
}

test("no token, key, ticket, password or session id reaches a log, an error or a page", async (t) => {
  const folder = temporaryFolder();
  const [key, stranger] = [new IssuerKey("HS256"), new IssuerKey("HS256")];
  const secrets = {
    "the shared token": "shared-token-9c1d",
    "a wrong token": "wrong-token-77aa",
    "a signed token": key.token({ signaling: { other_rooms: {} } }),
    "a forged token": stranger.token({}),
    "the TURN secret": "turn-secret-41be",
    "a credential of a TURN server": "turn-credential-0e2f",
    "a cookie": "cookie-5d5d5d",
  };
  writeFileSync(join(folder, "keys.json"), jwks(key));
  writeFileSync(join(folder, "turn"), secrets["the TURN secret"]);
  const server = await startServer([
    ...[
      "--log-level",
      "debug",
      "--auth-token",
      secrets["the shared token"],
      "--jwt-keys",
      join(folder, "keys.json"),
    ],
    ...["--turn-url", "turn:turn.example", "--turn-secret-file", join(folder, "turn")],
    ...["--ice-server", `turn:other.example,ann,${secrets["a credential of a TURN server"]}`],
  ]);
  t.after(() => server.kill());
  secrets["the key of the tokens"] = key.jwk.k;

  const said = [];
  for (const name of ["the shared token", "a signed token", "a wrong token", "a forged token"]) {
    const token = secrets[name];
    const headers = { Authorization: `Bearer ${token}`, Cookie: `session=${secrets["a cookie"]}` };
    for (const options of [{ query: { token } }, { headers }]) {
      const client = new NativeClient(server, options);
      const first = await client.next();
      if (first.type === "welcome") secrets[`the resume secret of ${first.peer}`] = first.resume;
      else said.push(JSON.stringify(first));
      client.socket.terminate();
      await client.closed();
    }
    const { sid, body } = await pollWith(server, token);
    secrets[`the session ${sid}`] = sid;
    said.push(body);
    for (const bytes of [
      request("GET", `/nowhere?token=${encodeURIComponent(token)}`, [
        ...CLOSE,
        `Authorization: Bearer ${token}`,
      ]),
      request("GET", `/connections?token=${encodeURIComponent(token)}`, CLOSE),
      request("GET", "/metrics", CLOSE),
      handshake(`/signaling?token=${encodeURIComponent(token)}`, ["Origin: https://evil.example"]),
      request("GET", `/%zz?token=${token}`, CLOSE),
    ]) {
      said.push((await exchange(server, bytes)).body);
    }
  }
  process.kill(server.pid, "SIGHUP");
  await server.stop();
  assert.ok(expectRecords(server.output).length > 10, server.output);
  expectNone(server.output, secrets);
  expectNone(said.join("\n"), secrets);
});

test("the password of a store is not told, whatever is wrong with its URL", async (t) => {
  const password = "store-password-3f";
  for (const url of [
    `redis://ann:${password}@127.0.0.1:port`,
    `redis://ann:${password}@`,
    `rediss://:${password}@h/x`,
    `http://ann:${password}@h`,
  ]) {
    const { code, stdout, stderr } = await run(["--listen", "127.0.0.1:0", "--store", url]);
    assert.notEqual(code, 0);
    assert.ok(!(stdout + stderr).includes(password), `${stdout}${stderr}`);
  }
  const server = await startServer([
    "--log-level",
    "debug",
    "--store",
    `redis://ann:${password}@127.0.0.1:1`,
  ]);
  t.after(() => server.kill());
  await until(
    () => /event=\S*redis|event=store/.test(server.output),
    "a line about the store that is not there",
  );
  expectNone(server.output, { password });
  expectRecords(server.output);
});

test("names of clients are values: no line of the log ends in one, and none is forged", async (t) => {
  const server = await startServer(["--log-level", "debug", "--allow-client-ids"]);
  t.after(() => server.kill());
  const client = await NativeClient.connect(server, { query: { peer: NASTY } });
  assert.equal(client.id, NASTY);
  await client.join(NASTY);
  await client.close();
  await say(server, "/signaling?peer=%c2%9b%ef%bf%bf", { type: "join", room: NASTY }, 2);
  await say(server, "/ws", { type: "new", data: { id: NASTY, username: NASTY } }, 1);
  const { socket } = await openSocket(server);
  socket.write(
    Buffer.from(handshake("/signaling", ["User-Agent: \xff\xfe\x80", "Origin: http://127.0.0.1"]), "latin1"),
  );
  socket.destroy();
  const { body } = await exchange(server, request("GET", POLL, CLOSE));
  const { sid } = JSON.parse(body.slice(1));
  for (const packet of [
    "40",
    `42${JSON.stringify(["join_room", { roomName: NASTY, personName: NASTY }])}`,
    "1",
  ]) {
    await exchange(server, post(sid, Buffer.from(packet).toString("latin1")));
  }
  await server.stop();
  const lines = expectRecords(server.output);
  const written = String.raw`"\xc3\xbc\"\\\x0d\x0a\x1b[2J\x00time=0 level=error event=forged"`;
  assert.ok(
    lines.some((line) => line.includes(`peer=${written}`)),
    "the peer in the log",
  );
  assert.ok(
    lines.some((line) => line.includes(`room=${written}`)),
    "the room in the log",
  );
});
