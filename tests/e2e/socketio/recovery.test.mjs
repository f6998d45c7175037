// Connection state recovery with the real socket.io-client: its connection is cut in every way, and it goes on with its
// socket, gets what it has missed, once and in order, and the others in its room notice nothing.

import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { io } from "socket.io-client";
import { io as io45 } from "socket.io-client-4.5";
import { CUTS, CuttingProxy } from "../support/cutting_proxy.mjs";
import { until, within } from "../support/deadline.mjs";
import { generator } from "../support/random.mjs";
import { startServer } from "../support/server.mjs";

const recovery = (time) => ["--vocabulary", "rooms-mesh", "--socketio-recovery", time, "--threads", "3"];
const RECOVERY = recovery("20s");
// The silence of a cut is noticed soon.
const HEARTBEAT = ["--socketio-ping-interval", "400ms", "--socketio-ping-timeout", "1s"];
const TRANSPORTS = {
  "polling only": { transports: ["polling"] },
  "WebSocket only": { transports: ["websocket"] },
  "with an upgrade": {},
};
const LONGEST_SILENCE_MS = 6_000;
const TALK_MS = 4_000;
const MOST_BYTES_TO_CUT = 4_000;
const SEED = Number(process.env.SIGNALING_SEED ?? Date.now() % 1_000_000);

/** A client in a room of rooms-mesh, with all that it hears. */
class Member {
  numbers = []; // of the messages of others
  left = []; // ids
  recoveries = []; // what `recovered` was at each connect

  /** Connected and in the room. */
  static async enter(t, server, options = {}, connect = io) {
    const member = new Member();
    const socket = connect(server.url, {
      forceNew: true,
      reconnectionDelay: 10,
      reconnectionDelayMax: 100,
      timeout: 2_000,
      ...options,
    });
    t.after(() => socket.disconnect());
    member.socket = socket;
    socket.on("connect", () => member.recoveries.push(socket.recovered));
    socket.on("message", ({ content }) => typeof content === "number" && member.numbers.push(content));
    socket.on("user_left", ({ socketId }) => member.left.push(socketId));
    await within(once(socket, "connect"), "connect");
    await member.join();
    return member;
  }

  async join() {
    const joined = once(this.socket, "user_joined");
    this.socket.emit("join_room", { roomName: "room", personName: "somebody" });
    await within(joined, "joined");
  }

  say(content) {
    this.socket.emit("message", { roomName: "room", personName: "somebody", content });
  }

  /** It has heard of its peers what they said until now. */
  async heard(count) {
    try {
      await until(() => this.numbers.length >= count, `${count} messages`);
    } catch (error) {
      throw new Error(`${this.numbers.length} came; recovered: ${this.recoveries}`, { cause: error });
    }
  }
}

/** A member behind a proxy, and one that nothing happens to. */
async function room(t, args, options, connect) {
  const server = await startServer([...args, ...HEARTBEAT]);
  t.after(async () => assert.equal(await server.stop(), 0, server.output));
  const proxy = await CuttingProxy.start(t, server);
  const cutOff = await Member.enter(t, proxy, options, connect);
  const steady = await Member.enter(t, server);
  return { server, proxy, cutOff, steady };
}

/** Until `member` has another connection: between two polls there is none that could be cut. `then` runs once. */
async function cutUntilNoticed(proxy, member, kind, then = () => {}) {
  const before = member.recoveries.length;
  const isBack = () => member.recoveries.length > before;
  for (let time = 0; !isBack(); ++time) {
    proxy.cut(kind);
    if (time === 0) then();
    await until(isBack, "the next connection", LONGEST_SILENCE_MS).catch((error) => assert.ok(time < 3, error));
  }
}

const upTo = (count) => Array.from({ length: count }, (_, number) => number);

for (const [name, options] of Object.entries(TRANSPORTS)) {
  describe(name, () => {
    for (const kind of CUTS) {
      test(`a client goes on after ${kind}, with what it has missed`, async (t) => {
        const { proxy, cutOff, steady } = await room(t, RECOVERY, options);
        const { id } = cutOff.socket;
        steady.say(0);
        await cutOff.heard(1);
        await cutUntilNoticed(proxy, cutOff, kind, () => {
          for (let number = 1; number < 20; number++) steady.say(number);
        });
        await cutOff.heard(20);
        assert.deepEqual(cutOff.numbers, upTo(20));
        assert.ok(cutOff.recoveries.slice(1).every((recovered) => recovered === true));
        assert.equal(cutOff.socket.id, id);
        assert.deepEqual(steady.left, []);
        cutOff.say(1);
        await steady.heard(21); // a sender hears itself
      });
    }

    test(`a client that is cut at any byte hears everything once and in order (seed ${SEED})`, async (t) => {
      const random = generator(SEED);
      const { proxy, cutOff, steady } = await room(t, RECOVERY, options);
      proxy.plan = () => ({
        cut: CUTS[Math.floor(random() * CUTS.length)],
        from: random() < 0.8 ? "server" : "client",
        bytes: 1 + Math.floor(random() * MOST_BYTES_TO_CUT),
      });
      proxy.cut("reset");
      const end = performance.now() + TALK_MS;
      let sent = 0;
      for (; performance.now() < end; sent++) {
        steady.say(sent);
        await delay(5);
      }
      proxy.plan = () => undefined;
      await cutOff.heard(sent);
      assert.deepEqual(cutOff.numbers, upTo(sent));
      assert.ok(cutOff.recoveries.length > 1, "it was cut");
      assert.ok(cutOff.recoveries.slice(1).every((recovered) => recovered === true));
      assert.deepEqual(steady.left, []);
    });
  });
}

