// The log is for whoever reads it; a reader that is gone or stuck neither ends nor holds up the service.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../support/certificate.mjs";
import { DEADLINE_MS, until, within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { exchange, request } from "../support/raw_http.mjs";
import { serverProgram } from "../support/server.mjs";

const folder = temporaryFolder();
const LISTEN = ["--listen", "127.0.0.1:0", "--log-level", "debug"];

/** The server with this for its stderr: {url, port, child}. `shell`: a redirection such as "2>&-". */
async function serve(t, stderr, { args = [], shell } = {}) {
  const command = [serverProgram(), ...LISTEN, ...args];
  const child = shell
    ? spawn("/bin/sh", ["-c", `exec "$0" "$@" ${shell}`, ...command], { stdio: ["ignore", "pipe", stderr] })
    : spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", stderr] });
  t.after(() => child.kill("SIGKILL"));
  child.stdout.setEncoding("utf8");
  let stdout = "";
  child.stdout.on("data", (text) => (stdout += text));
  await until(() => /listening/.test(stdout), "the server listens");
  const [, url, port] = /(http:\/\/\S+:(\d+))/.exec(stdout);
  return { url, port: Number(port), child };
}

/** Clients come, join and go: at debug, four records each. */
async function comeAndGo(server, count) {
  for (let i = 0; i < count; ++i) {
    const client = await NativeClient.connect(server);
    await client.join("r");
    await client.close();
  }
}

async function stop({ child }) {
  child.kill("SIGTERM");
  const [code, signal] = await within(once(child, "exit"), "the end");
  return signal ?? code;
}

/** Of /metrics. */
async function dropped(server) {
  const { body } = await exchange(server, request("GET", "/metrics", ["Connection: close"]));
  return Number(/^signaling_log_dropped_total (\d+)$/m.exec(body)[1]);
}

/** A named pipe: {path, reader}. Its reader reads nothing by itself. */
function makePipe(name) {
  const path = join(folder, name);
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, "r+");
  return { path, reader };
}

test("a reader that goes away: clients go on, and are sent away when the server ends", async (t) => {
  const server = await serve(t, "pipe");
  await comeAndGo(server, 2);
  const client = await NativeClient.connect(server);
  await client.join("other");
  server.child.stderr.destroy();
  await comeAndGo(server, 20);
  assert.equal((await client.request({ type: "ping" })).type, "pong");
  await until(async () => (await dropped(server)) > 0, "records are counted as dropped");
  assert.equal(await stop(server), 0);
  assert.equal((await client.closed()).code, 1001);
});

test("stderr closed from the start: its number is nobody's connection", async (t) => {
  const server = await serve(t, "ignore", { shell: "2>&-" });
  const client = await NativeClient.connect(server);
  await client.join("other");
  await comeAndGo(server, 20);
  assert.equal((await client.request({ type: "ping" })).type, "pong");
  await client.expectNothing();
  assert.equal(await stop(server), 0);
});

test("a pipe that nobody reads: answers in less than 100 ms, and the end in time", async (t) => {
  const { path, reader } = makePipe("stuck");
  const writer = openSync(path, "w");
  const server = await serve(t, writer, { args: ["--log-max-queued-bytes", "20000"] });
  closeSync(writer);
  const client = await NativeClient.connect(server);
  await client.join("other");
  // The pipe takes 64 KiB, the queue 20 kB.
  for (let i = 0; (await dropped(server)) === 0; ++i) {
    assert.ok(i < 100, "the pipe is full by now");
    await comeAndGo(server, 20);
  }
  const times = [];
  for (let i = 0; i < 50; ++i) {
    const begin = performance.now();
    await client.request({ type: "ping" });
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  assert.ok(times[25] < 100, `median of ${times[25]} ms`);
  assert.equal(await stop(server), 0);
  closeSync(reader);
});

test("when it is read again, a record says how many are missing", async (t) => {
  const { path, reader } = makePipe("slow");
  const writer = openSync(path, "w");
  const server = await serve(t, writer, { args: ["--log-max-queued-bytes", "20000"] });
  closeSync(writer);
  for (let i = 0; (await dropped(server)) < 10; ++i) {
    assert.ok(i < 100, "the pipe is full by now");
    await comeAndGo(server, 20);
  }
  const buffer = Buffer.alloc(65536);
  const read = () => buffer.toString("latin1", 0, readSync(reader, buffer));
  // What has filled the pipe goes first: until then, to write to it would wait for ever.
  let text = read();
  const end = performance.now() + DEADLINE_MS;
  // The pipe is never at its end, because this process could write to it, too: it is read while records come.
  while (!/event=log-dropped/.test(text)) {
    assert.ok(performance.now() < end, "log-dropped");
    await comeAndGo(server, 1);
    writeSync(reader, "\n");
    text += read();
  }
  assert.match(text, /level=warning event=log-dropped count="\d+"/);
  assert.equal(await stop(server), 0);
  closeSync(reader);
});
