// Each join ends with exactly one leave, however the peer goes; and who comes back is the same peer.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "./support/deadline.mjs";
import { startMember } from "./support/member_process.mjs";
import { NativeClient, connectClients, joinClients } from "./support/native_client.mjs";
import { RawWebSocket } from "./support/raw_websocket.mjs";
import { startServer } from "./support/server.mjs";

let server;

before(async () => (server = await startServer(["--ping-interval", "300ms", "--ping-timeout", "2s"])));
after(async () => assert.equal(await server.stop(), 0));

/** The next message tells that `peer` left, and no other follows. */
async function expectLeft(members, room, peer, reason) {
  for (const member of members) {
    const { version, ...left } = await member.next();
    assert.deepEqual(left, { type: "peer-left", room, peer, reason });
  }
  for (const member of members) await member.expectNothing();
}

describe("exactly one peer-left", () => {
  const ways = {
    "a leave, and then the end": [
      "leave",
      async (peer, room) => {
        await peer.request({ type: "leave", room });
        await peer.close();
      },
    ],
    "two leaves": [
      "leave",
      async (peer, room) => {
        await peer.request({ type: "leave", room });
        assert.equal((await peer.request({ type: "leave", room })).code, "not_joined");
      },
    ],
    "a Close frame": ["disconnect", (peer) => peer.close()],
    "a Close frame and a reset": [
      "disconnect",
      (peer) => {
        peer.socket.close(1000);
        return peer.reset();
      },
    ],
    "the end of the TCP connection without a Close frame": ["disconnect", (peer) => peer.socket.terminate()],
    "a TCP reset": ["disconnect", (peer) => peer.reset()],
    "a broken WebSocket": ["disconnect", (peer) => peer.socket._socket.write(Buffer.from([0xff, 0xff]))],
    "a message that is not UTF-8": [
      "disconnect",
      (peer) => peer.socket.send(Buffer.from([0xff]), { binary: false }),
    ],
  };
  for (const [name, [reason, go]] of Object.entries(ways)) {
    test(name, async (t) => {
      const [peer, ...others] = await joinClients(t, server, 3, name);
      await go(peer, name);
      await expectLeft(others, name, peer.id, reason);
    });
  }

  test("a process that hangs: timeout", async (t) => {
    const others = await joinClients(t, server, 2, "hangs");
    const member = await startMember(t, server, "hangs");
    for (const other of others) assert.equal((await other.next()).peer.id, member.id);
    member.signal("SIGSTOP");
    await expectLeft(others, "hangs", member.id, "timeout");
    member.signal("SIGCONT"); // it notices, and nobody hears of it again
    for (const other of others) await other.expectNothing();
  });

  test("a process that is killed: disconnect", async (t) => {
    const others = await joinClients(t, server, 2, "killed");
    const member = await startMember(t, server, "killed");
    for (const other of others) assert.equal((await other.next()).peer.id, member.id);
    member.signal("SIGKILL");
    await expectLeft(others, "killed", member.id, "disconnect");
  });

  test("a client that answers no pings: 4408 and timeout, while one that does stays", async (t) => {
    const [quiet] = await joinClients(t, server, 1, "pings");
    const [deaf] = await joinClients(t, server, 1, "pings", { autoPong: false });
    await quiet.drain();
    assert.equal((await deaf.closed()).code, 4408);
    await expectLeft([quiet], "pings", deaf.id, "timeout");
  });

  test("many that come and go at once: the joins, leaves and versions of a witness add up", async (t) => {
    const [witness] = await joinClients(t, server, 1, "crowd");
    const ends = [(peer) => peer.close(), (peer) => peer.socket.terminate(), (peer) => peer.reset()];
    const visit = async (i) => {
      const peer = await NativeClient.connect(server);
      await peer.join("crowd");
      if (i % 4 === 3) await peer.request({ type: "leave", room: "crowd" });
      await ends[i % 3](peer);
    };
    for (let wave = 0; wave < 5; ++wave) await Promise.all(Array.from({ length: 40 }, (_, i) => visit(i)));
    const present = new Set();
    let last;
    for (let changes = 0; changes < 400; ++changes) {
      const { type, version, peer } = await witness.next();
      if (last !== undefined) assert.equal(version, last + 1);
      last = version;
      if (type === "peer-joined") assert.ok(!present.has(peer.id) && present.add(peer.id));
      else assert.ok(type === "peer-left" && present.delete(peer));
    }
    assert.equal(present.size, 0);
    await witness.expectNothing();
    assert.deepEqual((await witness.request({ type: "members", room: "crowd" })).peers, []);
  });
});

