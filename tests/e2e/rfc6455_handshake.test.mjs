// The opening handshake: RFC 6455 section 4.2, and from which pages it is taken.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { RawHttp, exchange } from "./support/raw_http.mjs";
import {
  Opcode,
  RawWebSocket,
  SAMPLE_ACCEPT,
  SAMPLE_KEY,
  frame,
  handshake,
} from "./support/raw_websocket.mjs";
import { startServer } from "./support/server.mjs";

let server;
let foreign;

before(async () => {
  server = await startServer(["--echo"]);
  foreign = await startServer([
    "--echo",
    "--cors-origin",
    "https://app.example",
    "--cors-origin",
    "https://b.example",
  ]);
});
after(async () => assert.deepEqual(await Promise.all([server.stop(), foreign.stop()]), [0, 0]));

const FIELDS = {
  Host: "127.0.0.1",
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Key": SAMPLE_KEY,
  "Sec-WebSocket-Version": "13",
};

/** A handshake with other fields: undefined leaves one out, an array repeats it. */
function upgradeRequest(changes = {}, line = "GET /echo HTTP/1.1") {
  const lines = Object.entries({ ...FIELDS, ...changes })
    .flatMap(([name, value]) => [value].flat().map((one) => [name, one]))
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  return [line, ...lines, "", ""].join("\r\n");
}

function answers(name, status, changes, line) {
  test(`${name}: ${status}`, async () => {
    const answer = await exchange(server, upgradeRequest(changes, line));
    assert.equal(answer.status, status, answer.body);
    if (status === 101) assert.equal(answer.headers.get("sec-websocket-accept"), SAMPLE_ACCEPT);
    if (status === 426) {
      assert.equal(answer.headers.get("sec-websocket-version"), "13");
      assert.match(answer.headers.get("upgrade"), /^websocket$/i);
    }
    if (status === 405) assert.match(answer.headers.get("allow"), /\bGET\b/);
  });
}

describe("what is accepted", () => {
  test("the example of 1.3, with all fields of 4.2.2 and no others of the handshake", async () => {
    const answer = await exchange(server, upgradeRequest());
    assert.equal(answer.status, 101);
    assert.equal(answer.version, "1.1");
    assert.equal(answer.headers.get("sec-websocket-accept"), SAMPLE_ACCEPT);
    assert.match(answer.headers.get("upgrade"), /^websocket$/i);
    assert.match(answer.headers.get("connection"), /^upgrade$/i);
    for (const name of ["protocol", "extensions", "version"])
      assert.ok(!answer.headers.has(`sec-websocket-${name}`));
  });
  answers("tokens in any case", 101, { Upgrade: "WebSocket", Connection: "uPGRADE" });
  answers("Connection: keep-alive, Upgrade", 101, { Connection: "keep-alive, Upgrade" });
  answers("Connection in two fields", 101, { Connection: ["keep-alive", "Upgrade"] });
  answers("names of fields in any case", 101, {
    "Sec-WebSocket-Key": undefined,
    "sEC-wEBSOCKET-kEY": SAMPLE_KEY,
    Host: undefined,
    hOST: "localhost:80",
  });
  answers("unknown extensions and fields", 101, {
    "Sec-WebSocket-Extensions": "x-none; a=1, y",
    "X-Other": "1",
  });
  answers("a query", 101, {}, "GET /echo?a=b&c HTTP/1.1");
});

describe("what is refused", () => {
  for (const version of ["0", "8", "12", "14", "99"]) {
    answers(`version ${version}`, 426, { "Sec-WebSocket-Version": version });
  }
  answers("no version", 400, { "Sec-WebSocket-Version": undefined });
  answers("two versions", 400, { "Sec-WebSocket-Version": ["13", "13"] });
  answers("no Upgrade", 426, { Upgrade: undefined });
  answers("another Upgrade", 426, { Upgrade: "h2c" });
  answers("no Connection", 400, { Connection: undefined });
  answers("Connection without Upgrade", 400, { Connection: "keep-alive" });
  answers("no key", 400, { "Sec-WebSocket-Key": undefined });
  answers("two keys", 400, { "Sec-WebSocket-Key": [SAMPLE_KEY, SAMPLE_KEY] });
  for (const key of [
    "",
    "x",
    "dGhlIHNhbXBsZSBub25jZQ",
    "dGhlIHNhbXBsZSBub25jZSE=",
    "!!!!IHNhbXBsZSBub25jZQ==",
  ]) {
    answers(`the key ${JSON.stringify(key)}`, 400, { "Sec-WebSocket-Key": key });
  }
  answers("POST", 405, { "Content-Length": "0" }, "POST /echo HTTP/1.1");
  answers("HTTP/1.0", 400, {}, "GET /echo HTTP/1.0");
  answers("no Host", 400, { Host: undefined });
  answers("two Hosts", 400, { Host: ["127.0.0.1", "127.0.0.1"] });
  answers("a malformed list of subprotocols", 400, { "Sec-WebSocket-Protocol": "a b" });
  answers("a malformed list of extensions", 400, { "Sec-WebSocket-Extensions": "permessage-deflate; =" });
  answers("a path that is no WebSocket", 404, {}, "GET /elsewhere HTTP/1.1");
});

