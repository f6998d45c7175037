// TLS as the program serves it: versions, names, and clients that speak something else.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { ByteStream, openSocket } from "./support/byte_stream.mjs";
import { makeCertificate, temporaryFolder, tlsOptions } from "./support/certificate.mjs";
import { within } from "./support/deadline.mjs";
import { NativeClient, joinClients } from "./support/native_client.mjs";
import { exchange, get } from "./support/raw_http.mjs";
import { startServer } from "./support/server.mjs";

const folder = temporaryFolder();
const own = makeCertificate(folder, "localhost");
const other = makeCertificate(folder, "other.example");
let server;

before(async () => {
  const second = ["--tls-cert", other.certificate, "--tls-key", other.key];
  server = await startServer([...tlsOptions(own), ...second, "--handshake-timeout", "2s"]);
});
after(async () => assert.equal(await server.stop(), 0));

/** A finished handshake: {protocol, name of the certificate, ALPN}. */
function handshake(options) {
  const socket = connectTls({
    host: "127.0.0.1",
    port: server.tlsPort,
    rejectUnauthorized: false,
    ...options,
  });
  const done = new Promise((resolve, reject) => {
    socket.once("secureConnect", () => {
      resolve({
        protocol: socket.getProtocol(),
        name: socket.getPeerCertificate().subject.CN,
        alpn: socket.alpnProtocol,
      });
    });
    socket.once("error", reject);
    socket.once("end", () => reject(new Error("ended")));
  });
  return within(done, "a TLS handshake").finally(() => socket.destroy());
}

describe("versions", () => {
  for (const version of ["TLSv1.2", "TLSv1.3"]) {
    test(`${version} is spoken`, async () => {
      assert.equal((await handshake({ minVersion: version, maxVersion: version })).protocol, version);
    });
  }
  for (const version of ["TLSv1", "TLSv1.1"]) {
    test(`${version} is refused by the server`, async () => {
      const options = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
      await assert.rejects(handshake(options), { code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" });
    });
  }
});

describe("certificates", () => {
  test("verify against the one that was given", async () => {
    const options = { rejectUnauthorized: true, ca: readFileSync(own.certificate), servername: "localhost" };
    assert.equal((await handshake(options)).name, "localhost");
  });
  for (const [servername, name] of [
    ["localhost", "localhost"],
    ["other.example", "other.example"],
    ["OTHER.example", "other.example"],
    ["unknown.example", "localhost"],
    ["", "localhost"],
  ]) {
    test(`asked for ${JSON.stringify(servername)}, shows that of ${name}`, async () => {
      assert.equal((await handshake({ servername })).name, name);
    });
  }
});

describe("what goes over it", () => {
  test("HTTP", async () => {
    const answer = await get(server, "/healthz", { tls: {} });
    assert.deepEqual([answer.status, answer.body], [200, "ok\n"]);
  });

  for (const maxVersion of ["TLSv1.2", "TLSv1.3"]) {
    test(`the native protocol over ${maxVersion}, with plain neighbours`, async (t) => {
      const [secure] = await joinClients(t, server, 1, "room", { secure: true, maxVersion });
      const [plain] = await joinClients(t, server, 1, "room");
      await secure.next(); // the other joined
      const data = "x".repeat(200_000);
      secure.send({ type: "message", to: plain.id, data });
      await plain.expect({ type: "message", from: secure.id, data });
      plain.send({ type: "message", room: "room", data });
      await secure.expect({ type: "message", from: plain.id, room: "room", data });
      secure.socket.terminate();
      assert.equal((await plain.next()).reason, "disconnect");
    });
  }

  test("ALPN: http/1.1, also for browsers that would like h2", async () => {
    const { alpn } = await handshake({ ALPNProtocols: ["h2", "http/1.1"] });
    assert.ok(["http/1.1", false].includes(alpn), `${alpn}`);
  });

  test("a page of this server may connect, by its https origin", async () => {
    const client = await NativeClient.connect(server, {
      secure: true,
      origin: `https://127.0.0.1:${server.tlsPort}`,
    });
    await client.close();
  });
});

describe("clients that speak something else", () => {
  const stillServes = async () => assert.equal((await get(server, "/healthz", { tls: {} })).status, 200);

  async function says(bytes) {
    const socket = connectTcp(server.tlsPort, "127.0.0.1");
    const stream = new ByteStream(socket);
    socket.write(bytes);
    await stream.rest();
    socket.destroy();
  }

  test("HTTP on the port of TLS is hung up on", async () => {
    await says("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    await stillServes();
  });
  test("a handshake that is broken off, or never begins, is hung up on", async () => {
    await Promise.all([
      says(""),
      says(Buffer.from("16030100", "hex")),
      says(Buffer.from("1603010200010001fc0303", "hex")),
    ]);
    await stillServes();
  });
  test("TLS on the port of HTTP gets an HTTP error", async () => {
    assert.equal((await exchange(server, Buffer.from("16030102000100", "hex"))).status, 400);
    await assert.rejects(handshake({ port: server.port }));
    assert.equal((await get(server, "/healthz")).status, 200);
  });
  test("a client that vanishes right after the handshake", async () => {
    for (let i = 0; i < 20; ++i) {
      const { socket } = await openSocket(server, { tls: {} });
      socket.destroy();
    }
    await stillServes();
  });
});

test("a chain file may hold more than one certificate", async (t) => {
  const chain = join(folder, "chain.pem");
  writeFileSync(chain, readFileSync(own.certificate, "utf8") + readFileSync(other.certificate, "utf8"));
  const chained = await startServer(tlsOptions({ certificate: chain, key: own.key }));
  t.after(() => chained.stop());
  assert.equal((await get(chained, "/healthz", { tls: {} })).status, 200);
});