describe("coming back", () => {
  const again = ({ id, resume }) => ({ query: { peer: id, resume } });

  test("the secret takes the id over: the old connection is closed with 4409", async (t) => {
    const [other, old] = await joinClients(t, server, 2, "over");
    const fresh = await NativeClient.connect(server, again(old));
    t.after(() => fresh.socket.terminate());
    assert.equal(fresh.id, old.id);
    assert.notEqual(fresh.resume, old.resume);
    assert.equal(fresh.welcome.resumed, "rooms");
    assert.equal((await old.closed()).code, 4409);
    const members = await fresh.next();
    assert.deepEqual([members.type, members.room, members.peers[0].id], ["members", "over", other.id]);
    await other.expectNothing();
    await other.request({ type: "message", to: old.id, data: "you again" });
    assert.equal((await fresh.next()).data, "you again");
  });

  test("a connection that hangs is taken over at once", async (t) => {
    const [other] = await joinClients(t, server, 1, "hung");
    const raw = await RawWebSocket.open(server, { path: "/signaling" });
    t.after(() => raw.destroy());
    const welcome = JSON.parse((await raw.next()).payload);
    const fresh = await NativeClient.connect(server, {
      query: { peer: welcome.peer, resume: welcome.resume },
    });
    t.after(() => fresh.socket.terminate());
    assert.equal(fresh.id, welcome.peer);
    await fresh.join("hung");
    assert.equal((await other.next()).peer.id, welcome.peer);
  });

  test("a wrong or an old secret, and no secret, get another id and disturb nobody", async (t) => {
    const [old] = await connectClients(t, server, 1);
    const fresh = await NativeClient.connect(server, again(old));
    t.after(() => fresh.socket.terminate());
    fresh.send({ type: "ack", received: 0 }); // from here on the old secret is one
    await fresh.request({ type: "ping" });
    for (const resume of [old.resume, "", "x", `${fresh.resume}x`, fresh.resume.slice(0, -1), undefined]) {
      const query = resume === undefined ? { peer: fresh.id } : { peer: fresh.id, resume };
      const stranger = await NativeClient.connect(server, { query });
      assert.notEqual(stranger.id, fresh.id);
      await stranger.close();
    }
    await fresh.expectNothing();
  });

  test("when the old connection is gone, the id is not given away", async () => {
    const old = await NativeClient.connect(server);
    await old.close();
    const fresh = await NativeClient.connect(server, again(old));
    assert.notEqual(fresh.id, old.id);
    await fresh.close();
  });

  test("where clients choose their ids: a free one is theirs, one in use needs the secret", async (t) => {
    const choosing = await startServer(["--allow-client-ids"]);
    t.after(() => choosing.stop());
    const ada = await NativeClient.connect(choosing, { query: { peer: "ada" } });
    assert.equal(ada.id, "ada");
    const thief = new NativeClient(choosing, { query: { peer: "ada" } });
    assert.equal((await thief.next()).code, "id_in_use");
    await thief.closed();
    const guesser = await NativeClient.connect(choosing, { query: { peer: "ada", resume: "guess" } });
    assert.notEqual(guesser.id, "ada");
    await guesser.close();
    await ada.expectNothing();
    const back = await NativeClient.connect(choosing, again(ada));
    assert.equal(back.id, "ada");
    assert.equal((await ada.closed()).code, 4409);
    await back.close();
    const later = await NativeClient.connect(choosing, { query: { peer: "ada" } });
    assert.equal(later.id, "ada");
    for (const peer of ["x".repeat(128), "é日本語 /?&*", "__proto__"]) {
      const client = await NativeClient.connect(choosing, { query: { peer } });
      assert.equal(client.id, peer);
      client.socket.terminate();
    }
    const tooLong = new NativeClient(choosing, { query: { peer: "x".repeat(129) } });
    assert.equal((await tooLong.next()).code, "bad_id");
    await tooLong.closed();
    later.socket.terminate();
  });

  test("an id that was chosen stays its client's when the connection breaks, and not when the client closes it", async (t) => {
    const choosing = await startServer(["--allow-client-ids", "--id-grace", "2s"]);
    t.after(() => choosing.stop());
    const expectKept = async () => {
      const thief = new NativeClient(choosing, { query: { peer: "ada" } });
      assert.equal((await thief.next()).code, "id_in_use");
      await thief.closed();
      const guesser = await NativeClient.connect(choosing, { query: { peer: "ada", resume: "guess" } });
      assert.notEqual(guesser.id, "ada");
      await guesser.close();
    };
    const watcher = await NativeClient.connect(choosing);
    await watcher.join("r");
    let ada = await NativeClient.connect(choosing, { query: { peer: "ada" } });
    for (const end of ["resetAndDestroy", "destroy"]) {
      await ada.join("r");
      await watcher.next();
      ada.socket._socket[end]();
      assert.equal((await watcher.next()).type, "peer-left");
      await expectKept();
      ada = await NativeClient.connect(choosing, again(ada));
      assert.equal(ada.id, "ada");
    }
    await ada.close();
    const next = await NativeClient.connect(choosing, { query: { peer: "ada" } });
    assert.equal(next.id, "ada");
    // Whoever has lost the secret as well gets the id when the time is over.
    next.socket._socket.resetAndDestroy();
    await until(async () => {
      const client = new NativeClient(choosing, { query: { peer: "ada" } });
      const { type } = await client.next();
      client.socket.terminate();
      return type === "welcome";
    }, "the id to be free");
    await watcher.close();
  });
});
