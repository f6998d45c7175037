// Godot's WebRTC signaling demo: its wire from outside, and a client of our own that connects as its client does.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { Cluster } from "../cluster/support/cluster.mjs";
import { within } from "../support/deadline.mjs";
import { startServer } from "../support/server.mjs";
import { TextClient } from "./support/text_client.mjs";

const wrtc = createRequire(import.meta.url)("@roamhq/wrtc");
const [JOIN, ID, PEER_CONNECT, PEER_DISCONNECT, OFFER, ANSWER, CANDIDATE, SEAL] = [0, 1, 2, 3, 4, 5, 6, 7];
const MESH = 0;
const CLIENT_SERVER = 1;

let server;
before(async () => (server = await startServer(["--godot", "/*", "--first-message-timeout", "1s"])));
after(async () => assert.equal(await server.stop(), 0));

class GodotClient extends TextClient {
  static connect(t, from = server, path = "/any") {
    return super.connect(t, from, path);
  }

  say(type, id = 0, data = "") {
    this.send({ type, id, data });
  }

  expectMessage(type, id = 0, data = "") {
    return this.expect({ type, id, data });
  }

  async host(kind = MESH) {
    this.say(JOIN, kind);
    await this.expectMessage(ID, 1, kind === MESH ? "true" : "");
    const { type, data } = await this.next();
    assert.equal(type, JOIN);
    assert.match(data, /^[A-Za-z0-9]{16}$/);
    this.id = 1;
    return data;
  }

  /** Joins the lobby, in which are `members`. */
  async join(lobby, mesh, ...members) {
    this.say(JOIN, MESH, lobby);
    const { type, id, data } = await this.next();
    assert.deepEqual([type, data], [ID, mesh ? "true" : ""]);
    assert.ok(Number.isInteger(id) && id >= 2 && id < 2 ** 31, id);
    this.id = id;
    for (const member of members) await this.expectMessage(PEER_CONNECT, member.id);
    await this.expectMessage(JOIN, 0, lobby);
  }

  async expectEnd(code, reason) {
    assert.deepEqual(await within(this.closed, "the end of a connection"), { code, reason });
  }
}

/** What multiplayer_client.gd does, with one channel: of two peers, the one with the larger id makes the offer. */
class Multiplayer {
  #peers = new Map();
  received = new Map();
  #wake = () => {};

  constructor(client, lobby) {
    this.client = client;
    this.#run().catch((error) => client.socket.readyState === 1 && assert.fail(error));
    client.say(JOIN, MESH, lobby);
    this.joined = new Promise((resolve) => (this.onJoined = resolve));
  }

