// Rooms and messages of docs/protocol.md, message by message.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connectClients, joinClients } from "./support/native_client.mjs";
import { startServer } from "./support/server.mjs";

let server;

before(
  async () =>
    (server = await startServer([
      "--ice-server",
      "stun:stun.example.com",
      "--ice-server",
      "turn:t.example.com,u,c",
    ])),
);
after(async () => assert.equal(await server.stop(), 0));

describe("welcome", () => {
  test("comes first, unasked, and says all that a client needs", async (t) => {
    const [client] = await connectClients(t, server, 1);
    assert.equal(client.welcome.heartbeatMs, 25_000);
    assert.deepEqual(client.welcome.iceServers, [
      { urls: "stun:stun.example.com" },
      { urls: "turn:t.example.com", username: "u", credential: "c" },
    ]);
    await client.expectNothing();
  });

  test("ids and secrets are different, unguessable, and safe in a URL", async (t) => {
    const clients = await connectClients(t, server, 20);
    const names = clients.flatMap(({ id, resume }) => [id, resume]);
    assert.equal(new Set(names).size, 40);
    for (const name of names) assert.match(name, /^[\w-]{22,}$/); // 128 bits in base64url
  });
});

describe("membership", () => {
  test("join: the joiner gets the others, the others get the joiner", async (t) => {
    const [ada, bob, eve] = await connectClients(t, server, 3);
    const first = await ada.request({ type: "join", room: "join", metadata: { name: "Ada" } });
    assert.deepEqual(first, {
      type: "joined",
      room: "join",
      peer: ada.id,
      version: first.version,
      peers: [],
      id: first.id,
    });

    const second = await bob.join("join");
    assert.deepEqual(second.peers, [{ id: ada.id, metadata: { name: "Ada" }, polite: false }]);
    assert.equal(second.version, first.version + 1);
    const bobJoined = { id: bob.id, metadata: null, polite: true };
    await ada.expect({ type: "peer-joined", room: "join", version: second.version, peer: bobJoined });

    const third = await eve.join("join", [1, "two"]);
    const byId = (a, b) => (a.id < b.id ? -1 : 1);
    const others = [
      { id: ada.id, metadata: { name: "Ada" }, polite: false },
      { id: bob.id, metadata: null, polite: false },
    ];
    assert.deepEqual(third.peers.sort(byId), others.sort(byId));
    const eveJoined = { id: eve.id, metadata: [1, "two"], polite: true };
    for (const other of [ada, bob]) {
      await other.expect({ type: "peer-joined", room: "join", version: first.version + 2, peer: eveJoined });
    }
    for (const client of [ada, bob, eve]) await client.expectNothing();
  });

  test("join again: the members anew, and no second peer-joined", async (t) => {
    const [ada, bob] = await connectClients(t, server, 2);
    await ada.join("again", "old");
    await bob.join("again");
    assert.deepEqual(
      (await ada.join("again")).peers.map(({ id }) => id),
      [bob.id],
    );
    await ada.join("again", "new");
    const members = await bob.request({ type: "members", room: "again" });
    assert.deepEqual(members.peers, [{ id: ada.id, metadata: "new", polite: false }]);
    assert.ok(!(await bob.drain()).some(({ type }) => type === "peer-joined"));

    await ada.request({ type: "leave", room: "again" });
    const left = (await bob.drain()).filter(({ type }) => type === "peer-left");
    assert.deepEqual(
      left.map(({ peer }) => peer),
      [ada.id],
    );
  });

  test("leave: left for one, peer-left for the others", async (t) => {
    const [ada, bob, eve] = await joinClients(t, server, 3, "leave");
    const { version } = await bob.request({ type: "members", room: "leave" });
    const left = await ada.request({ type: "leave", room: "leave" });
    assert.deepEqual(left, { type: "left", room: "leave", reason: "leave", id: left.id });
    for (const other of [bob, eve]) {
      await other.expect({
        type: "peer-left",
        room: "leave",
        version: version + 1,
        peer: ada.id,
        reason: "leave",
      });
    }
    // Who was there first is polite: now these two were.
    const joined = await ada.join("leave");
    assert.deepEqual(
      joined.peers.map(({ polite }) => polite),
      [false, false],
    );
    assert.equal((await bob.next()).peer.polite, true);
  });

  test("update: updated for one, peer-updated for the others, and the members show it", async (t) => {
    const [ada, bob] = await joinClients(t, server, 2, "update");
    const before = await bob.request({ type: "members", room: "update" });
    const metadata = { name: "Bob", nested: [{ muted: true }, null, 1.5] };
    const updated = await bob.request({ type: "update", room: "update", metadata });
    assert.deepEqual(updated, {
      type: "updated",
      room: "update",
      version: before.version + 1,
      id: updated.id,
    });
    const peer = { id: bob.id, metadata };
    await ada.expect({ type: "peer-updated", room: "update", version: before.version + 1, peer });
    const members = await ada.request({ type: "members", room: "update" });
    const peers = [{ ...peer, polite: true }];
    assert.deepEqual(members, {
      type: "members",
      room: "update",
      version: updated.version,
      peers,
      id: members.id,
    });

    await bob.request({ type: "update", room: "update", metadata: null });
    assert.deepEqual((await ada.next()).peer, { id: bob.id, metadata: null });
    await bob.expectNothing();
  });

  test("rooms are apart, and a connection's end leaves all of them", async (t) => {
    const [ada, bob, eve] = await connectClients(t, server, 3);
    await ada.join("one");
    await ada.join("two");
    await bob.join("one");
    await eve.join("two");
    await ada.drain();
    await bob.request({ type: "message", room: "one", data: 1 });
    await ada.expect({ type: "message", from: bob.id, room: "one", data: 1 });
    await eve.expectNothing();
    await ada.close();
    for (const [client, room] of [
      [bob, "one"],
      [eve, "two"],
    ]) {
      const { version, ...left } = await client.next();
      assert.deepEqual(left, { type: "peer-left", room, peer: ada.id, reason: "disconnect" });
      await client.expectNothing();
    }
  });

  test("no character of a room's name has a meaning", async (t) => {
    const [ada, bob] = await connectClients(t, server, 2);
    for (const room of [
      "*",
      "a/b",
      "{}",
      " ",
      "\u0000",
      "\r\n",
      "__proto__",
      "日本語",
      "👩‍🚀",
      '"\\',
      "x".repeat(128),
    ]) {
      await ada.join(room);
      assert.deepEqual(
        (await bob.join(room)).peers.map(({ id }) => id),
        [ada.id],
      );
      assert.equal((await ada.next()).room, room);
      await ada.request({ type: "leave", room });
      assert.equal((await bob.next()).room, room);
      await bob.request({ type: "leave", room });
    }
  });
});

