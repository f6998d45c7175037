// What the server writes to its log: two formats, levels, one line for each thing, whatever clients are called.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { startServer } from "../support/server.mjs";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
// A line feed, a quote, a backslash, a terminal's escape, a character beyond the basic plane, a C1 control.
const NAME = 'a\n"b"\\ level=error \u001b[31m\u{1f3ac}\u009b2J';

/** The log of a server at which a client of that name has joined a room of that name and gone. */
async function logOf(...args) {
  const server = await startServer(["--allow-client-ids", "--log-level", "debug", ...args]);
  const client = await NativeClient.connect(server, { query: { peer: NAME } });
  await client.join(NAME);
  await client.close();
  await until(() => server.output.includes("peer-disconnected"), "the end of the client in the log");
  assert.equal(await server.stop(), 0);
  return server.output.slice(server.stdout.length).split("\n").filter(Boolean);
}

/** {key: value} of one line of logfmt. */
function parseLogfmt(line) {
  const record = {};
  const field = / ?([a-z_-]+)=(?:"((?:[^"\\]|\\x[0-9a-f]{2}|\\["\\])*)"|([^\s"]+))/y;
  while (field.lastIndex < line.length) {
    const match = field.exec(line);
    assert.ok(match, line);
    const bytes = (match[2] ?? match[3]).replace(/\\x(..)|\\(.)/g, (_, hex, plain) =>
      plain ? plain : String.fromCharCode(parseInt(hex, 16)),
    );
    record[match[1]] = Buffer.from(bytes, "latin1").toString();
  }
  return record;
}

for (const [format, parse] of [
  ["logfmt", parseLogfmt],
  ["json", JSON.parse],
]) {
  test(`${format}: each line is one record, of printable ASCII, and names come back as they were`, async () => {
    const lines = await logOf("--log-format", format);
    for (const line of lines) assert.match(line, /^[\x20-\x7e]+$/);
    const records = lines.map(parse);
    for (const { time, level, event } of records) {
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.match(level, /^(debug|info|warning|error)$/);
      assert.match(event, /^[a-z-]+$/);
    }
    const find = (event) => records.find((record) => record.event === event);
    assert.deepEqual([find("peer-connected").peer, find("peer-connected").protocol], [NAME, "signaling.v1"]);
    assert.deepEqual([find("peer-joined").peer, find("peer-joined").room], [NAME, NAME]);
    assert.deepEqual([find("peer-left").peer, find("peer-left").reason], [NAME, "disconnect"]);
    assert.equal(find("draining").peers, "0");
    assert.ok(find("drained"));
  });
}

test("records below the level are not written", async () => {
  assert.ok((await logOf()).some((line) => line.includes("level=debug")));
  const server = await startServer(["--log-level", "warning"]);
  await (await NativeClient.connect(server)).close();
  await server.stop();
  assert.equal(server.output, server.stdout, "nothing is worth a warning");
});

describe("docs/operations.md", () => {
  const sources = ["src", "examples/server"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true })
      .filter((name) => /\.[ch]pp$/.test(name))
      .map((name) => readFileSync(join(ROOT, folder, name), "utf8")),
  );
  // What follows the level of a record, up to its fields: its name, or those among which a condition chooses.
  const logged = /\b\w+\([^";]*\b(?:debug|info|warning|error),([^;{]*)/g;
  const documented = readFileSync(join(ROOT, "docs/operations.md"), "utf8")
    .split("\n")
    .map((line) => /^\| `([a-z-]+)` \| (?:debug|info|warning|error)/.exec(line)?.[1])
    .filter(Boolean);

  test("names every event, and none that there is not", () => {
    const names = (text) => [...text.matchAll(/"([a-z-]+)"/g)].map(([, name]) => name);
    const events = sources.flatMap((text) => [...text.matchAll(logged)].flatMap(([, words]) => names(words)));
    assert.deepEqual([...new Set(events)].sort(), [...documented].sort());
  });
});
