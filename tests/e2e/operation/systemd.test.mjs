// What a service manager sees and gives: sd_notify(3), sd_listen_fds(3). Python stands for it: Node has no datagram
// sockets of the local kind, and cannot choose the number of a child's descriptor.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { makeCertificate, temporaryFolder } from "../support/certificate.mjs";
import { until } from "../support/deadline.mjs";
import { serverProgram } from "../support/server.mjs";

const folder = temporaryFolder();

// manager.py FDS NAMES SOCKET PROGRAM ARGUMENT...: prints what it is notified of as `notify "…"`.
const MANAGER = `
import json, os, socket, sys, threading
count, names, socket_name = int(sys.argv[1]), sys.argv[2], sys.argv[3]
def say(line):  # in one piece: the program writes to the same place
    os.write(1, f"{line}\\n".encode())
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
address = socket_name.replace("@", "\\0", 1)
notify.bind(address)
inherited = []
for i in range(count):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    say(f"port {listener.getsockname()[1]}")
    inherited.append(listener)
spare = [os.dup(one.fileno()) for one in inherited]
pid = os.fork()
if pid == 0:
    held = [os.dup2(fd, 100 + i) for i, fd in enumerate(spare)]
    for i, fd in enumerate(held):
        os.dup2(fd, 3 + i)
        os.set_inheritable(3 + i, True)
    env = dict(os.environ, NOTIFY_SOCKET=socket_name)
    if count:
        env.update(LISTEN_FDS=str(count), LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES=names)
    os.execve(sys.argv[4], sys.argv[4:], env)
say(f"pid {pid}")
def wait():
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(f"ended {code}".encode(), address)
threading.Thread(target=wait).start()
while not (text := notify.recv(4096).decode()).startswith("ended"):
    say(f"notify {json.dumps(text)}")
say(text)
`;

async function start(t, { count = 0, names = "", socket = join(folder, `notify-${Math.random()}`), env = {} }, args) {
  const command = ["-c", MANAGER, count, names, socket, serverProgram(), ...args];
  const child = spawn("python3", command, { env: { ...process.env, ...env } });
  const manager = { output: "", ended: once(child, "exit") };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (manager.output += text));
  const find = (pattern) => [...manager.output.matchAll(pattern)].map(([, text]) => text);
  manager.pid = () => Number(find(/^pid (\d+)$/gm)[0]);
  manager.ports = () => find(/^port (\d+)$/gm).map(Number);
  manager.notes = () => find(/^notify (.*)$/gm).map((text) => JSON.parse(text));
  t.after(() => {
    try {
      process.kill(manager.pid(), "SIGKILL");
    } catch {
      // it has ended
    }
    child.kill("SIGKILL");
  });
  await until(() => manager.notes().includes("READY=1"), "READY=1").catch((error) => {
    throw new Error(`${error.message}: ${manager.output}`);
  });
  return manager;
}

for (const [what, socket] of [
  ["a path", join(folder, "notify")],
  ["an abstract name", `@signaling-test-${process.pid}`],
]) {
  test(`ready, reloading, ready again, stopping, over ${what}`, async (t) => {
    const manager = await start(t, { socket }, ["--listen", "127.0.0.1:0"]);
    process.kill(manager.pid(), "SIGHUP");
    await until(() => manager.notes().length === 3, "the reload");
    process.kill(manager.pid(), "SIGTERM");
    await until(() => /^ended 0$/m.test(manager.output), "the end");
    const [ready, reloading, again, stopping] = manager.notes();
    assert.deepEqual([ready, again, stopping], ["READY=1", "READY=1", "STOPPING=1"]);
    assert.match(reloading, /^RELOADING=1\nMONOTONIC_USEC=\d+$/);
  });
}

test("sockets that the manager has opened are served, plain and by name over TLS", async (t) => {
  const { certificate, key } = makeCertificate(folder);
  const tls = ["--tls-cert", certificate, "--tls-key", key];
  const manager = await start(t, { count: 2, names: "web:tls" }, tls);
  const [plain, secure] = manager.ports();
  assert.match(manager.output, new RegExp(`^listening http://127\\.0\\.0\\.1:${plain}$`, "m"));
  assert.match(manager.output, new RegExp(`^listening https://127\\.0\\.0\\.1:${secure}$`, "m"));
  assert.equal((await fetch(`http://127.0.0.1:${plain}/healthz`)).status, 200);
  await assert.rejects(fetch(`http://127.0.0.1:${secure}/healthz`));
});

test("a manager that watches is told again and again that the server works (sd_watchdog_enabled(3))", async (t) => {
  const manager = await start(t, { env: { WATCHDOG_USEC: "200000" } }, ["--listen", "127.0.0.1:0", "--threads", "2"]);
  const told = () => manager.notes().filter((text) => text === "WATCHDOG=1").length;
  await until(() => told() >= 3, "the watchdog");
  process.kill(manager.pid(), "SIGTERM");
  await until(() => /^ended 0$/m.test(manager.output), "the end");
});
