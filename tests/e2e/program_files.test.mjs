// The files of --static: what is served, how, and what is not.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { temporaryFolder } from "./support/certificate.mjs";
import { RawHttp, exchange, get, request } from "./support/raw_http.mjs";
import { startServer } from "./support/server.mjs";

const folder = temporaryFolder();
const site = join(folder, "site");
const LARGE = Buffer.from({ length: 8 * 1024 * 1024 }, (_, i) => (i * 31 + (i >> 12)) & 0x7f);
let server;

function write(path, content = path) {
  writeFileSync(join(site, path), content);
}

before(async () => {
  for (const path of ["", "app", "app/empty", ".git", ".well-known"])
    mkdirSync(join(site, path), { recursive: true });
  for (const path of ["index.html", "app/index.html", ".git/config", ".well-known/acme", "app/.env"])
    write(path);
  for (const path of [
    "page.html",
    "a.js",
    "a.mjs",
    "a.css",
    "a.json",
    "a.svg",
    "a.png",
    "a.ico",
    "a.wasm",
    "a.txt",
    "a.unknown",
  ])
    write(path);
  write("large.bin", LARGE);
  write("nothing.txt", "");
  write("a b+c%.txt", "odd name");
  writeFileSync(join(folder, "secret.txt"), "secret");
  symlinkSync(join(folder, "secret.txt"), join(site, "link.txt"));
  symlinkSync(folder, join(site, "up"));
  symlinkSync("page.html", join(site, "inside.html"));
  execFileSync("mkfifo", [join(site, "pipe")]);
  server = await startServer(["--static", site]);
});
after(async () => assert.equal(await server.stop(), 0));

describe("what is served", () => {
  for (const [path, file] of [
    ["/", "index.html"],
    ["/?room=a", "index.html"],
    ["/app/", "app/index.html"],
    ["/page.html?x=/../y", "page.html"],
    ["/%70age.html", "page.html"],
    ["/.well-known/acme", ".well-known/acme"],
  ]) {
    test(`${path} is ${file}`, async () => {
      const answer = await get(server, path);
      assert.deepEqual([answer.status, answer.body], [200, file]);
    });
  }
  test("names with spaces and signs", async () => {
    assert.equal((await get(server, "/a%20b+c%25.txt")).body, "odd name");
  });
  test("a link that stays inside", async () =>
    assert.equal((await get(server, "/inside.html")).body, "page.html"));
  test("an empty file", async () => {
    const answer = await get(server, "/nothing.txt");
    assert.deepEqual([answer.status, answer.headers.get("content-length"), answer.body], [200, "0", ""]);
  });
  test("a large file, also to a client that reads slowly", async () => {
    const http = await RawHttp.open(server);
    http.write(request("GET", "/large.bin") + request("GET", "/page.html"));
    const head = (await http.stream.readThrough("\r\n\r\n")).toString();
    assert.match(head, new RegExp(`content-length: ${LARGE.length}\r\n`, "i"));
    for (let at = 0; at < LARGE.length; at += 1024 * 1024) {
      http.socket.pause();
      await get(server, "/healthz"); // others are served meanwhile
      http.socket.resume();
      assert.ok(
        (await http.stream.read(1024 * 1024)).equals(LARGE.subarray(at, at + 1024 * 1024)),
        `at ${at}`,
      );
    }
    assert.equal((await http.answer()).body, "page.html");
    http.destroy();
  });
  test("a client that goes in the middle of one", async () => {
    for (let i = 0; i < 10; ++i) {
      const http = await RawHttp.open(server);
      http.write(request("GET", "/large.bin"));
      await http.stream.read(1000);
      http.socket.resetAndDestroy();
    }
    assert.equal((await get(server, "/healthz")).status, 200);
  });
});