  async #run() {
    for (;;) {
      const { type, id, data } = await this.client.next();
      if (type === ID) this.id = id;
      if (type === JOIN) this.onJoined(data);
      if (type === PEER_CONNECT) await this.#add(id);
      if (type === OFFER || type === ANSWER) await this.#describe(id, type === OFFER ? "offer" : "answer", data);
      const [, mid, index, candidate] = type === CANDIDATE ? data.split("\n") : [];
      if (candidate)
        await this.#peers.get(id).addIceCandidate({ candidate, sdpMid: mid, sdpMLineIndex: Number(index) });
    }
  }

  async #add(id) {
    const connection = new wrtc.RTCPeerConnection({ iceServers: [] });
    this.#peers.set(id, connection);
    connection.onicecandidate = ({ candidate: found }) =>
      found && this.client.say(CANDIDATE, id, `\n${found.sdpMid}\n${found.sdpMLineIndex}\n${found.candidate}`);
    const channel = connection.createDataChannel("reliable", { negotiated: true, id: 1 });
    channel.onopen = () => channel.send(`from ${this.id}`);
    channel.onmessage = ({ data }) => {
      this.received.set(id, data);
      this.#wake();
    };
    if (id > this.id) return;
    await connection.setLocalDescription(await connection.createOffer());
    this.client.say(OFFER, id, connection.localDescription.sdp);
  }

  async #describe(id, type, sdp) {
    const connection = this.#peers.get(id);
    await connection.setRemoteDescription({ type, sdp });
    if (type === "answer") return;
    await connection.setLocalDescription(await connection.createAnswer());
    this.client.say(ANSWER, id, connection.localDescription.sdp);
  }

  async hasHeard(id) {
    while (!this.received.has(id))
      await within(new Promise((resolve) => (this.#wake = resolve)), `a message from ${id}`, 60_000);
    assert.equal(this.received.get(id), `from ${id}`);
  }

  close() {
    for (const connection of this.#peers.values()) connection.close();
  }
}

async function connectsAll(t, nodes) {
  const players = [];
  t.after(() => players.forEach((player) => player.close()));
  let lobby = "";
  for (const node of nodes) {
    players.push(new Multiplayer(await GodotClient.connect(t, node), lobby));
    lobby = await within(players.at(-1).joined, "a lobby");
  }
  for (const one of players) for (const other of players) if (one !== other) await one.hasHeard(other.id);
}

test("three players of a lobby connect to each other", (t) => connectsAll(t, [server, server, server]));

test("players on two nodes connect to each other", async (t) => {
  const cluster = await Cluster.start(t, { nodes: 2, args: ["--godot", "/*"] });
  await connectsAll(t, [...cluster.nodes, cluster.nodes[0]]);
});

describe("a mesh", () => {
  test("members are told of each other, and messages pass as they are", async (t) => {
    const host = await GodotClient.connect(t);
    const lobby = await host.host();
    const a = await GodotClient.connect(t);
    await a.join(lobby, true, host);
    await host.expectMessage(PEER_CONNECT, a.id);
    const b = await GodotClient.connect(t);
    await b.join(lobby, true, host, a);
    for (const member of [host, a]) await member.expectMessage(PEER_CONNECT, b.id);
    a.send('{"id":1.0,"type":4.0,"data":"v=0\\r\\n\\u00e9"}');
    assert.equal(await host.nextText(), `{"type":4,"id":${a.id},"data":"v=0\\r\\n\\u00e9"}`);
    await a.close();
    for (const member of [host, b]) await member.expectMessage(PEER_DISCONNECT, a.id);
    host.say(OFFER, a.id, "to one that has just left");
    host.say(ANSWER, b.id, "still here");
    await b.expectMessage(ANSWER, 1, "still here");
  });

  test("the end of the host ends the lobby", async (t) => {
    const host = await GodotClient.connect(t);
    const lobby = await host.host();
    const a = await GodotClient.connect(t);
    await a.join(lobby, true, host);
    host.socket.terminate();
    await a.expectEnd(4000, "Room host has disconnected");
    const late = await GodotClient.connect(t);
    late.say(JOIN, MESH, lobby);
    await late.expectEnd(4000, "Lobby does not exists");
  });

  test("a sealed lobby ends quietly", async (t) => {
    const host = await GodotClient.connect(t);
    const lobby = await host.host();
    const [a, b] = [await GodotClient.connect(t), await GodotClient.connect(t)];
    await a.join(lobby, true, host);
    await b.join(lobby, true, host, a);
    await a.expectMessage(PEER_CONNECT, b.id);
    host.say(SEAL);
    for (const member of [a, b]) await member.expectMessage(SEAL);
    const late = await GodotClient.connect(t);
    late.say(JOIN, MESH, lobby);
    await late.expectEnd(4000, "Lobby is sealed");
    await b.close();
    await a.expectEnd(1000, "Seal complete");
    await host.expectEnd(1000, "Seal complete");
  });
});

test("in a client-server lobby, clients see only the host", async (t) => {
  const host = await GodotClient.connect(t);
  const lobby = await host.host(CLIENT_SERVER);
  const [a, b] = [await GodotClient.connect(t), await GodotClient.connect(t)];
  await a.join(lobby, false, host);
  await b.join(lobby, false, host);
  for (const client of [a, b]) await host.expectMessage(PEER_CONNECT, client.id);
  host.say(OFFER, a.id, "x");
  await a.expectMessage(OFFER, 1, "x");
});

test("each error closes its sender alone", async (t) => {
  const host = await GodotClient.connect(t);
  const lobby = await host.host();
  for (const [bad, reason] of [
    ["{oops", "Invalid message format"],
    ["null", "Invalid message format"],
    ['{"type":"x","id":0,"data":""}', "Invalid message format"],
    ['{"type":9,"id":0,"data":""}', "Invalid command"],
    ['{"type":4,"id":1,"data":""}', "Invalid message when not in a lobby"],
    ['{"type":0,"id":0,"data":"__proto__"}', "Lobby does not exists"],
    [`{"type":0,"id":0,"data":"${"x".repeat(10_000)}"}`, "Lobby does not exists"],
    [Buffer.from("{}"), "Invalid transfer mode, must be text"],
  ]) {
    const client = await GodotClient.connect(t);
    client.send(bad);
    await client.expectEnd(4000, reason);
  }
  const a = await GodotClient.connect(t);
  await a.join(lobby, true, host);
  a.say(SEAL);
  await a.expectEnd(4000, "Only host can seal the lobby");
  await host.expectMessage(PEER_CONNECT, a.id);
  await host.expectMessage(PEER_DISCONNECT, a.id);
});

test("a client that joins no lobby is closed in time", async (t) => {
  const client = await GodotClient.connect(t);
  await client.expectEnd(4000, "Have not joined lobby yet");
});
