// Engine.IO over HTTP long-polling, against the echo of `--socketio-conformance` (Engine.IO protocol, 4th revision).

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "../support/deadline.mjs";
import { RawHttp, exchange, request } from "../support/raw_http.mjs";
import { conformanceServers } from "./support/conformance.mjs";
import { PollingSession, SEPARATOR, engineRequest } from "./support/polling_session.mjs";

const PATH = "/engine.io/";

const servers = conformanceServers();

async function refusal(query, init) {
  const { status, text } = await engineRequest(servers.patient, PATH, query, init);
  return { status, code: JSON.parse(text).code };
}

describe("handshake", () => {
  test("the first poll is answered with the session's settings", async () => {
    const { handshake } = await PollingSession.open(servers.hasty);
    const { sid, ...settings } = handshake;
    assert.match(sid, /^[\w-]{22}$/);
    assert.deepEqual(settings, {
      upgrades: ["websocket"],
      pingInterval: 300,
      pingTimeout: 200,
      maxPayload: 1_000_000,
    });
  });

  test("each session has an id of its own", async () => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => PollingSession.open(servers.patient)));
    assert.equal(new Set(sessions.map(({ sid }) => sid)).size, 20);
  });

  const refused = [
    ["no EIO", { transport: "polling" }, 5],
    ["EIO=3", { EIO: 3, transport: "polling" }, 5],
    ["EIO=abc", { EIO: "abc", transport: "polling" }, 5],
    ["no transport", { EIO: 4 }, 0],
    ["an unknown transport", { EIO: 4, transport: "__proto__" }, 0],
    ["websocket without an upgrade", { EIO: 4, transport: "websocket" }, 3],
    ["an unknown session", { EIO: 4, transport: "polling", sid: "__proto__" }, 1],
  ];
  for (const [name, query, code] of refused) {
    test(`${name} is refused with code ${code}`, async () => {
      assert.deepEqual(await refusal(query), { status: 400, code });
    });
  }

  for (const method of ["POST", "PUT", "DELETE"]) {
    test(`a ${method} opens no session`, async () => {
      assert.deepEqual(await refusal({ EIO: 4, transport: "polling" }, { method }), { status: 400, code: 2 });
    });
  }

  test("the slash at the end of the path may be missing", async () => {
    await PollingSession.open(servers.patient, "/engine.io");
  });
});

describe("messages", () => {
  test("a text message", async () => {
    const session = await PollingSession.open(servers.patient);
    await session.post("4hello");
    const { status, headers, text } = await session.request();
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "text/plain; charset=UTF-8");
    assert.equal(text, "4hello");
  });

  test("several packets in one body come back in one payload, in order, binary ones as base64", async () => {
    const session = await PollingSession.open(servers.patient);
    await session.post("4one", "bAQIDBA==", "4", "4th\u00e9\u{1f3ac}");
    assert.deepEqual(await session.poll(), ["4one", "bAQIDBA==", "4", "4th\u00e9\u{1f3ac}"]);
  });

  test("a poll that waits is answered when there is something", async () => {
    const session = await PollingSession.open(servers.patient);
    const waiting = session.next();
    await session.post("4later");
    assert.equal(await waiting, "4later");
  });

  test("a message of the size that the handshake allows", async () => {
    const session = await PollingSession.open(servers.patient);
    const large = `4${"x".repeat(session.handshake.maxPayload - 1)}`;
    await session.post(large);
    assert.equal(await session.next(), large);
  });

  test("a larger body is refused with 413, and the session goes on", async () => {
    const session = await PollingSession.open(servers.patient);
    const { status } = await session.request({ method: "POST", body: "4".repeat(1_000_001) });
    assert.equal(status, 413);
    await session.post("4still here");
    assert.equal(await session.next(), "4still here");
  });

  const invalid = {
    "no packet type": "abc",
    "nothing": "",
    "nothing between two separators": `4a${SEPARATOR}${SEPARATOR}4b`,
    "base64 that is none": "b!!!!",
    "a packet that only the server sends": "0{}",
    "an upgrade outside of a WebSocket": "5",
    "text that is no UTF-8": Buffer.from([0x34, 0xff]),
  };
  for (const [name, body] of Object.entries(invalid)) {
    test(`${name} in a body closes the session`, async () => {
      const session = await PollingSession.open(servers.patient);
      const { status, text } = await session.request({ method: "POST", body });
      assert.deepEqual({ status, code: JSON.parse(text).code }, { status: 400, code: 3 });
      await session.expectClosed();
    });
  }

  test("other methods are refused, and the session goes on", async () => {
    const session = await PollingSession.open(servers.patient);
    const { status, text } = await session.request({ method: "DELETE" });
    assert.deepEqual({ status, code: JSON.parse(text).code }, { status: 400, code: 3 });
    await session.post("4still here");
  });
});

