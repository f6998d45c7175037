// What bounds a session, from outside.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NativeClient, joinClients } from "../support/native_client.mjs";
import { startServer } from "../support/server.mjs";
import { SessionClient } from "../support/session_client.mjs";
import { until } from "../support/deadline.mjs";

/** A client whose peer stays, in a room, with all its news read. */
async function joined(t, server, room, options) {
  const client = new SessionClient(() => `${server.url.replace("http", "ws")}/signaling`, options);
  client.connect();
  client.send({ type: "join", room });
  await until(() => client.heard.length > 0, "joined");
  t.after(() => client.close());
  return client;
}

describe("a short grace", () => {
  let server;
  before(async () => {
    const options = ["--max-resume", "2s", "--away-after", "300ms", "--max-unacknowledged-bytes", "2000"];
    server = await startServer(options);
  });
  after(async () => assert.equal(await server.stop(), 0));

  test("--max-resume bounds what a client asks for, and --away-after what the others see", async (t) => {
    const [other] = await joinClients(t, server, 1, "grace");
    const client = await joined(t, server, "grace", { retryMs: 1_000_000 });
    assert.equal(client.welcomes[0].keep, 2);
    assert.equal((await other.next()).type, "peer-joined");
    const lost = performance.now();
    client.lose();
    assert.deepEqual(await other.next(), { type: "peer-away", room: "grace", version: 2, peer: client.id });
    assert.ok(performance.now() - lost >= 290);
    const left = { type: "peer-left", room: "grace", version: 3, peer: client.id, reason: "timeout" };
    assert.deepEqual(await other.next(), left);
    assert.ok(performance.now() - lost >= 1990);
    client.connect();
    await until(() => client.welcomes.length === 2, "welcome");
    assert.equal(client.welcomes[1].resumed, "none");
    assert.equal(client.welcomes[1].reason, "expired");
  });

  test("--max-unacknowledged-bytes bounds what is sent again", async (t) => {
    const [other] = await joinClients(t, server, 1, "bytes");
    const client = await joined(t, server, "bytes");
    await other.next();
    client.stopReading();
    for (let i = 0; i < 40; ++i) {
      assert.equal((await other.request({ type: "message", to: client.id, data: "x".repeat(100) })).type, "sent");
    }
    client.lose();
    await until(() => client.welcomes.length === 2, "welcome");
    const welcome = client.welcomes[1];
    assert.equal(welcome.resumed, "rooms");
    await until(() => client.heard.filter((message) => message.type === "message").length === 40 - welcome.lost, "the rest");
    assert.ok(welcome.lost >= 20);
    assert.equal(client.heard[1].type, "members");
  });

  test("a client that means to go, or does not ask, leaves at once", async (t) => {
    const [other] = await joinClients(t, server, 1, "intent");
    const goes = await joined(t, server, "intent");
    assert.equal((await other.next()).type, "peer-joined");
    goes.close();
    assert.equal((await other.next()).reason, "disconnect");
    const [silent] = await joinClients(t, server, 1, "intent");
    assert.equal((await other.next()).type, "peer-joined");
    await silent.reset();
    assert.equal((await other.next()).reason, "disconnect");
  });
});

test("--max-resume 0: no peer stays", async (t) => {
  const server = await startServer(["--max-resume", "0"]);
  t.after(async () => assert.equal(await server.stop(), 0));
  const client = await NativeClient.connect(server, { query: { keep: "60" } });
  assert.equal(client.welcome.keep, undefined);
  await client.close();
});
