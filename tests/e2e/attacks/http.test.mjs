// Requests that two parsers would read in two ways, and those that ask for what they must not have. Each is answered
// with its status, nothing behind it is answered, and nobody else notices (RFC 9110, RFC 9112; OWASP: request smuggling,
// path traversal).

import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../support/certificate.mjs";
import { RawHttp, exchange, request } from "../support/raw_http.mjs";
import { handshake } from "../support/raw_websocket.mjs";
import { siege } from "../support/siege.mjs";

const folder = temporaryFolder();
mkdirSync(join(folder, "www"));
writeFileSync(join(folder, "www", "page.txt"), "page");
writeFileSync(join(folder, "secret.txt"), "secret");
symlinkSync(join(folder, "secret.txt"), join(folder, "www", "link.txt"));

const attack = siege(["--static", join(folder, "www"), "--cors-origin", "https://app.example"]);

const HOST = "Host: 127.0.0.1";
const lines = (...all) => [...all, "", ""].join("\r\n");
const get = (...fields) => lines("GET /healthz HTTP/1.1", HOST, ...fields);
const post = (...rest) => ["POST /healthz HTTP/1.1", HOST, ...rest].join("\r\n");
const CHUNKED = "Transfer-Encoding: chunked";
const SMUGGLED = request("GET", "/healthz", ["X: smuggled"]);

// What is behind the end of the body, as one of two parsers sees it, must not be answered.
const smuggling = {
  "Content-Length before Transfer-Encoding": post("Content-Length: 5", CHUNKED, "", "0", "", ""),
  "Transfer-Encoding before Content-Length": post(CHUNKED, "Content-Length: 5", "", "0", "", ""),
  "Content-Length twice, alike": post("Content-Length: 0", "Content-Length: 0", "", ""),
  "Content-Length twice, not alike": post("Content-Length: 0", `Content-Length: ${SMUGGLED.length}`, "", ""),
  "Content-Length as a list": post("Content-Length: 0, 0", "", ""),
  "Content-Length with a sign": post("Content-Length: +0", "", ""),
  "Content-Length beyond 64 bits": post("Content-Length: 18446744073709551616", "", ""),
  "Content-Length in hexadecimal": post("Content-Length: 0x0", "", ""),
  "chunked on HTTP/1.0": post(CHUNKED, "", "0", "", "").replace("HTTP/1.1", "HTTP/1.0"),
  xchunked: post("Transfer-Encoding: xchunked", "", "0", "", ""),
  "chunked with a vertical tab": post("Transfer-Encoding: \x0bchunked", "", "0", "", ""),
  "chunked, identity": post("Transfer-Encoding: chunked, identity", "", "0", "", ""),
  "chunked twice": post("Transfer-Encoding: chunked, chunked", "", "0", "", ""),
  "a space before the colon": post("Transfer-Encoding : chunked", "", "0", "", ""),
  "a folded Transfer-Encoding": post("Transfer-Encoding:", " chunked", "", "0", "", ""),
  "a bare LF between fields": post(`X: y\nContent-Length: ${SMUGGLED.length}`, "", ""),
  "a bare LF at the end of the header": post("Content-Length: 0").concat("\n\n"),
  "a bare CR in a value": get("X: y\rContent-Length: 5"),
  "NUL in a value": get("X: y\0z"),
  "NUL in the target": lines("GET /healthz\0 HTTP/1.1", HOST),
  "a negative chunk": post(CHUNKED, "", "-1", "", ""),
  "a chunk size beyond 64 bits": post(CHUNKED, "", "10000000000000000", "", ""),
  "a chunk size with 0x": post(CHUNKED, "", "0x0", "", ""),
  "a bare LF behind a chunk size": post(CHUNKED, "", "0\n\n"),
  "a chunk that is longer than it says": post(CHUNKED, "", "1", "xx", "0", "", ""),
};
for (const [name, bytes] of Object.entries(smuggling)) {
  attack(`smuggling, ${name}: 400 and the end`, async (server) => {
    const http = await RawHttp.open(server);
    http.write(Buffer.from(bytes + SMUGGLED, "latin1"));
    const answer = await http.answer();
    assert.deepEqual([answer.status, answer.headers.get("connection")], [400, "close"]);
    assert.equal((await http.stream.rest()).length, 0, "what was smuggled was answered");
    http.destroy();
  });
}

