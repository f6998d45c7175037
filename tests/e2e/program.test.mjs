// The program signaling-server: its options and what it says and does when they are wrong.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { makeCertificate, temporaryFolder, tlsOptions } from "./support/certificate.mjs";
import { freePort } from "./support/free_port.mjs";
import { NativeClient } from "./support/native_client.mjs";
import { run } from "./support/program.mjs";
import { get } from "./support/raw_http.mjs";
import { startServer } from "./support/server.mjs";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const folder = temporaryFolder();
const certificate = makeCertificate(folder);
const LISTEN = ["--listen", "127.0.0.1:0"];

describe("what it prints", () => {
  test("one line for each address, in order, before anything else", async (t) => {
    const server = await startServer([...LISTEN, ...LISTEN, ...tlsOptions(certificate)]);
    t.after(() => server.stop());
    assert.match(
      server.stdout,
      /^(listening http:\/\/127\.0\.0\.1:\d+\n){2}listening https:\/\/127\.0\.0\.1:\d+\n$/,
    );
    assert.equal((await get(server, "/healthz")).status, 200);
    assert.equal((await get(server, "/healthz", { tls: {} })).status, 200);
  });

  const hasIpv6 = Object.values(networkInterfaces())
    .flat()
    .some(({ address }) => address === "::1");
  test("an IPv6 address in brackets", { skip: !hasIpv6 && "this machine has no ::1" }, async (t) => {
    const server = await startServer(["--listen", "[::1]:0"]);
    t.after(() => server.stop());
    assert.match(server.stdout, /^listening http:\/\/\[::1\]:\d+\n$/);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  });

  test("localhost: both loopbacks, with one port", async (t) => {
    const server = await startServer(["--listen", "localhost:0"], { addresses: hasIpv6 ? 2 : 1 });
    t.after(() => server.stop());
    const ports = [...server.stdout.matchAll(/^listening http:\/\/(127\.0\.0\.1|\[::1\]):(\d+)$/gm)];
    assert.deepEqual(
      ports.map(([, address]) => address),
      hasIpv6 ? ["127.0.0.1", "[::1]"] : ["127.0.0.1"],
    );
    for (const [, address, port] of ports) {
      assert.equal(port, ports[0][2]);
      assert.equal((await fetch(`http://${address}:${port}/healthz`)).status, 200);
    }
  });

  test("0.0.0.0 and [::] with one port, in either order", { skip: !hasIpv6 && "no IPv6" }, async (t) => {
    for (const order of [
      ["0.0.0.0", "[::]"],
      ["[::]", "0.0.0.0"],
    ]) {
      const port = await freePort();
      const server = await startServer(order.flatMap((address) => ["--listen", `${address}:${port}`]));
      t.after(() => server.stop());
      assert.equal(server.stdout, order.map((address) => `listening http://${address}:${port}\n`).join(""));
      for (const address of ["127.0.0.1", "[::1]"])
        assert.equal((await fetch(`http://${address}:${port}/healthz`)).status, 200);
      await server.stop();
    }
  });

  test("GET / without --static: what is served", async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    const page = await get(server, "/");
    assert.equal(page.status, 200);
    assert.match(page.body, /\/signaling/);
    assert.equal((await fetch(server.url, { method: "HEAD" })).status, 200);
    assert.equal((await get(server, "/other")).status, 404);
  });

  test("--version", async () => {
    const [, version] = /^ *VERSION (\S+)$/m.exec(read("CMakeLists.txt"));
    assert.deepEqual(await run(["--version"]), {
      code: 0,
      stdout: `signaling-server ${version}\n`,
      stderr: "",
    });
  });
});

