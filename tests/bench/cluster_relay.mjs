// Measures messages between peers on two nodes that share a Redis server: two signaling-servers, next to two
// processes of socket.io on Node with its Redis adapter. Both take turns, round after round; what is shown are
// medians.
//
//   npm ci --prefix tests/bench/peers/cluster
//   node tests/bench/cluster_relay.mjs --bin build/bench/bin [--rounds 3] [--seconds 3]
//
// CPU seconds are those of both nodes and Redis. The load generator checks each message, and tells how much of a
// core it took itself.

import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { RedisServer } from "../e2e/cluster/support/redis_server.mjs";
import { within } from "../e2e/support/deadline.mjs";
import { get } from "../e2e/support/raw_http.mjs";

const { values } = parseArgs({
  options: {
    bin: { type: "string", default: "build/bench/bin" },
    server: { type: "string" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
  },
});
const PEER = fileURLToPath(new URL("peers/cluster/rooms_mesh.mjs", import.meta.url));
const SERVER = values.server ?? join(values.bin, "signaling-server");
// Every bound that its help names, off, as in cases.py.
const UNLIMITED = [...execFileSync(SERVER, ["--help"], { encoding: "utf8" }).matchAll(/^ +(--\S+) N=\d+ /gm)].flatMap(
  ([, name]) => [name, "0"],
);
const OURS = "signaling";
const THEIRS = "socket.io on Node";

const SYSTEMS = {
  [OURS]: {
    dialect: "native",
    command: (url) => [
      SERVER,
      ...["--listen", "127.0.0.1:0", "--threads", "1", "--log-level", "error", "--store", url, ...UNLIMITED],
    ],
    isReady: async (port) => (await get({ port }, "/readyz")).status === 200,
  },
  [THEIRS]: {
    dialect: "socketio",
    command: (url) => [process.execPath, PEER, url],
    isReady: async () => true, // it listens when it has reached Redis
  },
};
const CASES = {
  "32 pairs, 1 in flight, 200 B": ["--rooms", "32", "--in-flight", "1"],
  "32 pairs, 16 in flight, 200 B": ["--rooms", "32", "--in-flight", "16"],
  "32 pairs, 1 in flight, 1500 B": ["--rooms", "32", "--in-flight", "1", "--bytes", "1500"],
  "1000 messages a second, 200 B": ["--rooms", "32", "--rate", "1000"],
};

/** {pid, port, kill()} of a node that is ready. */
async function startNode({ command, isReady }, url) {
  const [program, ...args] = command(url);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await within(once(child.stdout, "data"), "a node");
  const port = Number(/:(\d+)\s*$/.exec(line.toString())[1]);
  while (!(await isReady(port))) await new Promise((resolve) => setTimeout(resolve, 50));
  return { pid: child.pid, port, kill: () => child.kill("SIGKILL") };
}

/** What the load generator has measured with two nodes and a Redis server of their own. */
async function measure(system, options) {
  const redis = await RedisServer.start();
  const nodes = [];
  try {
    for (let i = 0; i < 2; ++i) nodes.push(await startNode(system, redis.url));
    const pids = [redis, ...nodes].flatMap(({ pid }) => ["--server-pid", String(pid)]);
    const ports = nodes.flatMap(({ port }) => ["--port", String(port)]);
    const args = ["--workload", "relay", "--dialect", system.dialect, ...ports, ...pids, ...options];
    const times = ["--warmup", "1", "--seconds", values.seconds];
    const { stdout } = await promisify(execFile)(join(values.bin, "bench_loadgen"), [...args, ...times]);
    return JSON.parse(stdout);
  } finally {
    for (const node of nodes) node.kill();
    await redis.kill();
  }
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

function summarize(runs) {
  const of = (value) => median(runs.map(value));
  return {
    perCpuSecond: of(({ units, server_cpu_seconds }) => units / server_cpu_seconds),
    perSecond: of(({ units, seconds }) => units / seconds),
    p50: of(({ latency_p50_us }) => latency_p50_us),
    p99: of(({ latency_p99_us }) => latency_p99_us),
    loadgen: of(({ loadgen_cpu_share }) => loadgen_cpu_share),
  };
}

function row(name, { perCpuSecond, perSecond, p50, p99, loadgen }, base) {
  const ratio = base ? `${(perCpuSecond / base.perCpuSecond).toFixed(1)}` : "1";
  const whole = [perCpuSecond, perSecond, p50, p99].map((number) => Math.round(number).toLocaleString("en"));
  return `| ${[name, whole[0], ratio, ...whole.slice(1), `${Math.round(loadgen * 100)} %`].join(" | ")} |`;
}

for (const [name, options] of Object.entries(CASES)) {
  const runs = { [THEIRS]: [], [OURS]: [] };
  for (let round = 0; round < Number(values.rounds); ++round)
    for (const system of Object.keys(runs)) runs[system].push(await measure(SYSTEMS[system], options));
  const theirs = summarize(runs[THEIRS]);
  console.log(`\n${name}\n`);
  console.log("| | messages / CPU s | ratio | messages / s | p50 µs | p99 µs | load generator |");
  console.log("|---|---|---|---|---|---|---|");
  console.log(row(THEIRS, theirs));
  console.log(row(OURS, summarize(runs[OURS]), theirs));
}