describe("how it is served", () => {
  const types = {
    "page.html": /^text\/html; *charset=utf-8$/i,
    "a.js": /^text\/javascript\b/,
    "a.mjs": /^text\/javascript\b/,
    "a.css": /^text\/css\b/,
    "a.json": /^application\/json\b/,
    "a.svg": /^image\/svg\+xml$/,
    "a.png": /^image\/png$/,
    "a.ico": /^image\/(x-icon|vnd\.microsoft\.icon)$/,
    "a.wasm": /^application\/wasm$/,
    "a.txt": /^text\/plain\b/,
    "a.unknown": /^application\/octet-stream$/,
  };
  for (const [path, type] of Object.entries(types)) {
    test(`${path} as ${type.source}`, async () => {
      const { headers } = await get(server, `/${path}`);
      assert.match(headers.get("content-type"), type);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
    });
  }

  test("ETag and Last-Modified: 304 without a body while nothing changed", async () => {
    write("changing.txt", "one");
    const first = await get(server, "/changing.txt");
    const tag = first.headers.get("etag");
    assert.match(tag, /^(W\/)?"[^"]+"$/);
    const conditional = (...fields) =>
      exchange(server, request("GET", "/changing.txt", [...fields, "Connection: close"]));
    for (const field of [
      `If-None-Match: ${tag}`,
      `If-None-Match: "x", W/${tag}`,
      "If-None-Match: *",
      `If-Modified-Since: ${first.headers.get("last-modified")}`,
    ]) {
      const answer = await conditional(field);
      assert.deepEqual([answer.status, answer.body], [304, ""], field);
      assert.equal(answer.headers.get("etag"), tag);
    }
    assert.equal(
      (await conditional('If-None-Match: "x"', `If-Modified-Since: ${first.headers.get("last-modified")}`))
        .status,
      200,
    );
    write("changing.txt", "other");
    const changed = await conditional(`If-None-Match: ${tag}`);
    assert.deepEqual([changed.status, changed.body], [200, "other"]);
    assert.notEqual(changed.headers.get("etag"), tag);
  });

  test("HEAD: the same fields, and no body", async () => {
    const http = await RawHttp.open(server);
    http.write(request("GET", "/large.bin"));
    const got = await http.answer();
    http.write(request("HEAD", "/large.bin"));
    const head = await http.answer({ method: "HEAD" });
    for (const answer of [got, head]) answer.headers.delete("date");
    assert.deepEqual(head.headers, got.headers);
    http.write(request("GET", "/page.html"));
    assert.equal((await http.answer()).body, "page.html");
    http.destroy();
  });

  test("a folder without its slash is sent there, and never to another server", async () => {
    const answer = await get(server, "/app?x=1");
    assert.deepEqual([answer.status, answer.headers.get("location")], [301, "/app/?x=1"]);
    for (const path of ["//app", "///app"]) {
      const { status, headers } = await get(server, path);
      if (status === 301) assert.match(headers.get("location"), /^\/[^/]/, path);
    }
  });

  test("other methods: 405", async () => {
    for (const method of ["POST", "PUT", "DELETE"]) {
      const answer = await exchange(server, request(method, "/page.html", ["Content-Length: 0"]));
      assert.equal(answer.status, 405, method);
      assert.match(answer.headers.get("allow"), /GET/);
    }
  });
});

describe("what is not served: 404 or 400, and nothing of it", () => {
  const outside = [
    "/../secret.txt",
    "/app/../../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/%252e%252e/secret.txt",
    "/....//secret.txt",
    "/app/..;/../secret.txt",
    "//etc/passwd",
    "/%2fetc%2fpasswd",
    "/etc/passwd",
    `/${folder}/secret.txt`,
    "/up/secret.txt",
    "/link.txt",
    "/up/",
  ];
  const hidden = ["/.git/config", "/.git/", "/app/.env", "/.", "/..", "/app/..", "/app/."];
  const missing = [
    "/none",
    "/app/none",
    "/app/empty/",
    "/app/empty",
    "/page.html/",
    "/page.html/x",
    "/pipe",
    "/page.html%00",
    "/%00",
    "/page.html%00.txt",
    `/${"x".repeat(300)}`,
    `/${"x/".repeat(2000)}`,
  ];
  for (const path of [...outside, ...hidden, ...missing]) {
    test(path.length > 50 ? `${path.slice(0, 50)}…` : path, async () => {
      const answer = await get(server, path);
      assert.ok([400, 404].includes(answer.status), `${answer.status}`);
      assert.ok(!/secret|root:|config|\.env|page/.test(answer.body), answer.body);
    });
  }
});
