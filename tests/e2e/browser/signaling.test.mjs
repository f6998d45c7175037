// The demo's signaling.js against a server that the test plays, so that every misfortune comes when it is
// wanted.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Browser, WEB_FOLDER } from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";

const ADDRESS = "ws://signaling.test/signaling";
const WELCOME = { type: "welcome", peer: "p1", resume: "s3cret", heartbeatMs: 25_000, iceServers: [] };

let server, browser, page;
let connections; // what came: {query, received, pings, say(message), close(code)}
let answer; // what the played server does: (connection, number, message or null when it has just opened)
let answersPings;

before(async () => {
  server = await startServer(["--static", WEB_FOLDER]);
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  page = await browser.newPage();
  connections = [];
  answersPings = () => true;
  await page.routeWebSocket(`${ADDRESS}**`, (socket) => {
    const number = connections.length;
    const connection = {
      query: Object.fromEntries(new URL(socket.url()).searchParams),
      received: [], // all but the pings
      pings: 0,
      say: (message) => socket.send(JSON.stringify(message)),
      close: (code = 1001) => socket.close({ code }),
    };
    connections.push(connection);
    socket.onMessage((text) => {
      const message = JSON.parse(text);
      if (message.type === "ping")
        return ++connection.pings && answersPings(number) && connection.say({ type: "pong" });
      connection.received.push(message);
      answer(connection, number, message);
    });
    answer(connection, number, null);
  });
  await page.goto(server.url);
});

// A client that is still there would connect anew in the middle of the next test.
afterEach(() => page.close());

// A client in the page, and a list of what it tells.
async function connect(options = {}) {
  return page.evaluate(
    async ([address, settings]) => {
      const { SignalingClient } = await import("/signaling.js");
      const client = new SignalingClient(address, settings);
      const events = [];
      for (const type of ["state", "joined", "peer-joined", "error", "going-away"]) {
        client.addEventListener(type, ({ detail }) => events.push({ type, ...detail }));
      }
      Object.assign(window, { client, events });
      return client.connect().then(
        () => "open",
        (error) => error.code,
      );
    },
    [ADDRESS, { minDelayMs: 20, maxDelayMs: 160, ...options }],
  );
}

async function statesOf() {
  return page.evaluate(() => window.events.filter(({ type }) => type === "state"));
}

async function until(condition, argument) {
  await page.waitForFunction(condition, argument);
}

function welcomeAndJoin(connection, number, message) {
  if (!message) connection.say(WELCOME);
  if (message?.type === "join")
    connection.say({ ...message, type: "joined", peer: "p1", version: 1, peers: [] });
}

test("a reconnect proves with the resume secret that it is the same peer", { timeout: 30_000 }, async () => {
  answer = (connection, number) => {
    connection.say(WELCOME);
    if (number === 0) connection.close();
  };
  assert.equal(await connect(), "open");
  await until(() => window.events.filter(({ state }) => state === "open").length === 2);
  assert.deepEqual(
    connections.map(({ query }) => query),
    [{ keep: "60" }, { keep: "60", peer: "p1", resume: "s3cret" }],
  );
});

test("an identity that is refused is given up for a new one", { timeout: 30_000 }, async () => {
  answer = (connection, number) => {
    if (number === 1)
      connection.say({ type: "error", code: "id_in_use", message: "That peer id is in use." });
    else connection.say(WELCOME);
    if (number < 2) connection.close();
  };
  assert.equal(await connect(), "open");
  await until(() => window.events.filter(({ state }) => state === "open").length === 2);
  assert.deepEqual(
    connections.map(({ query }) => "resume" in query),
    [false, true, false],
  );
});

test("who is refused is told so and does not try again", { timeout: 30_000 }, async () => {
  answer = (connection) => {
    connection.say({ type: "error", code: "unauthorized", message: "You are not admitted." });
    connection.close();
  };
  assert.equal(await connect(), "unauthorized");
  assert.deepEqual((await statesOf()).at(-1).state, "closed");
});

test(
  "after a reconnect the rooms are entered again, with the newest metadata",
  { timeout: 30_000 },
  async () => {
    answer = welcomeAndJoin;
    await connect();
    await page.evaluate(async () => {
      await window.client.join("a", { name: "Ada" });
      window.client.update("a", { name: "Ada", mic: false }).catch(() => {});
    });
    connections[0].close();
    await until(() => window.events.some(({ type, rejoined }) => type === "joined" && rejoined));
    const [{ type, room, metadata }] = connections[1].received;
    assert.deepEqual(
      { type, room, metadata },
      { type: "join", room: "a", metadata: { name: "Ada", mic: false } },
    );
  },
);

test("a room that cannot be entered again is reported, and given up", { timeout: 30_000 }, async () => {
  answer = (connection, number, message) => {
    if (number === 0 || !message) return welcomeAndJoin(connection, number, message);
    connection.say({ type: "error", code: "room_full", message: "The room is full.", id: message.id });
  };
  await connect();
  await page.evaluate(() => window.client.join("a"));
  connections[0].close();
  await until(() =>
    window.events.some(({ type, code, room }) => type === "error" && code === "room_full" && room === "a"),
  );
  connections[1].close();
  await until(() => window.events.filter(({ state }) => state === "open").length === 3);
  assert.deepEqual(connections[2].received, []);
});

