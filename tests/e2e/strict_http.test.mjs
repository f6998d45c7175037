// Requests on which parsers disagree are refused (RFC 9110, RFC 9112): whoever lets them through can be made to see
// another request than the proxy in front of it. After each the server still answers.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { RawHttp, exchange, get, request } from "./support/raw_http.mjs";
import { startServer } from "./support/server.mjs";

let server;

before(async () => (server = await startServer(["--handshake-timeout", "2s"])));
after(async () => assert.equal(await server.stop(), 0));

const HOST = "Host: 127.0.0.1";

/** The lines are sent with CRLF between them and an empty line at the end. */
function answers(status, name, ...lines) {
  answersRaw(status, name, [...lines, "", ""].join("\r\n"));
}

function answersRaw(status, name, text) {
  test(`${status}: ${name}`, async () => {
    const answer = await exchange(server, Buffer.from(text, "latin1"));
    assert.equal(answer.status, status, answer.body);
    assert.equal((await get(server, "/healthz")).body, "ok\n");
  });
}

/** An error after which nothing more is read: a smuggled request behind it is never answered. */
function refused(status, name, text) {
  answersRaw(status, name, text);
  test(`${status}: ${name}: nothing behind it is answered`, async () => {
    const http = await RawHttp.open(server);
    http.write(Buffer.from(text + request("GET", "/healthz"), "latin1"));
    const answer = await http.answer();
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("connection"), "close");
    assert.equal((await http.stream.rest()).length, 0);
    http.destroy();
  });
}

const get11 = (...fields) => ["GET /healthz HTTP/1.1", ...fields, "", ""].join("\r\n");
const post = (...rest) => ["POST /healthz HTTP/1.1", HOST, ...rest].join("\r\n");

describe("what is well-formed is served", () => {
  answers(200, "plain", "GET /healthz HTTP/1.1", HOST);
  answers(200, "with a query", "GET /healthz?a=b&&%zz HTTP/1.1", HOST);
  answers(200, "absolute form that agrees with Host", "GET http://127.0.0.1/healthz HTTP/1.1", HOST);
  answers(200, "an encoded path", "GET /%68ealthz HTTP/1.1", HOST);
  answers(
    200,
    "a field without a value, and white space around one",
    "GET /healthz HTTP/1.1",
    HOST,
    "X:",
    "Y: \t z \t ",
  );
  answers(200, "bytes over 127 in a value", "GET /healthz HTTP/1.1", HOST, "X: \xff\xfe");
  answers(
    200,
    "100 fields",
    "GET /healthz HTTP/1.1",
    HOST,
    ...Array.from({ length: 99 }, (_, i) => `X-${i}: ${i}`),
  );
  answersRaw(200, "an empty line before it (RFC 9112 2.2)", `\r\n${get11(HOST)}`);
  answers(404, "another path", "GET /other HTTP/1.1", HOST);
  answers(404, "the path with a slash behind", "GET /healthz/ HTTP/1.1", HOST);
});

describe("the request line", () => {
  refused(400, "two spaces", get11(HOST).replace(" /", "  /"));
  refused(400, "a tab", get11(HOST).replace(" /", "\t/"));
  refused(400, "no version", get11(HOST).replace(" HTTP/1.1", ""));
  refused(400, "a space behind", get11(HOST).replace("HTTP/1.1", "HTTP/1.1 "));
  refused(400, "a space before", ` ${get11(HOST)}`);
  refused(400, "no target", get11(HOST).replace("/healthz ", ""));
  refused(400, "a target with a space", get11(HOST).replace("/healthz", "/hea lthz"));
  refused(400, "a target with a control character", get11(HOST).replace("/healthz", "/health\x01"));
  refused(400, "a target with a raw byte over 127", get11(HOST).replace("/healthz", "/health\xe9"));
  refused(400, "a fragment", get11(HOST).replace("/healthz", "/healthz#x"));
  refused(400, "a relative target", get11(HOST).replace("/healthz", "healthz"));
  refused(400, "an asterisk for GET", get11(HOST).replace("/healthz", "*"));
  refused(400, "a method that is no token", get11(HOST).replace("GET", "G@T"));
  refused(400, "lower-case http", get11(HOST).replace("HTTP", "http"));
  refused(400, "HTTP/1.10", get11(HOST).replace("1.1", "1.10"));
  refused(400, "HTTP/1", get11(HOST).replace("1.1", "1"));
  refused(505, "HTTP/2.0", get11(HOST).replace("1.1", "2.0"));
  refused(505, "HTTP/1.2", get11(HOST).replace("1.1", "1.2"));
  refused(400, "a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n");
  answers(501, "an unknown method", "BREW /healthz HTTP/1.1", HOST);
  answers(400, "a path with a malformed escape", "GET /%zz HTTP/1.1", HOST);
});

