// matchbox: its wire from outside, and a client of our own that connects as its socket in the browser does.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "../cluster/support/cluster.mjs";
import { within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { exchange, get, request } from "../support/raw_http.mjs";
import { startServer } from "../support/server.mjs";
import { TextClient } from "./support/text_client.mjs";

const wrtc = createRequire(import.meta.url)("@roamhq/wrtc");
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let server;
before(async () => (server = await startServer(["--matchbox", "/", "--first-message-timeout", "1s"])));
after(async () => assert.equal(await server.stop(), 0));

class MatchboxClient extends TextClient {
  /** A client that has its id. */
  static async connect(t, room, { from = server, ...options } = {}) {
    const client = await super.connect(t, from, room, options);
    client.id = (await client.next()).IdAssigned;
    assert.match(client.id, UUID);
    return client;
  }

  signal(receiver, data) {
    this.send({ Signal: { receiver: receiver.id ?? receiver, data } });
  }

  async expectSignal(sender, data) {
    await this.expect({ Signal: { sender: sender.id, data } });
  }

  async expectNewPeer(peer) {
    await this.expect({ NewPeer: peer.id });
  }
}

/** What matchbox_socket does with one negotiated channel: it offers to each new peer, and answers offers. */
class GameSocket {
  #peers = new Map();
  received = new Map();
  #wake = () => {};

  constructor(client) {
    this.client = client;
    this.#run().catch((error) => client.socket.readyState === 1 && assert.fail(error));
  }

  async #run() {
    for (;;) {
      const { NewPeer, Signal } = await this.client.next();
      if (NewPeer) await this.#offer(NewPeer);
      if (Signal) await this.#take(Signal.sender, Signal.data);
    }
  }

  #connection(id) {
    const known = this.#peers.get(id);
    if (known) return known;
    const connection = new wrtc.RTCPeerConnection({ iceServers: [] });
    this.#peers.set(id, connection);
    connection.onicecandidate = ({ candidate }) =>
      this.client.signal(id, { IceCandidate: JSON.stringify(candidate) });
    const channel = connection.createDataChannel("matchbox_socket_0", { negotiated: true, id: 0 });
    channel.onopen = () => channel.send(`from ${this.client.id}`);
    channel.onmessage = ({ data }) => {
      this.received.set(id, data);
      this.#wake();
    };
    return connection;
  }

  async #offer(id) {
    const connection = this.#connection(id);
    await connection.setLocalDescription(await connection.createOffer());
    this.client.signal(id, { Offer: connection.localDescription.sdp });
  }

  async #take(id, { Offer, Answer, IceCandidate }) {
    const connection = this.#connection(id);
    if (Answer) await connection.setRemoteDescription({ type: "answer", sdp: Answer });
    const candidate = IceCandidate && JSON.parse(IceCandidate);
    if (candidate) await connection.addIceCandidate(candidate);
    if (!Offer) return;
    await connection.setRemoteDescription({ type: "offer", sdp: Offer });
    await connection.setLocalDescription(await connection.createAnswer());
    this.client.signal(id, { Answer: connection.localDescription.sdp });
  }

  /** Its channel to that peer has carried a message. */
  async hasHeard(id) {
    while (!this.received.has(id))
      await within(new Promise((resolve) => (this.#wake = resolve)), `a message from ${id}`, 60_000);
    assert.equal(this.received.get(id), `from ${id}`);
  }

  close() {
    for (const connection of this.#peers.values()) connection.close();
  }
}

async function connectsAll(t, nodes, room) {
  const sockets = [];
  t.after(() => sockets.forEach((socket) => socket.close()));
  for (const from of nodes) sockets.push(new GameSocket(await MatchboxClient.connect(t, room, { from })));
  for (const one of sockets)
    for (const other of sockets) if (one !== other) await one.hasHeard(other.client.id);
}

describe("full mesh", () => {
  test("three sockets of a room connect to each other", (t) => connectsAll(t, [server, server, server], "/mesh"));

  test("the older members are told of a newcomer, and of the end", async (t) => {
    const a = await MatchboxClient.connect(t, "/lobby");
    const b = await MatchboxClient.connect(t, "/lobby");
    await a.expectNewPeer(b);
    a.send('{"Signal":{"receiver":"' + b.id.toUpperCase() + '","data":{"Offer":"v=0\\r\\n\\u00e9","x":1.50}}}');
    assert.equal(
      await b.nextText(),
      `{"Signal":{"sender":"${a.id}","data":{"Offer":"v=0\\r\\n\\u00e9","x":1.50}}}`,
    );
    await b.close();
    await a.expect({ PeerLeft: b.id });
  });

  test("of those that come at the same moment, exactly one of each pair is told of the other", async (t) => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => MatchboxClient.connect(t, "/crowd")));
    const last = await MatchboxClient.connect(t, "/crowd");
    const pairs = new Set();
    for (const client of clients) {
      for (let other; other !== last.id; ) {
        other = (await client.next()).NewPeer;
        const pair = [client.id, other].sort().join();
        assert.ok(!pairs.has(pair), "told twice");
        pairs.add(pair);
      }
    }
    assert.equal(pairs.size, (9 * 8) / 2);
  });

  test("signals do not leave the room, and bad ones harm nobody", async (t) => {
    const a = await MatchboxClient.connect(t, "/one");
    const b = await MatchboxClient.connect(t, "/one");
    const other = await MatchboxClient.connect(t, "/two");
    await a.expectNewPeer(b);
    b.signal(other, 1);
    const long = "x".repeat(10_000);
    for (const bad of ['"KeepAlive"', "{oops", "null", "7", '"\\ud83d"', '{"Signal":{"receiver":null,"data":1}}', long])
      b.send(bad);
    b.send(Buffer.from(`{"Signal":{"receiver":"${a.id}","data":1}}`));
    b.signal("__proto__", 1);
    b.signal(long, 1);
    b.signal(a, "alive");
    await a.expectSignal(b, "alive");
    a.signal(b, 1);
    await b.expectSignal(a, 1);
    const third = await MatchboxClient.connect(t, "/two");
    await other.expectNewPeer(third);
  });
});

