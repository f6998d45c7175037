// What a Socket.IO client may cost, on each way it can come.

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { PATIENT_CONFORMANCE } from "../socketio/support/conformance.mjs";
import { EngineWebSocket } from "../socketio/support/engine_websocket.mjs";
import { PollingSession, engineRequest } from "../socketio/support/polling_session.mjs";
import { connectWire, wires } from "../socketio/support/wires.mjs";
import { until, within } from "../support/deadline.mjs";
import { MEBIBYTE, peakResidentBytes } from "../support/process_usage.mjs";
import { besieged } from "../support/siege.mjs";

const path = "/socket.io/";
const CROWD = 10;
const PLACEHOLDER = '{"_placeholder":true,"num":0}';
// What fetch keeps open must end before descriptors are counted.
const SHORT = ["--http-idle-timeout", "2s"];

/** Besieged on each transport. `attack(wire, server)` gets a client that is in the default namespace. */
function onEachWire(name, args, attack) {
  for (const [transport, open] of Object.entries(wires)) {
    besieged(`${name}: ${transport}`, [...SHORT, ...args], async (server) => {
      for (let i = 0; i < CROWD; ++i) await attack(await connectWire(open, server), server, transport);
    });
  }
}

/** What was sent before was taken: a message to no room is an error, and not the end. */
async function expectGoesOn(wire) {
  await wire.send('42["message"]');
  assert.match(await within(wire.next(), "an answer"), /^42\["error"/);
}

/** The packets `within` are answered, the packets `over` end the connection. */
function closes(option, bound, { within: taken, over }) {
  onEachWire(`${option}: above it the connection ends`, [option, String(bound)], async (wire) => {
    await wire.send(...taken);
    await expectGoesOn(wire);
    await wire.send(...over);
    await wire.closed();
  });
}

const event = (name, ...args) => `42${JSON.stringify([name, ...args])}`;

closes("--socketio-max-name-bytes", 20, { within: [event("n".repeat(20))], over: [event("n".repeat(21))] });
closes("--socketio-max-arguments", 3, { within: [event("x", 1, 2, 3)], over: [event("x", 1, 2, 3, 4)] });
closes("--socketio-max-attachments", 1, {
  within: [`451-["x",${PLACEHOLDER}]`, Buffer.alloc(1)],
  over: [`452-["x",${PLACEHOLDER},${PLACEHOLDER.replace("0", "1")}]`, Buffer.alloc(1), Buffer.alloc(1)],
});
closes("--socketio-max-attachment-bytes", 100, {
  within: [`452-["x",${PLACEHOLDER},${PLACEHOLDER.replace("0", "1")}]`, Buffer.alloc(50), Buffer.alloc(50)],
  over: [`452-["x",${PLACEHOLDER},${PLACEHOLDER.replace("0", "1")}]`, Buffer.alloc(50), Buffer.alloc(51)],
});

onEachWire(
  "--socketio-max-connects: above it the connection ends",
  ["--socketio-max-connects", "3"],
  async (wire) => {
    await wire.send("40/a,", "40/b,");
    for (const name of ["a", "b"])
      assert.equal(await wire.next(), `44/${name},{"message":"Invalid namespace"}`);
    await wire.send("40/c,");
    await wire.closed();
  },
);

const ALL_OFF = [
  "--socketio-max-name-bytes",
  "--socketio-max-arguments",
  "--socketio-max-attachments",
  "--socketio-max-attachment-bytes",
  "--socketio-max-connects",
  "--socketio-max-namespaces",
  "--socketio-max-auth-bytes",
  "--socketio-max-payload",
  "--socketio-max-payload-packets",
  "--socketio-max-buffered",
].flatMap((option) => [option, "0"]);

onEachWire("0: names, arguments, attachments, payloads of any size", ALL_OFF, async (wire) => {
  const attachments = Array.from({ length: 50 }, () => Buffer.alloc(20_000));
  const places = attachments.map((_, i) => PLACEHOLDER.replace("0", String(i)));
  await wire.send(event("n".repeat(1000), ...Array(1000).fill(0)));
  await expectGoesOn(wire);
  await wire.send(`4550-["x",${places.join()}]`, ...attachments);
  await expectGoesOn(wire);
  await wire.send(event("x", "y".repeat(2_000_000)));
  await expectGoesOn(wire);
  await wire.send("41", ...(wire.session ? ["1"] : []));
  wire.socket?.abort();
});

onEachWire(
  "--socketio-max-namespaces: refused, and the others stay",
  ["--socketio-max-namespaces", "2"],
  async (wire) => {
    await wire.send("40/rooms-mesh,");
    assert.match(await wire.next(), /^40\/rooms-mesh,\{"sid"/);
    for (let i = 0; i < 5; ++i) {
      await wire.send("40/email-calls,");
      assert.equal(await wire.next(), '44/email-calls,{"message":"Too many namespaces"}');
    }
    await expectGoesOn(wire);
    await wire.send("1");
    await wire.closed();
  },
);

onEachWire(
  "--socketio-max-auth-bytes: the namespace is refused",
  ["--socketio-max-auth-bytes", "100"],
  async (wire) => {
    await wire.send(`40/rooms-mesh,{"token":"${"x".repeat(88)}"}`);
    assert.match(await wire.next(), /^40\/rooms-mesh,\{"sid"/);
    await wire.send(`40/email-calls,{"token":"${"x".repeat(89)}"}`);
    assert.equal(await wire.next(), '44/email-calls,{"message":"The auth data is too large"}');
    await wire.send("1");
    await wire.closed();
  },
);

/** Questions of the server that wait for their answers. */
async function ask(wire, count) {
  for (let i = 0; i < count; ++i) {
    await wire.send(event("ask", i));
    assert.equal(await wire.next(), `42${i}["question",${i}]`);
  }
}

onEachWire(
  "--socketio-max-pending-acks: overloaded for the host, and nobody is asked, until one is answered",
  [...PATIENT_CONFORMANCE, "--socketio-max-pending-acks", "3"],
  async (wire) => {
    assert.equal(await wire.next(), '42["auth",{}]');
    await ask(wire, 3);
    for (let i = 0; i < 5; ++i) {
      await wire.send(event("ask"));
      assert.match(await wire.next(), /^42\["not-asked","You sent too much /); // the text of overloaded
    }
    await wire.send('431["yes"]');
    assert.equal(await wire.next(), '42["answered","yes"]');
    await wire.send(event("ask"));
    assert.equal(await wire.next(), '423["question"]');
    await wire.send("1");
    await wire.closed();
  },
);

onEachWire(
  "--socketio-max-pending-acks 0: any number of questions",
  [...PATIENT_CONFORMANCE, "--socketio-max-pending-acks", "0", "--max-messages-per-second", "0"],
  async (wire) => {
    assert.equal(await wire.next(), '42["auth",{}]');
    await ask(wire, 200);
    await wire.send("1");
    await wire.closed();
  },
);

besieged(
  "--socketio-max-payload: 413 for a body, 1009 for a message",
  [...SHORT, "--socketio-max-payload", "1000"],
  async (server) => {
    for (let i = 0; i < CROWD; ++i) {
      const session = await PollingSession.open(server, path);
      assert.equal(session.handshake.maxPayload, 1000);
      await session.post(`40{"pad":"${"x".repeat(988)}"}`);
      assert.match(await session.next(), /^40\{"sid"/);
      const { status } = await session.request({ method: "POST", body: "4".repeat(1001) });
      assert.equal(status, 413);
      await session.post("1");
      const socket = await EngineWebSocket.open(server, { path });
      socket.send("4".repeat(1001));
      assert.equal(await socket.closed(), 1009);
    }
  },
);

besieged(
  "--socketio-max-payload-packets: 400, and the session is over",
  [...SHORT, "--socketio-max-payload-packets", "5"],
  async (server) => {
    for (let i = 0; i < CROWD; ++i) {
      const session = await PollingSession.open(server, path);
      await session.post(...Array(5).fill("6"));
      assert.equal(
        (await session.request({ method: "POST", body: Array(6).fill("6").join("\x1e") })).status,
        400,
      );
      await session.expectClosed();
    }
  },
);

besieged(
  "--socketio-max-buffered: who does not poll, or read, is closed",
  [...SHORT, "--socketio-max-buffered", "100000", "--max-messages-per-second", "0"],
  async (server, t, siege) => {
    const talker = await connectWire(wires.websocket, server);
    await talker.send(event("join_room", { roomName: "r" }));
    await talker.next();
    const slow = await connectWire(wires.polling, server);
    await slow.send(event("join_room", { roomName: "r" }));
    await talker.next();
    const before = peakResidentBytes(server.pid);
    for (let left = false, sent = 0; !left; ++sent) {
      assert.ok(sent < 100, "10 MB were taken for a client that does not poll");
      await talker.send(event("message", { roomName: "r", content: "x".repeat(50_000) }));
      for (let own = false; !own;) {
        const packet = await talker.next();
        own = packet.startsWith('42["message"');
        left ||= packet.startsWith('42["user_left"');
      }
      await siege.exchange();
    }
    assert.ok(peakResidentBytes(server.pid) - before < 8 * MEBIBYTE);
    await slow.session.expectClosed();
    await talker.send("1");
    await talker.closed();
  },
);

besieged(
  "--socketio-connect-timeout: who is in no namespace is closed",
  [...SHORT, "--socketio-connect-timeout", "500ms"],
  async (server) => {
    const attack = async () => {
      const socket = await EngineWebSocket.open(server, { path });
      await socket.closed();
      const session = await PollingSession.open(server, path);
      assert.deepEqual(await session.poll(), ["1"]);
      await session.expectClosed();
    };
    await Promise.all(Array.from({ length: CROWD }, attack));
  },
);

const NO_ANSWER = ["--socketio-ping-interval", "300ms", "--socketio-ping-timeout", "1s"];

besieged(
  "--socketio-ping-interval, --socketio-ping-timeout: who does not answer is closed",
  [...SHORT, ...NO_ANSWER],
  async (server) => {
    const attack = async () => {
      const socket = await EngineWebSocket.open(server, { path });
      socket.send("40");
      const session = await PollingSession.open(server, path);
      await session.post("40");
      const silent = async () => {
        // Takes the ping, and polls again instead of answering it.
        for (let packets = []; !packets.includes("1"); packets = await session.poll());
      };
      assert.match(await socket.nextOfAll(), /^40/);
      assert.equal(await socket.nextOfAll(), "2");
      await Promise.all([silent(), socket.closed()]);
      await session.expectClosed();
    };
    await Promise.all(Array.from({ length: CROWD }, attack));
  },
);

besieged(
  "--socketio-upgrade-timeout: the WebSocket is closed, the session goes on",
  [...SHORT, "--socketio-upgrade-timeout", "500ms"],
  async (server) => {
    const attack = async () => {
      const session = await PollingSession.open(server, path);
      const socket = await EngineWebSocket.probe(server, session, { path });
      await socket.closed();
      await session.post("40");
      while (!/^40\{"sid"/.test(await session.next()));
      await session.post("1");
    };
    await Promise.all(Array.from({ length: CROWD }, attack));
  },
);

besieged(
  "--socketio-close-timeout: a session whose end nobody fetches is not kept",
  [
    ...SHORT,
    "--socketio-connect-timeout",
    "300ms",
    "--socketio-close-timeout",
    "300ms",
    "--socketio-max-sessions",
    "1",
  ],
  async (server) => {
    for (let i = 0; i < 3; ++i) {
      await until(async () => {
        const { status } = await engineRequest(server, path, { EIO: 4, transport: "polling" });
        return status === 200 || (await delay(20, false));
      }, "the end of the session before");
    }
  },
);

besieged("0: who is in no namespace stays", [...SHORT, "--socketio-connect-timeout", "0"], async (server) => {
  const socket = await EngineWebSocket.open(server, { path });
  assert.equal(await Promise.race([socket.closed(), delay(1000, "open")]), "open");
  socket.abort();
});

for (const [transport, open] of Object.entries(wires)) {
  besieged(
    `events above the rate wait, in order, and none is lost: ${transport}`,
    [...SHORT, "--max-messages-per-second", "500", "--max-message-burst", "100"],
    async (server) => {
      const wire = await connectWire(open, server);
      const begin = performance.now();
      await wire.send(...Array(1000).fill('42["message"]')); // each gets an error
      for (let i = 0; i < 1000; ++i) assert.match(await within(wire.next(), "an answer"), /^42\["error"/);
      const took = performance.now() - begin;
      assert.ok(took > 1500, `900 events above the burst at 500 a second took ${took} ms`);
      await wire.send("1");
      await wire.closed();
    },
  );
}

besieged(
  "a flood of events, acknowledgements and namespaces harms nobody else",
  [...SHORT, "--max-messages-per-second", "50", "--max-message-burst", "100"],
  async (server, t, siege) => {
    const floods = {
      events: event("x", "y"),
      acknowledgements: "4399[1]",
      namespaces: "40/nowhere,",
      pongs: "3",
      noops: "6",
    };
    for (const [name, packet] of Object.entries(floods)) {
      const before = peakResidentBytes(server.pid);
      const wire = await connectWire(wires.websocket, server);
      for (let i = 0; i < 20; ++i) {
        await wire.send(...Array(1000).fill(packet));
        await new Promise(setImmediate);
        await siege.exchange();
      }
      wire.socket.abort();
      assert.ok(peakResidentBytes(server.pid) - before < 16 * MEBIBYTE, name);
    }
  },
);
