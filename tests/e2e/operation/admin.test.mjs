// The administration's own listener: who gets in, what it shows, what it does.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Cluster, statusOf } from "../cluster/support/cluster.mjs";
import { openSocket } from "../support/byte_stream.mjs";
import { temporaryFolder } from "../support/certificate.mjs";
import { DEADLINE_MS, until } from "../support/deadline.mjs";
import { NativeClient, connectClients, joinClients } from "../support/native_client.mjs";
import { run } from "../support/program.mjs";
import { startServer } from "../support/server.mjs";
import { parseExposition } from "./support/exposition.mjs";

const TOKEN = "a token of many bytes";
const tokenFile = join(temporaryFolder(), "token");
const ADMIN = ["--admin-listen", "127.0.0.1:0", "--admin-token-file", tokenFile];
writeFileSync(tokenFile, `${TOKEN}\n`);

const adminUrl = (server) => /^listening admin (http:\S+)$/m.exec(server.stdout)[1];

/** {status, body} of one request. */
async function ask(server, method, target, { token = TOKEN, authorization = `Bearer ${token}` } = {}) {
  const response = await fetch(adminUrl(server) + target, {
    method,
    headers: authorization ? { authorization } : {},
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type").startsWith("application/json");
  return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
}

async function expect(server, method, target, status, body) {
  const answer = await ask(server, method, target);
  assert.deepEqual({ status: answer.status, body: answer.body }, { status, body });
}

describe("who gets in", () => {
  let server;
  before(async () => (server = await startServer(ADMIN)));
  after(() => server.stop());

  const requests = [
    ["GET", "/rooms"],
    ["GET", "/peers?room=r"],
    ["POST", "/kick?peer=p"],
    ["POST", "/close-room?room=r"],
    ["POST", "/drain"],
    ["GET", "/metrics"],
  ];
  for (const [method, target] of requests) {
    test(`${method} ${target}: nobody without the token`, async () => {
      for (const authorization of ["", TOKEN, `Basic ${TOKEN}`, "Bearer ", `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`]) {
        const { status, body, headers } = await ask(server, method, target, { authorization });
        assert.deepEqual([status, body.error], [401, "unauthorized"], authorization);
        assert.equal(headers.get("www-authenticate"), "Bearer");
      }
      assert.match(server.output, /event=admin-refused address="127\.0\.0\.1"/);
      assert.ok(!server.output.includes(TOKEN), "the token is in no log");
    });
    test(`${method} ${target}: not where clients connect`, async () => {
      if (target === "/metrics") return; // there it has its own rule
      const response = await fetch(server.url + target, { method, headers: { authorization: `Bearer ${TOKEN}` } });
      assert.equal(response.status, 404);
    });
  }

  test("/healthz needs none; what is not there is not there; methods count", async () => {
    assert.equal((await ask(server, "GET", "/healthz", { authorization: "" })).status, 200);
    assert.equal((await ask(server, "GET", "/signaling")).status, 404);
    assert.equal((await ask(server, "GET", "/drain")).status, 405);
  });

  test("connections with wrong tokens do not use up those of administrators", async () => {
    const { hostname, port } = new URL(adminUrl(server));
    const strangers = [];
    for (let i = 0; i < 100; ++i) {
      const { socket, stream } = await openSocket({ port: Number(port) });
      socket.write(`GET /rooms HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer wrong${i}\r\n\r\n`);
      assert.match((await stream.readThrough("\r\n")).toString(), /401/);
      strangers.push({ socket, stream });
    }
    assert.equal((await ask(server, "GET", "/rooms")).status, 200);
    for (const { socket, stream } of strangers) {
      await stream.rest(); // hung up on
      socket.destroy();
    }
  });

  test("a new token on SIGHUP; one that is too short changes nothing", async (t) => {
    t.after(() => writeFileSync(tokenFile, `${TOKEN}\n`));
    writeFileSync(tokenFile, "short\n");
    process.kill(server.pid, "SIGHUP");
    await until(() => /reload-failed error="[^"]*token: the token has fewer than 16 bytes"/.test(server.output), "a complaint");
    assert.equal((await ask(server, "GET", "/rooms")).status, 200);
    writeFileSync(tokenFile, "another token, long enough\n");
    process.kill(server.pid, "SIGHUP");
    await until(() => server.output.includes("admin-token-reloaded"), "the new token");
    assert.equal((await ask(server, "GET", "/rooms")).status, 401);
    assert.equal((await ask(server, "GET", "/rooms", { token: "another token, long enough" })).status, 200);
  });
});

test("is off unless asked for, and needs a token that is one", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  assert.ok(!server.stdout.includes("admin"));
  const listen = ["--listen", "127.0.0.1:0"];
  assert.equal((await run([...listen, "--admin-listen", "127.0.0.1:0"])).code, 2);
  assert.equal((await run([...listen, "--admin-token-file", tokenFile])).code, 2);
  const short = join(temporaryFolder(), "token");
  writeFileSync(short, "fifteen bytes..");
  const refused = await run([...listen, "--admin-listen", "127.0.0.1:0", "--admin-token-file", short]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /fewer than 16 bytes/);
});

describe("one node", () => {
  let server;
  before(async () => (server = await startServer([...ADMIN, "--allow-client-ids"])));
  after(() => server.stop());

  test("rooms are listed by name, a page at a time", async (t) => {
    const [ada] = await connectClients(t, server, 1);
    const names = ["a", "b", 'c"\n', "d/e"];
    for (const name of [...names].reverse()) await ada.join(name);
    const room = (name) => ({ room: name, peers: 1, version: 1 });
    const { node } = (await ask(server, "GET", "/rooms")).body;
    await expect(server, "GET", "/rooms", 200, { node, left: 0, rooms: names.map(room) });
    await expect(server, "GET", "/rooms?limit=2", 200, { node, left: 2, rooms: [room("a"), room("b")] });
    const next = `/rooms?limit=2&after=${encodeURIComponent("b")}`;
    await expect(server, "GET", next, 200, { node, left: 0, rooms: [room('c"\n'), room("d/e")] });
    for (const limit of ["0", "-1", "x", "1x", "99999999999999999999"]) {
      assert.equal((await ask(server, "GET", `/rooms?limit=${limit}`)).body.error, "bad_request", limit);
    }
    await ada.close();
    await until(async () => (await ask(server, "GET", "/rooms")).body.rooms.length === 0, "no room any more");
  });

  test("peers are listed in the order in which they joined, with what they say of themselves", async (t) => {
    const [ada, bob] = await connectClients(t, server, 2);
    await ada.join("peers", { name: "Ada \u{1f3ac}" });
    await bob.join("peers");
    const { node } = (await ask(server, "GET", "/rooms")).body;
    await expect(server, "GET", "/peers?room=peers", 200, {
      room: "peers",
      peers: [
        { peer: ada.id, node, metadata: JSON.stringify({ name: "Ada \u{1f3ac}" }), joinedAt: 1 },
        { peer: bob.id, node, metadata: "", joinedAt: 2 },
      ],
    });
    await expect(server, "GET", "/peers?room=nowhere", 200, { room: "nowhere", peers: [] });
    assert.equal((await ask(server, "GET", "/peers")).body.error, "bad_request");
  });

  test("a peer is put out of a room, and stays connected", async (t) => {
    const [ada, bob] = await joinClients(t, server, 2, "kick");
    await expect(server, "POST", `/kick?peer=${bob.id}&room=kick`, 200, { peer: bob.id, room: "kick" });
    const left = await bob.next();
    assert.deepEqual([left.type, left.reason], ["left", "kicked"]);
    const { type, peer, reason } = await ada.next();
    assert.deepEqual([type, peer, reason], ["peer-left", bob.id, "kicked"]);
    await bob.join("elsewhere");
    const again = await ask(server, "POST", `/kick?peer=${bob.id}&room=kick`);
    assert.deepEqual([again.status, again.body.error], [404, "not_joined"]);
  });

  test("a peer is put out altogether, 4403", async (t) => {
    const [ada, bob] = await joinClients(t, server, 2, "out");
    await expect(server, "POST", `/kick?peer=${bob.id}`, 200, { peer: bob.id });
    assert.equal((await bob.closed()).code, 4403);
    assert.equal((await ada.next()).reason, "kicked");
    const gone = await ask(server, "POST", `/kick?peer=${bob.id}`);
    assert.deepEqual([gone.status, gone.body.error], [404, "peer_not_found"]);
    assert.equal((await ask(server, "POST", "/kick")).body.error, "bad_request");
  });

  test("a client is told why it is kicked", async (t) => {
    const [ada, bob, cay] = await joinClients(t, server, 3, "why");
    const reason = 'Be "kind" \u{1f44b}\n';
    const why = encodeURIComponent(reason);
    const outOfRoom = `/kick?peer=${bob.id}&room=why&reason=${why}`;
    await expect(server, "POST", outOfRoom, 200, { peer: bob.id, room: "why" });
    assert.deepEqual(await bob.next(), { type: "left", room: "why", reason: "kicked", message: reason });
    assert.equal((await ada.next()).message, undefined, "it is for nobody else");
    await expect(server, "POST", `/kick?peer=${bob.id}&reason=${why}`, 200, { peer: bob.id });
    assert.deepEqual(await bob.next(), { type: "error", code: "kicked", message: reason });
    assert.equal((await bob.closed()).code, 4403);
    await cay.next();
    const closing = `/close-room?room=why&reason=${why}`;
    await expect(server, "POST", closing, 200, { room: "why", kicked: 2, elsewhere: 0 });
    const left = [await cay.next(), await cay.next()].find(({ type }) => type === "left");
    assert.deepEqual(left, { type: "left", room: "why", reason: "kicked", message: reason });
    await until(() => server.output.includes('event=admin-close-room room="why"'), "the log");
    for (const event of ["admin-kick", "admin-close-room"])
      assert.match(server.output, new RegExp(`event=${event} .*reason="Be `));
  });

  test("a reason that cannot be read, or is too long, is a mistake, and kicks nobody", async (t) => {
    const [ada] = await joinClients(t, server, 1, "mistake");
    for (const reason of ["", "%zz", "%ff", "x".repeat(257)])
      for (const target of [
        `/kick?peer=${ada.id}`,
        `/kick?peer=${ada.id}&room=mistake`,
        "/close-room?room=mistake",
      ]) {
        const { status, body } = await ask(server, "POST", `${target}&reason=${reason}`);
        assert.deepEqual([status, body.error], [400, "bad_request"], `${target} ${reason}`);
      }
    await ada.expectNothing();
    const longest = "x".repeat(256);
    await expect(server, "POST", `/kick?peer=${ada.id}&reason=${longest}`, 200, { peer: ada.id });
    assert.equal((await ada.next()).message, longest);
  });

  test("a room that cannot be read is a mistake, and not a kick altogether", async (t) => {
    const [ada, bob] = await joinClients(t, server, 2, "50%");
    for (const room of ["50%", "", "%zz", "%ff"]) {
      const { status, body } = await ask(server, "POST", `/kick?peer=${bob.id}&room=${room}`);
      assert.deepEqual([status, body.error], [400, "bad_request"], room);
    }
    for (const target of ["/rooms?limit=%zz", "/rooms?after=%zz", "/peers?room=%zz"])
      assert.equal((await ask(server, "GET", target)).status, 400, target);
    for (const target of ["/kick?peer=%zz", "/close-room?room=%ff"])
      assert.equal((await ask(server, "POST", target)).status, 400, target);
    await ada.expectNothing();
    await bob.expectNothing();
    await expect(server, "POST", `/kick?peer=${bob.id}&room=50%25`, 200, { peer: bob.id, room: "50%" });
  });

  test("a room is closed: all its members leave it", async (t) => {
    const clients = await joinClients(t, server, 3, "close");
    await expect(server, "POST", "/close-room?room=close", 200, { room: "close", kicked: 3, elsewhere: 0 });
    for (const client of clients) {
      let message;
      do message = await client.next();
      while (message.type === "peer-left");
      assert.deepEqual([message.type, message.reason], ["left", "kicked"]);
    }
    await until(async () => (await ask(server, "POST", "/close-room?room=close")).status === 404, "no room any more");
    assert.equal((await ask(server, "POST", "/close-room?room=close")).body.error, "room_not_found");
  });

  test("what was done is in the log", () => {
    assert.match(server.output, /event=admin-kick peer="[\w-]{22}" room="kick"/);
    assert.match(server.output, /event=admin-close-room room="close" peers="3"/);
  });

  test("metrics are the same as for clients of this machine", async () => {
    const { body } = await ask(server, "GET", "/metrics");
    const families = parseExposition(body);
    const other = parseExposition(await (await fetch(`${server.url}/metrics`)).text());
    assert.deepEqual([...families.keys()], [...other.keys()]);
  });
});

test("drain: as on SIGTERM, and the administration listens until the end", async (t) => {
  const server = await startServer([...ADMIN, "--drain-rate", "2", "--drain-timeout", "60s"]);
  const clients = await connectClients(t, server, 3);
  await expect(server, "POST", "/drain", 202, { draining: true });
  await until(async () => (await statusOf(server, "/readyz")) === 503, "a node that drains");
  assert.equal((await ask(server, "GET", "/rooms")).status, 200);
  for (const client of clients) assert.equal((await client.closed()).code, 1001);
  await until(() => server.output.includes("event=drained"), "the end");
  assert.equal(await server.stop(0), 0, "it has ended by itself");
});

test("on several nodes: peers are those of all, and each of them can be put out by any node", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2, args: ADMIN });
  const [a, b] = cluster.nodes;
  const ada = await NativeClient.connect(a);
  const bob = await NativeClient.connect(b);
  await ada.join("r");
  await bob.join("r");
  await ada.next();
  const nodes = [];
  for (const node of [a, b]) nodes.push((await ask(node, "GET", "/rooms")).body.node);
  for (const node of [a, b]) {
    const { peers } = (await ask(node, "GET", "/peers?room=r")).body;
    assert.deepEqual(
      peers.map(({ peer, node: place }) => [peer, place]),
      [
        [ada.id, nodes[0]],
        [bob.id, nodes[1]],
      ],
    );
  }
  const outOfRoom = `/kick?peer=${bob.id}&room=r&reason=Enough`;
  await expect(a, "POST", outOfRoom, 202, { peer: bob.id, room: "r" });
  assert.deepEqual(await bob.next(), { type: "left", room: "r", reason: "kicked", message: "Enough" });
  assert.deepEqual([(await ada.next()).type, (await bob.request({ type: "ping" })).type], ["peer-left", "pong"]);
  await bob.join("r");
  await ada.next();
  await expect(a, "POST", "/close-room?room=r&reason=Late", 200, { room: "r", kicked: 1, elsewhere: 1 });
  for (const client of [ada, bob]) {
    const told = [await client.next(), ...(await client.drain())];
    const texts = told.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
    assert.ok(texts.includes("left kicked Late"), String(texts));
  }
  await expect(b, "POST", `/kick?peer=${ada.id}&reason=Bye`, 202, { peer: ada.id });
  assert.deepEqual(await ada.next(), { type: "error", code: "kicked", message: "Bye" });
  assert.equal((await ada.closed()).code, 4403);
  // Whether somebody has that id, the store says later, and nobody asks.
  await expect(a, "POST", "/kick?peer=nobody", 202, { peer: "nobody" });
  await expect(b, "POST", `/kick?peer=${bob.id}`, 200, { peer: bob.id });
  assert.equal((await bob.closed()).code, 4403);
  await cluster.redis.stop();
  const down = async () => (await ask(a, "POST", "/kick?peer=nobody")).body.error === "store_unavailable";
  await until(down, "a store that is away");
});