describe("messages", () => {
  const kinds = [
    ...["offer", "answer", "candidate", "message"].map((type) => ({ type })),
    { type: "event", event: "hand-raised" },
  ];

  for (const kind of kinds) {
    test(`${kind.type}: to one, to one in a room, and to a room`, async (t) => {
      const room = `send ${kind.type}`;
      const [ada, bob, eve] = await joinClients(t, server, 3, room);
      const from = ada.id;
      const data = { type: kind.type, sdp: "v=0\r\n" };

      ada.send({ ...kind, to: bob.id, data });
      await bob.expect({ ...kind, from, data });
      ada.send({ ...kind, to: bob.id, room, data });
      await bob.expect({ ...kind, from, room, data });
      ada.send({ ...kind, room, data });
      for (const other of [bob, eve]) await other.expect({ ...kind, from, room, data });
      for (const client of [ada, bob, eve]) await client.expectNothing();
    });

    test(`${kind.type}: sent, if it had an id`, async (t) => {
      const room = `sent ${kind.type}`;
      const [ada, bob] = await joinClients(t, server, 2, room);
      for (const address of [{ to: bob.id }, { room }, { to: bob.id, room }]) {
        const { status, ...sent } = await ada.request({ ...kind, ...address, data: 0 });
        assert.deepEqual(sent, { type: "sent", id: sent.id });
        assert.ok(["sent", "queued"].includes(status)); // "queued" while an earlier message is being written
        const got = await bob.next();
        assert.ok(!("id" in got), "the id is the sender's");
      }
    });
  }

  test("data may be left out, and then is", async (t) => {
    const [ada, bob] = await joinClients(t, server, 2, "no data");
    ada.send({ type: "message", to: bob.id });
    await bob.expect({ type: "message", from: ada.id });
    ada.send({ type: "message", to: bob.id, data: null });
    await bob.expect({ type: "message", from: ada.id, data: null });
  });

  test("volatile messages arrive where nobody is slow, and the receiver does not see the word", async (t) => {
    const [ada, bob] = await joinClients(t, server, 2, "volatile");
    for (const volatile of [true, false]) {
      ada.send({ type: "event", event: "cursor", to: bob.id, data: [1, 2], volatile });
      await bob.expect({ type: "event", event: "cursor", from: ada.id, data: [1, 2] });
    }
  });

  test("the sender cannot be forged, and unknown fields go nowhere", async (t) => {
    const [ada, bob, eve] = await joinClients(t, server, 3, "forge");
    const extra = {
      from: eve.id,
      peer: eve.id,
      status: "x",
      encoding: "base64",
      version: 9,
      "": { deep: [1] },
    };
    ada.send({ ...extra, type: "message", to: bob.id, data: "AA==" });
    await bob.expect({ type: "message", from: ada.id, data: "AA==" });
    const pong = await ada.request({ ...extra, type: "ping" });
    assert.deepEqual(pong, { type: "pong", id: pong.id });
  });

  test("nobody outside of the room, or addressed to nobody, gets anything", async (t) => {
    const [ada, bob] = await joinClients(t, server, 2, "inside");
    const [outside] = await connectClients(t, server, 1);
    await ada.request({ type: "message", room: "inside", data: "secret" });
    await bob.next();
    await outside.expectNothing();
    const alone = await outside.join("alone");
    assert.deepEqual(alone.peers, []);
    assert.equal((await outside.request({ type: "message", room: "alone", data: 1 })).type, "sent");
    await outside.expectNothing();
  });

  test("ping: pong, with and without id", async (t) => {
    const [client] = await connectClients(t, server, 1);
    client.send({ type: "ping" });
    await client.expect({ type: "pong" });
    client.send({ type: "ping", id: "are you there?" });
    await client.expect({ type: "pong", id: "are you there?" });
  });
});