describe("line ends", () => {
  refused(400, "LF alone", get11(HOST).replaceAll("\r\n", "\n"));
  refused(400, "LF alone in one place", get11(HOST, "X: y").replace("1.1\r\n", "1.1\n"));
  refused(400, "CR alone", get11(HOST, "X: y").replace("y\r\n", "y\r"));
  refused(400, "CR in a value", get11(HOST, "X: a\rb"));
  refused(400, "NUL in a value", get11(HOST, "X: a\0b"));
  refused(400, "NUL in a name", get11(HOST, "X\0: a"));
});

describe("fields", () => {
  refused(400, "a space before the colon (RFC 9112 5.1)", get11(HOST, "X : y"));
  refused(400, "a folded line (RFC 9112 5.2)", get11(HOST, "X: a", " b"));
  refused(400, "a folded first line", get11(" Host: 127.0.0.1"));
  refused(400, "no colon", get11(HOST, "X"));
  refused(400, "no name", get11(HOST, ": y"));
  refused(400, "a name that is no token", get11(HOST, "X(y): z"));
  refused(431, "101 of them", get11(HOST, ...Array.from({ length: 100 }, (_, i) => `X-${i}: ${i}`)));
  refused(431, "1500 tiny ones", get11(HOST, ...Array.from({ length: 1500 }, () => "a:")));
  refused(431, "more than 16 KiB", get11(HOST, `X: ${"y".repeat(16384)}`));
  refused(431, "a target of more than 16 KiB", get11(HOST).replace("/healthz", `/${"y".repeat(17000)}`));
  refused(400, "two origins (RFC 6454 7.3)", get11(HOST, "Origin: http://127.0.0.1", "Origin: http://evil.example"));
  test("cookies of 9 kB are taken", async () => {
    const { status } = await exchange(server, get11(HOST, `Cookie: ${"y".repeat(9000)}`, "Connection: close"));
    assert.equal(status, 200);
  });
});

describe("Host (RFC 9112 3.2)", () => {
  refused(400, "none", get11("X: y"));
  refused(400, "two", get11(HOST, HOST));
  refused(400, "two that differ", get11(HOST, "Host: other"));
  refused(400, "a list", get11("Host: a, b/c"));
  refused(400, "with a path", get11("Host: a/b"));
  refused(400, "with a user", get11("Host: user@host"));
  refused(400, "with a port that is none", get11("Host: a:port"));
  refused(400, "with a port over 65535", get11("Host: a:65536"));
  refused(
    400,
    "another one than in the absolute form",
    get11(HOST).replace("/healthz", "http://other/healthz"),
  );
  for (const host of ["localhost:8080", "[::1]:80", "example.com", "[::1]"])
    answers(200, host, "GET /healthz HTTP/1.1", `Host: ${host}`);
});

describe("the length of a body (RFC 9112 6)", () => {
  const chunked = "Transfer-Encoding: chunked";
  refused(
    400,
    "two Content-Lengths that differ",
    post("Content-Length: 5", "Content-Length: 6", "", "hello"),
  );
  refused(400, "two that are the same", post("Content-Length: 5", "Content-Length: 5", "", "hello"));
  refused(400, "a list", post("Content-Length: 5, 5", "", "hello"));
  for (const length of [
    "-1",
    "+5",
    "0x5",
    "5 5",
    "five",
    "5.0",
    "",
    "18446744073709551616",
    "99999999999999999999999",
  ]) {
    refused(400, `Content-Length: ${length}`, post(`Content-Length: ${length}`, "", ""));
  }
  refused(400, "Content-Length and Transfer-Encoding", post("Content-Length: 5", chunked, "", "0", "", ""));
  refused(400, "Transfer-Encoding and Content-Length", post(chunked, "Content-Length: 5", "", "0", "", ""));
  refused(400, "chunked on HTTP/1.0", post(chunked, "", "0", "", "").replace("1.1", "1.0"));
  refused(400, "two Transfer-Encodings", post(chunked, chunked, "", "0", "", ""));
  for (const coding of [
    "xchunked",
    "identity",
    "gzip",
    "chunked, gzip",
    "gzip, chunked",
    "chunked, chunked",
    "chunked;q=1",
    "\x0bchunked",
    "",
  ]) {
    refused(400, `Transfer-Encoding: ${coding}`, post(`Transfer-Encoding: ${coding}`, "", "0", "", ""));
  }
  answersRaw(413, "Content-Length over 64 KiB, before the body comes", post("Content-Length: 65537", "", ""));
  answersRaw(413, "2^64 - 1", post("Content-Length: 18446744073709551615", "", ""));
});