test("?next=N forms groups of N", async (t) => {
  const room = "/group?next=2";
  const clients = [];
  for (let i = 0; i < 3; ++i) clients[i] = await MatchboxClient.connect(t, room);
  await clients[0].expectNewPeer(clients[1]);
  clients[1].signal(clients[2], "elsewhere");
  clients[1].signal(clients[0], "here");
  await clients[0].expectSignal(clients[1], "here");
  await clients[0].close();
  await clients[1].expect({ PeerLeft: clients[0].id });
  await clients[2].close();
  const d = await MatchboxClient.connect(t, room);
  const e = await MatchboxClient.connect(t, room);
  await d.expectNewPeer(e);
});

test("client-server: the first is host, and after its end the next to connect", async (t) => {
  const games = await startServer(["--matchbox", "/games", "--matchbox-topology", "client-server"]);
  t.after(() => games.kill());
  const connect = () => MatchboxClient.connect(t, "/games/arena", { from: games });
  const host = await connect();
  const [b, c] = [await connect(), await connect()];
  await host.expectNewPeer(b);
  await host.expectNewPeer(c);
  b.signal(c, "to the host");
  await host.expectSignal(b, "to the host");
  host.signal(c, "to c");
  await c.expectSignal(host, "to c");
  await host.close();
  for (const client of [b, c]) await client.expect({ PeerLeft: host.id });
  const next = await connect();
  const told = [(await next.next()).NewPeer, (await next.next()).NewPeer];
  assert.deepEqual(told.sort(), [b.id, c.id].sort());
});

test("sockets on two nodes connect to each other", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2, args: ["--matchbox", "/games/*"] });
  await connectsAll(t, [...cluster.nodes, cluster.nodes[0]], "/games/room");
});

test("a native client in the room calls and is called", async (t) => {
  const a = await MatchboxClient.connect(t, "/mixed");
  const native = await NativeClient.connect(server);
  await native.join("matchbox/mixed");
  const { NewPeer: id } = await a.next();
  assert.match(id, /^.{14}5/);
  a.signal(id, { Offer: "v=0" });
  const { type, from, data } = await native.next();
  assert.deepEqual({ type, from, data }, { type: "offer", from: a.id, data: { type: "offer", sdp: "v=0" } });
  native.send({ type: "answer", to: a.id, data: { type: "answer", sdp: "v=1" } });
  await a.expectSignal({ id }, { Answer: "v=1" });
  await native.close();
  await a.expect({ PeerLeft: id });
});

test("a page of any origin may connect, and may be silent", async (t) => {
  const client = await MatchboxClient.connect(t, "/silent", { origin: "https://game.example" });
  await delay(1500); // beyond --first-message-timeout
  const other = await MatchboxClient.connect(t, "/silent");
  await client.expectNewPeer(other);
});

test("paths of more segments are not found, and other parts of the server keep theirs", async (t) => {
  const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
  const status = async (path) => (await exchange(server, request("GET", path, [...upgrade, key]))).status;
  assert.equal(await status("/a/b"), 404);
  assert.equal((await get(server, "/room")).status, 426);
  const health = await get(server, "/health");
  assert.deepEqual([health.status, health.body], [200, ""]);
  assert.equal(health.headers.get("access-control-allow-origin"), "*");
  assert.equal((await get(server, "/healthz")).body, "ok\n");
  const native = await NativeClient.connect(server);
  await native.close();
  await MatchboxClient.connect(t, "/health");
});

test("with a token in the URL a client is admitted, and without one closed", async (t) => {
  const guarded = await startServer(["--matchbox", "/m", "--auth-token", "secret"]);
  t.after(() => guarded.kill());
  await MatchboxClient.connect(t, "/m/r?next=2&token=secret", { from: guarded });
  assert.equal((await new TextClient(guarded, "/m/r").closed).code, 4401);
});
