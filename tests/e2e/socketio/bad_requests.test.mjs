// HTTP requests that are no good: they get the error of the protocol, and disturb nobody else (Engine.IO protocol, 4th
// revision; codes as in the reference server).

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { exchange, request } from "../support/raw_http.mjs";
import { startServer } from "../support/server.mjs";
import { Bystanders } from "./support/bystanders.mjs";
import { EngineWebSocket } from "./support/engine_websocket.mjs";
import { PollingSession, SEPARATOR, engineRequest } from "./support/polling_session.mjs";

const path = "/socket.io/";
const MAX_PAYLOAD = 1_000_000;

const POLLING = { EIO: 4, transport: "polling" };
const WEBSOCKET = { EIO: 4, transport: "websocket" };
const foreign = { headers: { origin: "https://elsewhere.example" } };

let server;
let bystanders;

before(async () => {
  server = await startServer(["--log-level", "error"]);
  bystanders = await Bystanders.join(server);
});
after(async () => {
  await bystanders.leave();
  assert.equal(server.output, server.stdout, "nothing to complain about");
  assert.equal(await server.stop(), 0);
});

/** A test after which the bystanders go on, and new clients are welcome. */
function testBesides(name, run) {
  test(name, async () => {
    await run();
    await bystanders.expectUndisturbed();
    const session = await PollingSession.open(server, path);
    await session.post("40");
    assert.match(await session.next(), /^40\{"sid":/);
    await session.post("1");
  });
}

describe("requests for a session that there is not", () => {
  const refused = [
    ["an unknown session", { ...POLLING, sid: "AAAAAAAAAAAAAAAAAAAAAA" }, {}, 1],
    ["a session called __proto__", { ...POLLING, sid: "__proto__" }, {}, 1],
    ["a session called constructor, by POST", { ...POLLING, sid: "constructor" }, { method: "POST", body: "40" }, 1],
    ["an empty session", { ...POLLING, sid: "" }, {}, 1],
    ["a transport that there is not", { EIO: 4, transport: "webtransport" }, {}, 0],
    ["a transport called constructor", { EIO: 4, transport: "constructor" }, {}, 0],
    ["the version before", { EIO: 3, transport: "polling" }, {}, 5],
    ["a handshake by POST", POLLING, { method: "POST", body: "40" }, 2],
    ["a handshake by PUT", POLLING, { method: "PUT", body: "40" }, 2],
    ["a WebSocket without an upgrade", WEBSOCKET, {}, 3],
    ["a page of another origin", POLLING, foreign, 4, 403],
  ];
  for (const [name, query, init, code, expected = 400] of refused) {
    testBesides(`${name}: code ${code}`, async () => {
      const { status, text } = await engineRequest(server, path, query, init);
      assert.deepEqual({ status, code: JSON.parse(text).code }, { status: expected, code });
    });
  }

  testBesides("a WebSocket for an unknown session: code 1", async () => {
    const { status, text } = await new EngineWebSocket(server, { path, sid: "__proto__" }).refused;
    assert.deepEqual({ status, code: JSON.parse(text).code }, { status: 400, code: 1 });
  });
});

async function connectSession() {
  const session = await PollingSession.open(server, path);
  await session.post("40");
  await session.next();
  return session;
}

describe("requests of a session", () => {
  testBesides("by its WebSocket's name without an upgrade: code 3, and it goes on", async () => {
    const session = await connectSession();
    const { status, text } = await engineRequest(server, path, { ...WEBSOCKET, sid: session.sid });
    assert.deepEqual({ status, code: JSON.parse(text).code }, { status: 400, code: 3 });
    await session.post("42[\"message\"]");
    assert.match(await session.next(), /^42\["error"/);
  });

  testBesides("from a page of another origin: code 4, and it goes on", async () => {
    const session = await connectSession();
    const { status, text } = await session.request({ method: "POST", body: "41", ...foreign });
    assert.deepEqual({ status, code: JSON.parse(text).code }, { status: 403, code: 4 });
    await session.post("42[\"message\"]");
    assert.match(await session.next(), /^42\["error"/);
  });

  testBesides("a body over the bound: 413, and it goes on", async () => {
    const session = await connectSession();
    // As bytes: fetch() may take the early answer for a broken connection while it still sends.
    const target = `${path}?${new URLSearchParams({ ...POLLING, sid: session.sid })}`;
    for (const body of ["4".repeat(MAX_PAYLOAD + 1), `42["message","${"x".repeat(10 * MAX_PAYLOAD)}"]`]) {
      const bytes = request("POST", target, [`Content-Length: ${body.length}`], body);
      assert.equal((await exchange(server, bytes)).status, 413);
    }
    await session.post("42[\"message\"]");
    assert.match(await session.next(), /^42\["error"/);
  });

  testBesides("more packets in a body than there may be: code 3, and it is over", async () => {
    const session = await connectSession();
    const body = Array(4097).fill("6").join(SEPARATOR);
    const { status, text } = await session.request({ method: "POST", body });
    assert.deepEqual({ status, code: JSON.parse(text).code }, { status: 400, code: 3 });
    await session.expectClosed();
  });

  testBesides("two polls at a time: one gets a close packet, the other 400, and it is over", async () => {
    const session = await connectSession();
    const answers = await Promise.all([session.request(), session.request()]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
    assert.equal(answers.find(({ status }) => status === 200).text, "1");
    await session.expectClosed();
  });

  testBesides("a second WebSocket while one is on its way is closed, and disturbs neither", async () => {
    const session = await connectSession();
    const first = await EngineWebSocket.probe(server, session, { path });
    await new EngineWebSocket(server, { path, sid: session.sid }).closed();
    first.send("5", "42[\"message\"]");
    assert.match(await first.next(), /^42\["error"/);
    first.send("1");
    await first.closed();
  });
});