describe("chunks (RFC 9112 7.1)", () => {
  const chunks = (text) => post("Transfer-Encoding: chunked", "", text);
  answersRaw(
    405,
    "well-formed ones",
    chunks('5\r\nhello\r\n00A;ext="x"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n'),
  );
  for (const wrong of [
    "x\r\n",
    "\r\n",
    "-1\r\n",
    "+1\r\n",
    "0x1\r\n",
    "1 \r\na\r\n",
    " 1\r\na\r\n",
    "1\na\r\n",
    "1\r\nab\r\n",
    "1\r\na\n",
    "ffffffffffffffffff\r\n",
    "10000000000000000\r\n",
    "0\r\nno colon\r\n\r\n",
    "0\r\n folded: x\r\n\r\n",
    "1;\0\r\na\r\n",
  ]) {
    refused(400, JSON.stringify(wrong), chunks(wrong));
  }
  answersRaw(413, "a chunk over 64 KiB, before it comes", chunks("10001\r\n"));
});

describe("expectations and methods", () => {
  answers(417, "an unknown expectation", "GET /healthz HTTP/1.1", HOST, "Expect: magic");
  answers(405, "a method that the route has not", "DELETE /healthz HTTP/1.1", HOST);
  answers(405, "POST to a WebSocket", "POST /signaling HTTP/1.1", HOST, "Content-Length: 0");
  answers(426, "GET of a WebSocket", "GET /signaling HTTP/1.1", HOST);
  for (const method of ["CONNECT", "TRACE"]) answers(501, method, `${method} /healthz HTTP/1.1`, HOST);

  test("100-continue: the body is asked for", async () => {
    const http = await RawHttp.open(server);
    http.write(post("Expect: 100-continue", "Content-Length: 5", "", ""));
    assert.equal((await http.answer()).status, 100);
    http.write("hello");
    assert.equal((await http.answer()).status, 405);
    http.destroy();
  });
  test("100-continue: a body that is too large is not asked for", async () => {
    assert.equal(
      (await exchange(server, post("Expect: 100-continue", "Content-Length: 65537", "", ""))).status,
      413,
    );
  });
});

describe("connections", () => {
  test("requests in one segment are answered in order; HEAD has no body", async () => {
    const http = await RawHttp.open(server);
    http.write(
      request("GET", "/healthz") +
        request("HEAD", "/healthz") +
        request("GET", "/none") +
        request("GET", "/healthz"),
    );
    const answers = [];
    for (const method of ["GET", "HEAD", "GET", "GET"]) answers.push(await http.answer({ method }));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 404, 200],
    );
    assert.equal(answers[1].headers.get("content-length"), "3");
    http.destroy();
  });
  test("a request byte by byte", async () => {
    const http = await RawHttp.open(server);
    for (const byte of Buffer.from(request("GET", "/healthz"))) {
      http.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    assert.equal((await http.answer()).body, "ok\n");
    http.destroy();
  });
  for (const [name, line, field] of [
    ["Connection: close", "1.1", "Connection: close"],
    ["HTTP/1.0", "1.0", "X: y"],
  ]) {
    test(`${name}: the server closes`, async () => {
      const http = await RawHttp.open(server);
      http.write(`GET /healthz HTTP/${line}\r\n${HOST}\r\n${field}\r\n\r\n`);
      assert.equal((await http.answer()).status, 200);
      assert.equal((await http.stream.rest()).length, 0);
      http.destroy();
    });
  }
  for (const [name, text] of [
    ["a head that is never finished", "GET /healthz HTT"],
    ["nothing at all", ""],
  ]) {
    test(`${name}: closed after the handshake timeout`, async () => {
      const http = await RawHttp.open(server);
      http.write(text);
      const rest = (await http.stream.rest()).toString();
      assert.match(rest, /^(HTTP\/1\.1 408 |$)/);
      http.destroy();
      assert.equal((await get(server, "/healthz")).status, 200);
    });
  }
});
