// The configurations of docs/operations.md, as they stand there but for addresses and files, before two nodes.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "../cluster/support/cluster.mjs";
import { SeedClient } from "../seeds/support/seed_client.mjs";
import { makeCertificate, temporaryFolder } from "../support/certificate.mjs";
import { DEADLINE_MS, until } from "../support/deadline.mjs";
import { freePort } from "../support/free_port.mjs";
import { NativeClient } from "../support/native_client.mjs";

const document = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");

/** The block of the documentation in that language, with each of `changes` made. */
function configuration(language, changes) {
  const [, text] = new RegExp(`^\`\`\`${language} proxy\n(.*?)^\`\`\`$`, "ms").exec(document);
  return changes.reduce((result, [from, to]) => {
    assert.ok(result.includes(from), from);
    return result.replaceAll(from, to);
  }, text);
}

const PATH = `${process.env.PATH}:/usr/sbin`;

const proxies = {
  nginx(folder, port, nodes, { certificate, key }) {
    const http = configuration("nginx", [
      ["10.0.0.1:8080", `127.0.0.1:${nodes[0].port}`],
      ["10.0.0.2:8080", `127.0.0.1:${nodes[1].port}`],
      ["listen 443 ssl", `listen 127.0.0.1:${port} ssl`],
      ["/etc/signaling/cert.pem", certificate],
      ["/etc/signaling/key.pem", key],
    ]);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${join(folder, name)};`)
      .join("\n");
    const file = join(folder, "nginx.conf");
    const main = `daemon off; master_process off; pid ${join(folder, "pid")}; error_log stderr; events {}`;
    writeFileSync(file, `${main}\nhttp { access_log off;\n${temporary}\n${http}\n}\n`);
    mkdirSync(join(folder, "logs"), { recursive: true });
    return [process.env.NGINX || "nginx", ["-p", folder, "-c", file, "-e", "stderr"]];
  },

  haproxy(folder, port, nodes, { certificate, key }) {
    const both = join(folder, "both.pem");
    writeFileSync(both, readFileSync(certificate, "utf8") + readFileSync(key, "utf8"));
    const text = configuration("haproxy", [
      ["10.0.0.1:8080", `127.0.0.1:${nodes[0].port}`],
      ["10.0.0.2:8080", `127.0.0.1:${nodes[1].port}`],
      ["bind :443 ssl", `bind 127.0.0.1:${port} ssl`],
      ["/etc/signaling/both.pem", both],
    ]);
    const file = join(folder, "haproxy.cfg");
    writeFileSync(file, `${text}\n`);
    return [process.env.HAPROXY || "haproxy", ["-db", "-f", file]];
  },
};

const ATTEMPTS = 5;

/** {url, tlsUrl} of the proxy; it is gone when the test `t` ends. */
async function startProxy(t, name, nodes) {
  for (let attempt = 1; ; ++attempt) {
    const proxy = new RunningProxy(name, nodes, await freePort());
    t.after(() => proxy.kill());
    const isSettled = async () => proxy.ended || (await get(proxy, "/healthz").catch(() => 0)) === 200;
    await until(isSettled, `${name} ready`);
    if (!proxy.ended) return proxy;
    assert.ok(attempt < ATTEMPTS, proxy.output); // somebody else may have taken the port
  }
}

class RunningProxy {
  output = "";
  ended = false;
  #child;
  #end;

  constructor(name, nodes, port) {
    const folder = temporaryFolder();
    const [program, args] = proxies[name](folder, port, nodes, makeCertificate(folder));
    const options = { env: { ...process.env, PATH }, stdio: ["ignore", "pipe", "pipe"] };
    this.#child = spawn(program, args, options);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on("data", (text) => (this.output += text));
    }
    this.#end = new Promise((resolve) => this.#child.once("exit", resolve).once("error", resolve));
    this.#end.then(() => (this.ended = true));
    this.url = this.tlsUrl = `https://127.0.0.1:${port}`;
  }

  async kill() {
    this.#child.kill("SIGKILL");
    await this.#end;
  }
}

const SECURE = { secure: true };
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"; // fetch has no option for it

async function get(proxy, path) {
  const response = await fetch(proxy.url + path, { signal: AbortSignal.timeout(DEADLINE_MS) });
  await response.arrayBuffer();
  return response.status;
}

for (const name of Object.keys(proxies)) {
  describe(name, () => {
    test("clients of both kinds meet; metrics are hidden; pages of the proxy's own host may connect", async (t) => {
      const cluster = await Cluster.start(t, { nodes: 2 });
      const proxy = await startProxy(t, name, cluster.nodes);
      assert.equal(await get(proxy, "/metrics"), 404);
      const origin = { origin: proxy.url };
      const [ada, bob] = await Promise.all([1, 2].map(() => NativeClient.connect(proxy, { secure: true, ...origin })));
      t.after(() => [ada, bob].forEach(({ socket }) => socket.terminate()));
      await ada.join("r");
      await bob.join("r");
      await ada.next();
      const data = "x".repeat(100_000);
      await ada.request({ type: "message", to: bob.id, data });
      assert.equal((await bob.next()).data, data);
      for (const transports of [["websocket"], ["polling", "websocket"]]) {
        const options = { marker: "join_room", transports, agent: undefined, rejectUnauthorized: false, withCredentials: true };
        const seed = await SeedClient.connect(proxy, options);
        t.after(() => seed.socket.disconnect());
        assert.equal(await seed.transport(), "websocket");
      }
    });

    test("a node drains: its clients come back, and all of them are on the other one", async (t) => {
      const cluster = await Cluster.start(t, { nodes: 2, args: ["--drain-rate", "20", "--drain-timeout", "15s"] });
      const proxy = await startProxy(t, name, cluster.nodes);
      const clients = await Promise.all(Array.from({ length: 30 }, () => NativeClient.connect(proxy, SECURE)));
      const counts = await Promise.all(cluster.nodes.map(peersOf));
      const full = counts[0] >= counts[1] ? 0 : 1; // a proxy may send all of one address to the same node
      const back = [];
      for (const client of clients) {
        client.socket.on("close", (code) => back.push(comeBack(client, code, proxy)));
      }
      assert.equal(await cluster.nodes[full].stop(), 0);
      await until(() => back.length === counts[full], "the end of all connections to it");
      const again = await Promise.all(back);
      assert.equal(await peersOf(cluster.nodes[1 - full]), 30);
      for (const { socket } of [...clients, ...again]) socket.removeAllListeners("close").terminate();
    });
  });
}

/** Once it is closed: waits as long as it was told, and connects anew. */
async function comeBack(client, code, proxy) {
  assert.equal(code, 1001);
  const { type, reconnectMs } = await client.next();
  assert.equal(type, "going-away");
  await delay(reconnectMs);
  return NativeClient.connect(proxy, SECURE);
}

async function peersOf(node) {
  const metrics = await (await fetch(`${node.url}/metrics`)).text();
  return Number(/^signaling_peers (\d+)$/m.exec(metrics)[1]);
}