test("requests that were under way when the connection broke are rejected", { timeout: 30_000 }, async () => {
  answer = (connection, number, message) => (message ? connection.close() : connection.say(WELCOME));
  await connect();
  const code = await page.evaluate(() => window.client.join("a").catch((error) => error.code));
  assert.equal(code, "disconnected");
});

test("answers find their requests by id, whatever their order", { timeout: 30_000 }, async () => {
  const requests = [];
  answer = (connection, number, message) => {
    if (!message) return connection.say(WELCOME);
    if (requests.push(message) < 2) return;
    connection.say({ type: "sent", id: requests[1].id });
    connection.say({ type: "error", code: "peer_not_found", message: "No such peer.", id: requests[0].id });
  };
  await connect();
  const [lost, sent] = await page.evaluate(() =>
    Promise.all([
      window.client.message("nobody", 1).catch((error) => error.code),
      window.client.message("p2", 2).then(({ type }) => type),
    ]),
  );
  assert.deepEqual([lost, sent], ["peer_not_found", "sent"]);
});

test(
  "each attempt waits twice as long as the one before, up to a limit, with jitter",
  { timeout: 30_000 },
  async () => {
    answer = (connection, number) => (number < 6 ? connection.close() : connection.say(WELCOME));
    assert.equal(await connect(), "open");
    const delays = (await statesOf())
      .filter(({ state }) => state === "waiting")
      .map(({ delayMs }) => delayMs);
    const limits = [20, 40, 80, 160, 160, 160];
    assert.equal(delays.length, limits.length);
    for (const [i, limit] of limits.entries()) {
      assert.ok(
        delays[i] >= limit / 2 && delays[i] <= limit,
        `attempt ${i}: ${delays[i]} ms, limit ${limit}`,
      );
    }
  },
);

test(
  "a server that goes away says when to come back, and a random part is added",
  { timeout: 30_000 },
  async () => {
    answer = (connection, number) => {
      connection.say(WELCOME);
      if (number > 0) return;
      connection.say({ type: "going-away", reconnectMs: 300 });
      connection.close();
    };
    await connect();
    await until(() => window.events.filter(({ state }) => state === "open").length === 2);
    const { delayMs } = (await statesOf()).find(({ state }) => state === "waiting");
    assert.ok(delayMs >= 300 && delayMs <= 600, `${delayMs} ms`);
  },
);

test("a server that answers no ping is left", { timeout: 30_000 }, async () => {
  answer = (connection) => connection.say({ ...WELCOME, heartbeatMs: 50 });
  answersPings = (number) => number > 0;
  await connect({ pongTimeoutMs: 200 });
  await until(() => window.events.filter(({ state }) => state === "open").length === 2);
  // Twice as long as a ping may stay unanswered.
  while (connections[1].pings < 8) await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal((await statesOf()).at(-1).state, "open", "the one that answers is kept");
  assert.equal(connections.length, 2);
});

test(
  "a connection says something at once, before the server's first-message deadline",
  { timeout: 30_000 },
  async () => {
    answer = (connection, number, message) =>
      connection.say(message ? { type: "sent", id: message.id } : WELCOME);
    await connect();
    await page.evaluate(() => window.client.message("p2", "comes after the ping"));
    assert.equal(connections[0].pings, 1);
  },
);

for (const [closeCode, error] of [
  [4403, "kicked"],
  [4409, "replaced"],
]) {
  test(`close code ${closeCode} (${error}) is final`, { timeout: 30_000 }, async () => {
    answer = welcomeAndJoin;
    await connect();
    await page.evaluate(() => window.client.join("a"));
    connections[0].close(closeCode);
    await until((code) => window.events.some((event) => event.code === code), error);
    assert.equal((await statesOf()).at(-1).state, "closed");
  });
}

test("who is kicked learns why, once", { timeout: 30_000 }, async () => {
  answer = welcomeAndJoin;
  await connect();
  connections[0].say({ type: "error", code: "kicked", message: "Be kind." });
  connections[0].close(4403);
  await until(() => window.client.state === "closed");
  const told = await page.evaluate(() => window.events.filter(({ code }) => code === "kicked"));
  assert.deepEqual(
    told.map(({ message }) => message),
    ["Be kind."],
  );
});

test("who is refused because the server is full tries again", { timeout: 30_000 }, async () => {
  answer = (connection, number) => {
    if (number === 2) return connection.say(WELCOME);
    connection.say({ type: "error", code: "too_many_peers", message: "The server is full." });
    connection.close(1013);
  };
  assert.equal(await connect(), "open");
  assert.equal(connections.length, 3);
});

test("the program of examples/web/README.md works with the real server", { timeout: 30_000 }, async () => {
  const readme = await readFile(join(WEB_FOLDER, "README.md"), "utf8");
  const [, program] = /```js\n([\s\S]*?)```/.exec(readme);
  const lines = [];
  const pages = [page, await browser.newPage()];
  await pages[1].goto(server.url);
  for (const each of pages) {
    each.on("console", (message) => lines.push(message.text()));
    const entered = each.waitForEvent("console", (message) =>
      /^in the room with \d others$/.test(message.text()),
    );
    await each.addScriptTag({ type: "module", content: program });
    await entered;
  }
  const greeted = () => lines.some((line) => line.endsWith(" says welcome, Ada"));
  if (!greeted()) await pages[1].waitForEvent("console", greeted);
});
