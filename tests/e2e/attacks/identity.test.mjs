// Tokens that are forged, replayed or taken apart, and the TLS that they travel in.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { openSocket } from "../support/byte_stream.mjs";
import { temporaryFolder } from "../support/certificate.mjs";
import { until, within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { exchange, get, request } from "../support/raw_http.mjs";
import { siege } from "../support/siege.mjs";
import { IssuerKey, inSeconds, jwks } from "../support/tokens.mjs";

const key = new IssuerKey("RS256");
const other = new IssuerKey("RS256", key.kid);
const keys = join(temporaryFolder(), "keys.json");
writeFileSync(keys, jwks(key));

const SHARED = "the shared token of this test";
const attack = siege(["--jwt-keys", keys, "--auth-token", SHARED, "--handshake-timeout", "2s"], {
  tls: true,
  client: { query: { token: SHARED } },
});

const grant = (...rooms) => ({ signaling: { rooms: rooms.map((room) => ({ room })) } });
const base64url = (value) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const [head, body, signature] = key.token(grant("lobby")).split(".");
const publicKey = Buffer.from(JSON.stringify(key.jwk));

/** A token signed by HMAC with what everybody knows, the public key (RFC 8725 2.1). */
function confused() {
  const secret = new IssuerKey("HS256", key.kid);
  const token = secret.token(grant("lobby"));
  return token.replace(/[^.]+$/, base64url(publicKey));
}

const forged = {
  "no signature": `${head}.${body}.`,
  "alg none": `${base64url({ alg: "none" })}.${body}.`,
  "alg None": `${base64url({ alg: "nOnE", kid: key.kid })}.${body}.${signature}`,
  "alg HS256 with the public key": confused(),
  "another's key under the same kid": other.token(grant("lobby")),
  "claims that were changed": `${head}.${base64url({ exp: inSeconds(300), ...grant("secret") })}.${signature}`,
  "a header that was changed": `${base64url({ alg: "RS256", kid: key.kid, typ: "X" })}.${body}.${signature}`,
  "jwk in the header": other.token(grant("lobby"), { jwk: other.jwk }),
  "jku in the header": other.token(grant("lobby"), { jku: "https://evil.example/keys" }),
  "a critical extension": key.token(grant("lobby"), { crit: ["exp"] }),
  "kid as a path": other.token(grant("lobby"), { kid: "../../../../dev/null" }),
  expired: key.token({ ...grant("lobby"), exp: inSeconds(-3600) }),
  "not yet valid": key.token({ ...grant("lobby"), nbf: inSeconds(3600) }),
  "without an end": key.token({ ...grant("lobby"), exp: undefined }),
  "an end that is no number": key.token({ ...grant("lobby"), exp: "9999999999" }),
  "an end beyond all numbers": `${head}.${base64url('{"exp":1e999}')}.${signature}`,
  "four parts": `${head}.${body}.${signature}.${signature}`,
  padding: `${head}=.${body}.${signature}`,
  "a signature with other last bits": `${head}.${body}.${signature.slice(0, -1)}${signature.endsWith("A") ? "B" : "A"}`,
  dots: "...",
  "60,000 bytes in the header of a token": `${base64url({ alg: "RS256", x: "y".repeat(5000) })}.${body}.${signature}`,
  "claims of depth 100": `${head}.${base64url(`${"[".repeat(100)}${"]".repeat(100)}`)}.${signature}`,
  "the shared token in other letters": SHARED.toUpperCase(),
  "the shared token without its last letter": SHARED.slice(0, -1),
  "the shared token with NUL behind it": `${SHARED}\0`,
};

attack(
  "forged tokens are all refused with one and the same error, and are not in the log",
  async (server) => {
    const errors = new Set();
    for (const [name, token] of Object.entries(forged)) {
      const client = new NativeClient(server, { query: { token } });
      const error = await client.next();
      assert.equal(error.code, "unauthorized", name);
      assert.equal((await client.closed()).code, 4401, name);
      errors.add(JSON.stringify(error));
      assert.ok(!server.output.includes(token), `${name} is in the log`);
    }
    assert.equal(errors.size, 1);
  },
);

attack("a token that is replayed gives what it grants, and not what another does", async (server) => {
  const token = key.token(grant("lobby"));
  const [first, second] = [
    await NativeClient.connect(server, { query: { token } }),
    await NativeClient.connect(server, { query: { token } }),
  ];
  assert.notEqual(first.id, second.id);
  assert.equal((await second.request({ type: "join", room: "bystanders" })).code, "forbidden");
  for (const client of [first, second]) await client.close();
});

attack("a room that is not granted is refused alike, whether it exists or not", async (server) => {
  const client = await NativeClient.connect(server, { query: { token: key.token(grant("lobby")) } });
  const ask = async (room) => ({ ...(await client.request({ type: "join", room })), id: 0 });
  assert.deepEqual(await ask("bystanders"), await ask("absent"));
  await client.close();
});

attack("without a token the polls of Socket.IO get no further than the namespace", async (server) => {
  const path = "/socket.io/?EIO=4&transport=polling";
  const fields = ["Connection: close"];
  const opened = await exchange(server, request("GET", path, fields));
  const { sid } = JSON.parse(opened.body.slice(1));
  for (const packet of ["40", '40{"token":"x"}', '40{"token":["x"]}', '40{"token":{"length":1}}']) {
    const posted = await exchange(
      server,
      request("POST", `${path}&sid=${sid}`, [`Content-Length: ${packet.length}`, ...fields], packet),
    );
    assert.equal(posted.body, "ok");
    const polled = await exchange(server, request("GET", `${path}&sid=${sid}`, fields));
    assert.match(polled.body, /^44\{/);
  }
  const event = '42["join_room",{"roomName":"bystanders"}]';
  await exchange(
    server,
    request("POST", `${path}&sid=${sid}`, [`Content-Length: ${event.length}`, ...fields], event),
  );
  await exchange(server, request("POST", `${path}&sid=${sid}`, ["Content-Length: 1", ...fields], "1"));
});

attack("TLS 1.0 and 1.1 are refused", async (server) => {
  for (const version of ["TLSv1", "TLSv1.1"]) {
    const old = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
    await assert.rejects(openSocket(server, { tls: old }), /protocol version|unsupported protocol|alert/i);
  }
  assert.equal((await get(server, "/healthz", { tls: { maxVersion: "TLSv1.2" } })).status, 200);
});

attack("ciphers without forward secrecy, or without authentication, are refused", async (server) => {
  for (const ciphers of [
    "AES128-SHA",
    "AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-SHA",
    "NULL-SHA",
    "AECDH-AES128-SHA",
  ]) {
    const weak = { maxVersion: "TLSv1.2", ciphers: `${ciphers}:@SECLEVEL=0` };
    await assert.rejects(
      openSocket(server, { tls: weak }),
      /handshake failure|no ciphers|no cipher|alert/i,
      ciphers,
    );
  }
});

attack(
  "a client that asks for a renegotiation is refused it, and nothing is read behind it",
  async (server) => {
    const client = spawn("openssl", ["s_client", "-connect", `127.0.0.1:${server.tlsPort}`, "-tls1_2"], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    const errors = text(client.stderr);
    let output = "";
    client.stdout.on("data", (data) => (output += data));
    await until(() => /Verify return code/.test(output), "the handshake");
    client.stdin.write("R\n"); // s_client's command for it
    await within(once(client, "exit"), "the end of s_client");
    assert.match(await errors, /no renegotiation/);
  },
);

attack("handshakes of which only a half comes, a thousand of them", async (server, t, siege) => {
  const hello = Buffer.from("16030101fc010001f80303", "hex");
  for (let round = 0; round < 10; ++round) {
    const sockets = await Promise.all(
      Array.from({ length: 100 }, () => openSocket({ port: server.tlsPort })),
    );
    for (const { socket } of sockets) socket.write(hello);
    await siege.exchange();
    for (const { socket } of sockets) round % 2 ? socket.resetAndDestroy() : socket.destroy();
  }
});

attack("records that are no TLS, too large, or empty without end", async (server) => {
  const records = [
    Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Buffer.concat([Buffer.from("160303ffff", "hex"), Buffer.alloc(65535)]),
    Buffer.concat(Array(5000).fill(Buffer.from("1603030000", "hex"))),
    Buffer.concat(Array(5000).fill(Buffer.from("15030300020100", "hex"))),
    Buffer.from("1703030005aaaaaaaaaa", "hex"),
  ];
  for (const bytes of records) {
    const { socket, stream } = await openSocket({ port: server.tlsPort });
    socket.write(bytes);
    await stream.rest();
    socket.destroy();
  }
});