describe("segments mean nothing", () => {
  test("a handshake byte by byte", async () => {
    const http = await RawHttp.open(server);
    for (const byte of Buffer.from(upgradeRequest())) {
      http.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    assert.equal((await http.answer()).status, 101);
    http.destroy();
  });

  test("frames in the segment of the handshake", async () => {
    const http = await RawHttp.open(server);
    http.write(
      Buffer.concat([Buffer.from(upgradeRequest()), frame(Opcode.text, "early"), frame(Opcode.ping, "p")]),
    );
    const socket = new RawWebSocket(http, await http.answer());
    await socket.expect(Opcode.text, "early");
    await socket.expect(Opcode.pong, "p");
    socket.destroy();
  });

  test("after a refusal the connection takes a better handshake", async () => {
    const http = await RawHttp.open(server);
    http.write(upgradeRequest({ "Sec-WebSocket-Version": "8" }));
    assert.equal((await http.answer()).status, 426);
    http.write(upgradeRequest());
    assert.equal((await http.answer()).status, 101);
    http.destroy();
  });
});

describe("subprotocols of /signaling", () => {
  for (const [asked, chosen] of [
    ["signaling.v1", "signaling.v1"],
    ["chat, signaling.v1", "signaling.v1"],
    [["chat", "signaling.v1"], "signaling.v1"],
    ["chat", undefined],
    ["SIGNALING.V1", undefined],
    [undefined, undefined],
  ]) {
    test(`asked for ${JSON.stringify(asked)}, it is ${chosen ?? "none"}`, async () => {
      const text = upgradeRequest({ "Sec-WebSocket-Protocol": asked }, "GET /signaling HTTP/1.1");
      const answer = await exchange(server, text);
      assert.equal(answer.status, 101);
      assert.equal(answer.headers.get("sec-websocket-protocol"), chosen);
    });
  }
});

describe("pages of other origins (RFC 6455 10.2)", () => {
  const status = async (which, Origin) => {
    const Host = `127.0.0.1:${which.port}`;
    return (await exchange(which, upgradeRequest({ Host, Origin }))).status;
  };

  test("pages that the server delivered may connect", async () => {
    assert.equal(await status(server, `http://127.0.0.1:${server.port}`), 101);
  });
  test("clients that are no browsers may connect", async () =>
    assert.equal(await status(server, undefined), 101));
  test("other pages may not", async () => {
    const strangers = [
      "https://app.example",
      "null",
      "http://127.0.0.1",
      `http://127.0.0.1:${server.port + 1}`,
    ];
    const lookalikes = [
      `http://127.0.0.1:${server.port}.evil.example`,
      `http://evil.example#127.0.0.1:${server.port}`,
    ];
    for (const origin of [...strangers, ...lookalikes])
      assert.equal(await status(server, origin), 403, origin);
  });
  test("pages of an origin that was listed may connect, and those of this server still", async () => {
    for (const origin of ["https://app.example", "https://b.example", `http://127.0.0.1:${foreign.port}`]) {
      assert.equal(await status(foreign, origin), 101, origin);
    }
    for (const origin of ["http://app.example", "https://app.example:444", "https://app.example.evil"]) {
      assert.equal(await status(foreign, origin), 403, origin);
    }
  });
  test("a refused page opens no WebSocket on /signaling either", async () => {
    const answer = await exchange(server, handshake("/signaling", ["Origin: https://app.example"]));
    assert.equal(answer.status, 403);
  });
});