describe("--help", () => {
  const options = [
    ...new Set(
      ["options", "dialects"].flatMap((file) =>
        [...read(`examples/server/${file}.cpp`).matchAll(/"(--[a-z-]+)"/g)].map((match) => match[1]),
      ),
    ),
  ];

  /** What the help says of each option: its line and those that go on. */
  async function entries() {
    const { code, stdout, stderr } = await run(["--help"]);
    assert.deepEqual([code, stderr], [0, ""]);
    return new Map(
      [...stdout.matchAll(/^ +(?:-\w,)?(--[a-z-]+)(.*(?:\n {20,}.*)*)/gm)].map((match) => [
        match[1],
        match[2],
      ]),
    );
  }

  test("names every option, what it is for, and its environment variable", async () => {
    const help = await entries();
    assert.ok(options.length > 30);
    for (const option of options) {
      assert.match(help.get(option) ?? "", /[a-z]{2,}/, option);
      const variable = `SIGNALING_${option.slice(2).replaceAll("-", "_").toUpperCase()}`;
      if (!["--version", "--config"].includes(option))
        assert.ok(help.get(option).includes(variable), variable);
    }
  });

  test("tells the defaults, and those of the limits are the documented ones", async () => {
    const help = await entries();
    const rows = [
      ...read("docs/protocol.md")
        .split("\n## Limits\n")[1]
        .matchAll(/^\| `(\w+)` \| (\d+) \|/gm),
    ];
    assert.ok(rows.length >= 10);
    for (const [, name, value] of rows) {
      const option = `--${name.startsWith("max_") ? name : `max_${name}`}`.replaceAll("_", "-");
      assert.match(help.get(option), new RegExp(`\\b${value}\\b`), option);
    }
    const times = { handshake: "5s", "first-message": "5s", drain: "15s", ping: "20s" };
    for (const [name, value] of Object.entries(times))
      assert.match(help.get(`--${name}-timeout`), new RegExp(`\\b${value}\\b`));
    assert.match(help.get("--ping-interval"), /\b25s\b/);
    assert.match(help.get("--log-level"), /\binfo\b/);
  });
});