test("a client whose offset is unknown is new, and its old socket leaves at once", async (t) => {
  const { proxy, cutOff, steady } = await room(t, RECOVERY);
  const { id } = cutOff.socket;
  steady.say(0);
  await cutOff.heard(1);
  cutOff.socket._lastOffset = "987654321";
  await cutUntilNoticed(proxy, cutOff, "reset");
  assert.equal(cutOff.socket.recovered, false);
  assert.notEqual(cutOff.socket.id, id);
  await until(() => steady.left.length === 1, "the old socket has left");
  assert.deepEqual(steady.left, [id]);
});

test("a client that does not come back leaves at the end of the time", async (t) => {
  const { proxy, cutOff, steady } = await room(t, recovery("2s"));
  const { id } = cutOff.socket;
  cutOff.socket.io.reconnection(false);
  proxy.cut("reset");
  const start = performance.now();
  await until(() => steady.left.length === 1, "the socket has left");
  assert.ok(performance.now() - start > 1_500);
  assert.deepEqual(steady.left, [id]);
});

test("a client that leaves is gone at once", async (t) => {
  const { cutOff, steady } = await room(t, RECOVERY);
  const { id } = cutOff.socket;
  cutOff.socket.disconnect();
  await until(() => steady.left.length === 1, "the socket has left", 5_000);
  assert.deepEqual(steady.left, [id]);
});

test("a client whose page is left is gone at once", async (t) => {
  const { cutOff, steady } = await room(t, RECOVERY, { transports: ["websocket"] });
  const { id } = cutOff.socket;
  cutOff.socket.io.reconnection(false);
  cutOff.socket.io.engine.transport.ws.close(1001);
  await until(() => steady.left.length === 1, "the socket has left", 5_000);
  assert.deepEqual(steady.left, [id]);
});

for (const [name, options] of Object.entries(TRANSPORTS)) {
  test(`a client that closes its session, and no socket, goes on: ${name}`, async (t) => {
    const { cutOff, steady } = await room(t, RECOVERY, options);
    const { id } = cutOff.socket;
    cutOff.socket.io.engine.close();
    await within(once(cutOff.socket, "connect"), "the next connection");
    assert.equal(cutOff.socket.recovered, true);
    assert.equal(cutOff.socket.id, id);
    assert.deepEqual(steady.left, []);
  });
}

test("--socketio-max-away: a client that is lost when so many are is new when it is back", async (t) => {
  const { server, proxy, cutOff, steady } = await room(t, [...RECOVERY, "--socketio-max-away", "1"]);
  const gone = await Member.enter(t, server);
  gone.socket.io.reconnection(false);
  gone.socket.io.engine.close();
  await delay(100);
  const { id } = cutOff.socket;
  await cutUntilNoticed(proxy, cutOff, "reset");
  assert.equal(cutOff.socket.recovered, false);
  await until(() => steady.left.length === 1, "the old socket has left");
  assert.deepEqual(steady.left, [id]);
});

test("without the option, no client is recovered", async (t) => {
  const { proxy, cutOff, steady } = await room(t, ["--vocabulary", "rooms-mesh"]);
  const { id } = cutOff.socket;
  const seen = [];
  cutOff.socket.onAny((...event) => seen.push(event));
  steady.say(0);
  await cutOff.heard(1);
  assert.equal(seen[0].length, 2); // the name and the argument, no offset
  await cutUntilNoticed(proxy, cutOff, "reset");
  await until(() => steady.left.length === 1, "the old socket has left");
  assert.ok(!cutOff.socket.recovered);
  assert.notEqual(cutOff.socket.id, id);
});

test("a host's namespace: the socket stays, and what was lost on the way follows", async (t) => {
  const server = await startServer(["--socketio-conformance", ...RECOVERY.slice(2), ...HEARTBEAT]);
  t.after(async () => assert.equal(await server.stop(), 0, server.output));
  const proxy = await CuttingProxy.start(t, server);
  const socket = io(proxy.url, { forceNew: true, reconnectionDelay: 10, transports: ["websocket"] });
  t.after(() => socket.disconnect());
  const answers = [];
  socket.on("message-back", (value) => answers.push(value));
  await within(once(socket, "auth"), "the first event");
  const { id } = socket;
  proxy.cut("silence");
  await delay(50);
  // Both directions are silent: this one does not arrive, and the client sends none of it again.
  socket.volatile.emit("message", "lost");
  await within(once(socket, "connect"), "the next connection");
  assert.equal(socket.recovered, true);
  assert.equal(socket.id, id);
  socket.emit("message", Buffer.from("binary"));
  await until(() => answers.length === 1, "an answer");
  assert.deepEqual(answers, [Buffer.from("binary")]);
});

test("a client that knows no recovery (4.5) is a new socket after a cut, as ever", async (t) => {
  const { proxy, cutOff, steady } = await room(t, recovery("1s"), {}, io45);
  const { id } = cutOff.socket;
  steady.say(0);
  await cutOff.heard(1);
  await cutUntilNoticed(proxy, cutOff, "reset");
  assert.notEqual(cutOff.socket.id, id);
  assert.equal(cutOff.socket.recovered, undefined);
  await until(() => steady.left.length === 1, "the old socket has left");
  assert.deepEqual(steady.left, [id]);
  await cutOff.join();
  steady.say(1);
  await cutOff.heard(2);
});

test("a client of Engine.IO v3 (2.x) is refused as without recovery", async (t) => {
  const server = await startServer(RECOVERY);
  t.after(async () => assert.equal(await server.stop(), 0, server.output));
  const answer = await fetch(`${server.url}/socket.io/?EIO=3&transport=polling`);
  assert.equal(answer.status, 400);
  assert.equal((await answer.json()).code, 5);
});