describe("end", () => {
  test("a close packet ends the session; the poll that waits gets a noop", async () => {
    // The poll goes out first, but on another connection: it may come too late.
    for (let answer; answer !== "6"; ) {
      const session = await PollingSession.open(servers.patient);
      const waiting = session.request();
      await session.post("1");
      const { status, text } = await waiting;
      answer = text;
      assert.equal(status, answer === "6" ? 200 : 400);
      await session.expectClosed();
    }
  });

  test("a second poll at a time: the first gets a close packet, the second is refused", async () => {
    const session = await PollingSession.open(servers.patient);
    const answers = await Promise.all([session.request(), session.request()]);
    const [closed, refused] = answers.sort((a, b) => a.status - b.status);
    assert.deepEqual([closed.status, closed.text, refused.status], [200, "1", 400]);
    await session.expectClosed();
  });

  test("a poll that the client gives up ends the session at once, before a ping could notice it", async () => {
    const session = await PollingSession.open(servers.patient);
    const start = performance.now();
    const http = await RawHttp.open(servers.patient);
    http.write(request("GET", `${PATH}?EIO=4&transport=polling&sid=${session.sid}`));
    http.destroy();
    const gone = async () => (await session.request({ method: "POST", body: "3" })).status === 400;
    await until(gone, "the end of the session");
    assert.ok(performance.now() - start < session.handshake.pingInterval);
  });
});

describe("heartbeat", () => {
  test("pings come in the interval, each after the pong to the one before", async () => {
    const session = await PollingSession.open(servers.hasty);
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      assert.deepEqual(await session.poll(), ["2"]);
      assert.ok(performance.now() - start < 1000);
      await session.post("3");
    }
  });

  test("without a pong the session is over when interval and timeout have passed, whatever else comes", async () => {
    const session = await PollingSession.open(servers.hasty);
    const start = performance.now();
    assert.deepEqual(await session.poll(), ["2"]);
    let status = 200;
    while (status === 200) ({ status } = await session.request({ method: "POST", body: "4not a pong" }));
    const took = performance.now() - start;
    assert.ok(took > 400 && took < 1500, `${took} ms`);
    await session.expectClosed();
  });
});

describe("cross-origin", () => {
  test("answers and errors carry the header that lets a page read them", async () => {
    const headers = { origin: "https://page.example" };
    for (const query of [{ EIO: 4, transport: "polling" }, { EIO: 4 }]) {
      const answer = await engineRequest(servers.patient, PATH, query, { headers });
      assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    }
  });

  test("a preflight is answered", async () => {
    const answer = await exchange(
      servers.patient,
      request("OPTIONS", `${PATH}?EIO=4&transport=polling`, [
        "Origin: https://page.example",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type,x-token",
      ]),
      { method: "OPTIONS" },
    );
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    assert.equal(answer.headers.get("access-control-allow-methods"), "GET, POST");
    assert.equal(answer.headers.get("access-control-allow-headers"), "content-type,x-token");
  });
});