describe("options that are wrong: exit code 2, and the message names them", () => {
  const wrong = {
    "--no-such": ["--no-such"],
    extra: ["extra"],
    "--auth-token": ["--auth-token"],
    "--max-message-bytes": ["--max-message-bytes", "many"],
    "--max-peers": ["--max-peers", "-1"],
    "--max-messages-per-second": ["--max-messages-per-second", "99999999999"],
    "--threads": ["--threads", "0"],
    "--ping-interval": ["--ping-interval", "5"],
    "--ping-timeout": ["--ping-timeout", "5h"],
    "--drain-timeout": ["--drain-timeout", "-5s"],
    "--handshake-timeout": ["--handshake-timeout", "soon"],
    "--first-message-timeout": ["--first-message-timeout", ""],
    "--log-level": ["--log-level", "loud"],
    "--log-format": ["--log-format", "xml"],
    "--metrics": ["--metrics", "me"],
    "--drain-rate": ["--drain-rate", "fast"],
    "--admin-listen": ["--admin-listen", "127.0.0.1:0"],
    "--admin-token-file": ["--admin-token-file", "/no/such/file"],
    "--static": ["--static", "/no/such/folder"],
    "--ice-server": ["--ice-server", "turn:example.com,user"],
    "--turn-url": ["--turn-url", "turn:example.com"],
    "--turn-secret-file": ["--turn-secret-file", "/no/such/file"],
    "--turn-lifetime": ["--turn-lifetime", "3s"],
    "--jwt-keys": ["--jwt-audience", "me"],
    "--jwt-leeway": ["--jwt-leeway", "1"],
    "--cors-origin": ["--cors-origin", "https://app.example/page"],
    "app.example": ["--cors-origin", "https://a.example,app.example"],
    "--allowed-host": ["--allowed-host", "signal.example:8080"],
    "--godot": ["--godot", "lobbies"],
    "--libdatachannel": ["--libdatachannel", "ids"],
    "--y-webrtc": ["--y-webrtc", "yjs"],
    "--matchbox": ["--matchbox", "games"],
    "--peerjs": ["--peerjs", "app"],
    "--peerjs-key": ["--peerjs", "/", "--peerjs-key", ""],
    "--matchbox-topology": ["--matchbox-topology", "ring"],
    "at /ws": ["--matchbox", "/ws"],
    "at /*": ["--matchbox", "/", "--y-webrtc", "/*"],
    "/no/such/file": ["--config", "/no/such/file"],
    "--tls-cert": ["--tls-listen", "127.0.0.1:0"],
    "--tls-key": ["--tls-listen", "127.0.0.1:0", "--tls-cert", certificate.certificate],
  };
  for (const [name, args] of Object.entries(wrong)) {
    test(args.join(" "), async () => {
      const { code, stdout, stderr } = await run([...LISTEN, ...args]);
      assert.deepEqual([code, stdout], [2, ""], stderr);
      assert.ok(stderr.includes(name), stderr);
    });
  }

  for (const address of [
    "127.0.0.1",
    "8080",
    "127.0.0.1:",
    "127.0.0.1:x",
    "127.0.0.1:65536",
    "127.0.0.1:-1",
    "",
  ]) {
    test(`--listen ${JSON.stringify(address)}`, async () => {
      const { code, stdout, stderr } = await run(["--listen", address]);
      assert.deepEqual([code, stdout], [2, ""], stderr);
      assert.ok(stderr.includes("--listen"), stderr);
    });
  }

  test("nothing to listen on", async () => {
    const { code, stderr } = await run([]);
    assert.equal(code, 2);
    assert.match(stderr, /--listen/);
  });
  test("in the environment", async () => {
    const { code, stderr } = await run(LISTEN, { env: { SIGNALING_MAX_PEERS: "all" } });
    assert.equal(code, 2);
    assert.match(stderr, /--max-peers|SIGNALING_MAX_PEERS/);
  });
  test("in the file", async () => {
    const file = join(folder, "wrong.conf");
    for (const [line, name] of [
      ["max-peers=all", /max-peers/],
      ["no-such=1", /line 1.*no-such/],
      ["# a comment\n[", /line 2.*\[/],
      ["=x", /line 1.*=x/],
      ["echo\n\n  = y", /line 3/],
      ["[section]", /line 1.*section/],
      ["max peers=1", /line 1.*max peers/],
    ]) {
      writeFileSync(file, `${line}\n`);
      const { code, stderr } = await run([...LISTEN, "--config", file]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, name);
    }
  });
});

describe("what it cannot do: exit code 1, and the message names it", () => {
  const fails = async (args, ...names) => {
    const { code, stderr } = await run(args);
    assert.equal(code, 1, stderr);
    for (const name of names) assert.ok(stderr.includes(name), `${name}: ${stderr}`);
  };

  test("a port that is in use", async (t) => {
    const other = createServer().listen(0, "127.0.0.1");
    t.after(() => other.close());
    await once(other, "listening");
    const address = `127.0.0.1:${other.address().port}`;
    await fails(["--listen", address], address);
    await fails(["--tls-listen", address, ...tlsOptions(certificate).slice(2)], address);
  });
  test("an address that is none, or none of this machine", async () => {
    await fails(["--listen", "no-address:0"], "no-address");
    await fails(["--listen", "192.0.2.1:0"], "192.0.2.1");
  });

  const garbage = join(folder, "garbage.pem");
  writeFileSync(garbage, "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n");
  const other = makeCertificate(folder, "other.example");
  const cases = {
    "a certificate that is missing": { ...certificate, certificate: "/no/such.crt" },
    "a key that is missing": { ...certificate, key: "/no/such.key" },
    "a certificate that is none": { ...certificate, certificate: garbage },
    "a key that is none": { ...certificate, key: garbage },
    "a certificate where the key should be": { ...certificate, key: certificate.certificate },
  };
  for (const [name, files] of Object.entries(cases)) {
    const bad = files.key === certificate.key ? files.certificate : files.key;
    test(name, () => fails(tlsOptions(files), bad));
  }
  test("a key that belongs to another certificate", () =>
    fails(tlsOptions({ ...certificate, key: other.key }), other.key));
});

describe("where options come from", () => {
  /** The largest message that this server takes tells who set --max-message-bytes. */
  const limitOf = async (server) => {
    for (const size of [100, 200, 300]) {
      const client = await NativeClient.connect(server);
      client.send(JSON.stringify({ type: "ping", x: "" }).replace('""', `"${"x".repeat(size - 22)}"`));
      const alive = await Promise.race([client.next().then(() => true), client.closed().then(() => false)]);
      client.socket.terminate();
      if (!alive) return size - 100;
    }
    return 300;
  };
  const file = join(folder, "server.conf");
  writeFileSync(file, "# comment\nmax-message-bytes = 200\necho=true\ncors-origin=https://a.example\n");

  const sources = [
    ["the environment", [], { SIGNALING_MAX_MESSAGE_BYTES: "100" }, 100],
    ["the file", ["--config", file], {}, 200],
    ["the environment before the file", ["--config", file], { SIGNALING_MAX_MESSAGE_BYTES: "100" }, 100],
    [
      "the command line before both",
      ["--config", file, "--max-message-bytes", "250"],
      { SIGNALING_MAX_MESSAGE_BYTES: "100" },
      200,
    ],
  ];
  for (const [name, args, env, limit] of sources) {
    test(name, async (t) => {
      const server = await startServer(args, { env });
      t.after(() => server.stop());
      assert.equal(await limitOf(server), limit);
    });
  }

  test("flags, lists and addresses in the environment", async (t) => {
    const env = {
      SIGNALING_ECHO: "true",
      SIGNALING_ICE_SERVER: "stun:a.example stun:b.example",
      SIGNALING_PING_INTERVAL: "7s",
    };
    const server = await startServer([], { env });
    t.after(() => server.stop());
    assert.equal((await get(server, "/echo")).status, 426);
    const client = await NativeClient.connect(server);
    assert.deepEqual(client.welcome.iceServers, [{ urls: "stun:a.example" }, { urls: "stun:b.example" }]);
    assert.equal(client.welcome.heartbeatMs, 7000);
    client.socket.terminate();
  });

  test("a file: flags, comments, quotes, and lists on one line or several", async (t) => {
    const config = join(folder, "lists.conf");
    writeFileSync(
      config,
      [
        "; all that a line may be",
        "echo # a flag",
        "ice-server = stun:a.example, turn:b.example,user,p#ss,word stun:c.example",
        "cors-origin = https://a.example, https://b.example",
        'cors-origin = "https://c.example"',
        "allowed-host = [127.0.0.1, 'localhost']",
        "",
      ].join("\n"),
    );
    const server = await startServer(["--config", config]);
    t.after(() => server.stop());
    assert.equal((await get(server, "/echo")).status, 426);
    for (const origin of ["https://a.example", "https://b.example", "https://c.example"]) {
      const client = await NativeClient.connect(server, { origin });
      assert.deepEqual(client.welcome.iceServers, [
        { urls: "stun:a.example" },
        { urls: "turn:b.example", username: "user", credential: "p#ss,word" },
        { urls: "stun:c.example" },
      ]);
      client.socket.terminate();
    }
  });

  for (const [name, value] of Object.entries({
    commas: "https://a.example,https://b.example",
    "commas and spaces": "https://a.example, https://b.example",
    spaces: "https://a.example https://b.example",
  })) {
    test(`a list with ${name}, on the command line and in the environment`, async (t) => {
      for (const [args, env] of [
        [["--cors-origin", value], {}],
        [[], { SIGNALING_CORS_ORIGIN: value }],
      ]) {
        const server = await startServer(args, { env });
        t.after(() => server.stop());
        for (const origin of ["https://a.example", "wss://b.example:443"])
          (await NativeClient.connect(server, { origin })).socket.terminate();
      }
    });
  }

  test("--listen in the environment and --ping-interval 0", async (t) => {
    const port = await freePort();
    const server = await startServer([...LISTEN, "--ping-interval", "0"], {
      env: { SIGNALING_LISTEN: `127.0.0.1:${port}` },
    });
    t.after(() => server.stop());
    assert.notEqual(server.port, port, "the command line wins");
    const client = await NativeClient.connect(server);
    assert.equal(client.welcome.heartbeatMs, 0);
    client.socket.terminate();
  });
});

describe("how it ends", () => {
  for (const signal of ["SIGTERM", "SIGINT"]) {
    test(`${signal}: exit code 0`, async () => {
      const server = await startServer();
      const client = await NativeClient.connect(server);
      assert.equal(await server.stop(signal), 0);
      assert.equal((await client.closed()).code, 1001);
    });
  }
  test("with many threads", async () => {
    const server = await startServer(["--threads", "8"]);
    const clients = await Promise.all(Array.from({ length: 32 }, () => NativeClient.connect(server)));
    for (const client of clients) await client.join("r");
    assert.equal(await server.stop(), 0);
    for (const client of clients) assert.equal((await client.closed()).code, 1001);
  });
});