const refused = [
  [400, "no Host", lines("GET /healthz HTTP/1.1", "X: y")],
  [400, "two Hosts", get("Host: other")],
  [400, "an empty Host", lines("GET /healthz HTTP/1.1", "Host:")],
  [400, "a Host with a path", lines("GET /healthz HTTP/1.1", "Host: a/b")],
  [400, "absolute form that is not the Host", lines("GET http://other/healthz HTTP/1.1", HOST)],
  [400, "absolute form of another scheme", lines("GET file:///etc/passwd HTTP/1.1", HOST)],
  [400, "the authority form of CONNECT", lines("CONNECT 127.0.0.1:22 HTTP/1.1", HOST)],
  [400, "bad percent-encoding", lines("GET /%zz HTTP/1.1", HOST)],
  [400, "percent-encoding that is cut off", lines("GET /% HTTP/1.1", HOST)],
  [400, "a fragment", lines("GET /healthz#x HTTP/1.1", HOST)],
  [400, "two spaces", lines("GET  /healthz HTTP/1.1", HOST)],
  [400, "HTTP/0.9", "GET /healthz\r\n\r\n"],
  [505, "HTTP/2.0", lines("PRI * HTTP/2.0", "", "SM")],
  [501, "TRACE", lines("TRACE / HTTP/1.1", HOST, "Cookie: secret")],
  [431, "1500 tiny fields", get(...Array(1500).fill("a:"))],
  [431, "a header of 64 KiB", get(`X: ${"y".repeat(65536)}`)],
  [431, "a target of 64 KiB", lines(`GET /${"y".repeat(65536)} HTTP/1.1`, HOST)],
  [413, "a body of 2^63 bytes", post("Content-Length: 9223372036854775807", "", "")],
  [417, "an expectation that nobody knows", post("Expect: 200-ok", "Content-Length: 1", "", "x")],
];
for (const [status, name, bytes] of refused) {
  attack(`${name}: ${status}`, async (server) => {
    assert.equal((await exchange(server, Buffer.from(bytes, "latin1"))).status, status);
  });
}

const paths = [
  "/../secret.txt",
  "/%2e%2e/secret.txt",
  "/..%2fsecret.txt",
  "/..%5csecret.txt",
  "/%252e%252e/secret.txt",
  "/x/../../secret.txt",
  "//etc/passwd",
  `/${"../".repeat(20)}etc/passwd`,
  "/link.txt",
  "/page.txt%00.html",
  "/page.txt/",
  "/./%2e/../secret.txt",
];
attack(
  "files outside of the folder, by path, encoding or link: 400 or 404, and never their content",
  async (server) => {
    for (const path of paths) {
      const { status, body } = await exchange(server, request("GET", path, ["Connection: close"]));
      assert.ok([400, 404].includes(status), `${path}: ${status}`);
      assert.doesNotMatch(body, /secret|root:/);
    }
    assert.equal((await exchange(server, request("GET", "/page.txt", ["Connection: close"]))).body, "page");
  },
);

attack(
  "a header of the answer is none of the client's: no CR, LF in a redirect or a preflight",
  async (server) => {
    for (const bytes of [
      request("GET", "/%0d%0aSet-Cookie:%20x=1", ["Connection: close"]),
      request("OPTIONS", "/socket.io/", [
        "Origin: https://app.example",
        "Access-Control-Request-Headers: x\ty",
        "Connection: close",
      ]),
    ]) {
      const { headers } = await exchange(server, bytes);
      assert.equal(headers.get("set-cookie"), undefined);
    }
  },
);

const foreign = [
  "https://evil.example",
  "null",
  "https://app.example.evil.example",
  "https://app.example:8443",
  "http://app.example",
  "https://APP.example@evil.example",
];
attack(
  "cross-site: pages of other origins open no WebSocket and no session, and read no answer",
  async (server) => {
    for (const origin of foreign) {
      for (const path of ["/signaling", "/ws", "/socket.io/?EIO=4&transport=websocket"]) {
        const { status } = await exchange(server, handshake(path, [`Origin: ${origin}`]));
        assert.equal(status, 403, `${path} from ${origin}`);
      }
      const polled = await exchange(
        server,
        request("GET", "/socket.io/?EIO=4&transport=polling", [`Origin: ${origin}`, "Connection: close"]),
      );
      assert.deepEqual([polled.status, polled.headers.get("access-control-allow-origin")], [403, undefined]);
      const listed = await exchange(
        server,
        request("GET", "/connections", [`Origin: ${origin}`, "Connection: close"]),
      );
      assert.equal(listed.headers.get("access-control-allow-origin"), undefined);
    }
  },
);

attack("a thousand requests in one segment behind one that is refused", async (server) => {
  const http = await RawHttp.open(server);
  http.write(get(" folded: x") + SMUGGLED.repeat(1000));
  assert.equal((await http.answer()).status, 400);
  assert.equal((await http.stream.rest()).length, 0);
  http.destroy();
});
