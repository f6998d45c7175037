// The page of WebRTC_sample comes from another origin than its server: what browsers ask for (Fetch standard, CORS
// protocol), with credentials.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import WebSocket from "ws";
import { DEADLINE_MS, within } from "../support/deadline.mjs";
import { startServer } from "../support/server.mjs";
import { SeedClient } from "./support/seed_client.mjs";

const PAGE = "http://localhost:5173";
const FOREIGN = ["http://localhost:5174", "https://localhost:5173", "http://localhost:5173.evil.example", "null"];
const PATH = "/socket.io/?EIO=4&transport=polling";
let server;

before(async () => (server = await startServer(["--vocabulary", "email-calls", "--cors-origin", PAGE])));
after(async () => assert.equal(await server.stop(), 0));

/** {status, cors, vary}: `cors` holds the headers Access-Control-…, without that part of their names. */
async function ask(path, origin, init = {}) {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const headers = { Origin: origin, ...init.headers };
  const response = await fetch(new URL(path, server.url), { ...init, headers, signal });
  const text = await response.text();
  const cors = [...response.headers]
    .filter(([name]) => name.startsWith("access-control-"))
    .map(([name, value]) => [name.slice("access-control-".length), value]);
  return { status: response.status, cors: Object.fromEntries(cors), vary: response.headers.get("vary"), text };
}

const preflight = { method: "OPTIONS", headers: { "Access-Control-Request-Method": "POST" } };

describe("the page's origin", () => {
  const allowed = { "allow-origin": PAGE, "allow-credentials": "true" };

  test("a preflight allows it, credentials, GET and POST, and the headers it asks for", async () => {
    const headers = { ...preflight.headers, "Access-Control-Request-Headers": "content-type,x-mine" };
    const { status, cors, vary } = await ask(PATH, PAGE, { ...preflight, headers });
    assert.equal(status, 204);
    assert.equal(vary, "Origin");
    const { "allow-methods": methods, "allow-headers": asked, "max-age": _, ...rest } = cors;
    assert.deepEqual(rest, allowed);
    assert.deepEqual(methods.split(", ").sort(), ["GET", "POST"]);
    assert.deepEqual(asked.split(/, ?/).sort(), ["content-type", "x-mine"]);
  });

  test("so do the answers: handshake, poll, POST, and errors", async () => {
    const handshake = await ask(PATH, PAGE);
    const { sid } = JSON.parse(handshake.text.slice(1));
    const post = await ask(`${PATH}&sid=${sid}`, PAGE, { method: "POST", body: "40" });
    const poll = await ask(`${PATH}&sid=${sid}`, PAGE);
    const unknown = await ask(`${PATH}&sid=unknown`, PAGE);
    const answers = [handshake, post, poll, unknown];
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 400]);
    for (const { cors, vary } of answers) assert.deepEqual({ cors, vary }, { cors: allowed, vary: "Origin" });
  });

  test("socket.io-client connects from there on each transport", async () => {
    for (const transports of [["polling"], ["websocket"]]) {
      const options = { transports, extraHeaders: { Origin: PAGE }, withCredentials: true, marker: "join_room" };
      const client = await SeedClient.connect(server, options);
      client.emit("join_room", { roomID: "r", emailID: `${transports}@x` });
      await client.expect(["joined_room", { roomID: "r" }]);
      await client.close();
    }
  });
});

for (const origin of FOREIGN) {
  describe(`the origin ${origin}`, () => {
    test("is told of no permission in a preflight", async () => {
      assert.deepEqual((await ask(PATH, origin, preflight)).cors, {});
    });

    test("gets no session, and no header that lets the page read the answer", async () => {
      const { status, cors, text } = await ask(PATH, origin);
      assert.deepEqual({ status, cors, ...JSON.parse(text) }, { status: 403, cors: {}, code: 4, message: "Forbidden" });
      assert.deepEqual((await ask("/connections", origin)).cors, {});
    });

    test("gets no WebSocket", async () => {
      const url = `${server.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
      const socket = new WebSocket(url, { origin });
      const refused = new Promise((resolve, reject) => {
        socket.once("unexpected-response", (_, response) => resolve(response.resume().statusCode));
        socket.once("open", () => reject(new Error("it was let in")));
      });
      assert.equal(await within(refused, "the refusal"), 403);
    });
  });
}
