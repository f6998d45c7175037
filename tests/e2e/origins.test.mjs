// Whose pages and apps may connect, under which names, and what is said of those who may not.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "./support/deadline.mjs";
import { NativeClient } from "./support/native_client.mjs";
import { exchange, request } from "./support/raw_http.mjs";
import { startServer } from "./support/server.mjs";

const POLL = "/socket.io/?EIO=4&transport=polling";
const HANDSHAKE = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
];

/** The status of a handshake with these headers besides. */
const upgrade = async (server, headers, target = "/signaling") =>
  (await exchange(server, request("GET", target, [...HANDSHAKE, ...headers]))).status;

describe("origins", () => {
  let server;
  before(async () => (server = await startServer(["--cors-origin", "https://App.example/"])));
  after(() => server.stop());

  for (const origin of ["http://127.0.0.1", "ws://127.0.0.1", "https://app.example", "wss://app.example"]) {
    test(`${origin} may connect, by WebSocket and by polling`, async () => {
      assert.equal(await upgrade(server, [`Origin: ${origin}`]), 101);
      assert.equal((await exchange(server, request("GET", POLL, [`Origin: ${origin}`]))).status, 200);
    });
  }

  test("a foreign one is refused, and the log says what was compared", async () => {
    assert.equal(await upgrade(server, ["Origin: https://evil.example"], "/signaling?token=s3cret"), 403);
    assert.equal((await exchange(server, request("GET", POLL, ["Origin: wss://evil.example"]))).status, 403);
    await until(() => /event=origin-refused/.test(server.output), "the log");
    assert.match(
      server.output,
      /level=warning event=origin-refused address="127\.0\.0\.1" origin="https:\/\/evil\.example" host="127\.0\.0\.1"/,
    );
    assert.ok(!server.output.includes("s3cret"));
  });

  test("two in one request are refused", async () => {
    const two = ["Origin: http://127.0.0.1", "Origin: https://evil.example"];
    assert.equal(await upgrade(server, two), 400);
    assert.equal(await upgrade(server, two.reverse()), 400);
  });

  for (const target of ["/connections", "/socket.io/", "/healthz"]) {
    test(`OPTIONS ${target}: a preflight is answered`, async () => {
      const ask = ["Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization"];
      const { status, headers } = await exchange(
        server,
        request("OPTIONS", target, ["Origin: https://app.example", ...ask]),
      );
      assert.equal(status, 204);
      assert.equal(headers.get("access-control-allow-origin"), "https://app.example");
      assert.equal(headers.get("access-control-allow-headers"), "authorization");
      assert.match(headers.get("access-control-allow-methods"), /GET/);
    });
  }

  for (const target of [POLL, "/connections", "/healthz", "/"]) {
    test(`an upgrade to h2c is ignored: ${target}`, async () => {
      const h2c = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"];
      assert.equal((await exchange(server, request("GET", target, h2c))).status, 200);
    });
  }
});

describe("hosts", () => {
  test("--allowed-host: others get 421, whatever they ask for, and the log says so", async (t) => {
    const server = await startServer(["--allowed-host", "Signal.example, localhost"]);
    t.after(() => server.stop());
    const as = (host, target, headers = []) => [
      request("GET", target, headers).replace("Host: 127.0.0.1", `Host: ${host}`),
    ];
    for (const host of ["signal.example", "SIGNAL.example:8080", "localhost"])
      assert.equal((await exchange(server, ...as(host, "/healthz"))).status, 200, host);
    for (const target of ["/healthz", POLL, "/connections", "/nothing"])
      assert.equal((await exchange(server, ...as("evil.example", target))).status, 421, target);
    const rebound = ["Origin: http://evil.example", ...HANDSHAKE];
    assert.equal((await exchange(server, ...as("evil.example", "/signaling", rebound))).status, 421);
    await until(() => /event=host-refused .*host="evil\.example"/.test(server.output), "the log");
  });
});

describe("names in the query", () => {
  test("what is not percent-encoded UTF-8 is refused, and named", async (t) => {
    const server = await startServer(["--allow-client-ids"]);
    t.after(() => server.stop());
    for (const query of ["peer=%ff", "peer=%zz", "peer=%c3%28", "resume=%", "token=%zz"]) {
      for (const [target, headers] of [
        [`/signaling?${query}`, HANDSHAKE],
        [`/ws?${query}`, HANDSHAKE],
        [`${POLL}&${query}`, []],
      ]) {
        const { status, body } = await exchange(server, request("GET", target, headers));
        assert.equal(status, 400, target);
        assert.match(body, new RegExp(query.split("=")[0]), target);
      }
    }
    const client = await NativeClient.connect(server, { query: { peer: "\u00e9 %ff" } });
    assert.equal(client.id, "\u00e9 %ff");
    await client.close();
  });
});
