// Each limit that a connection or a request has reached is counted, on the page of the metrics and under its own name.

import assert from "node:assert/strict";
import { PATIENT_CONFORMANCE } from "../socketio/support/conformance.mjs";
import { EngineWebSocket } from "../socketio/support/engine_websocket.mjs";
import { openSocket } from "../support/byte_stream.mjs";
import { until } from "../support/deadline.mjs";
import { exchange, request } from "../support/raw_http.mjs";
import { Opcode, RawWebSocket, fragments, frame } from "../support/raw_websocket.mjs";
import { besieged } from "../support/siege.mjs";

const CLOSE = ["Connection: close"];
const TIMES = 3;

/** How often each limit was reached. */
async function limitsReached(server) {
  const { body } = await exchange(server, request("GET", "/metrics", CLOSE));
  const samples = body.matchAll(/^signaling_(?:server|socketio)_limits_total\{limit="([a-z_]+)"\} (\d+)$/gm);
  return Object.fromEntries([...samples].map(([, limit, count]) => [limit, Number(count)]));
}

/** `reach(server)` reaches the limit once. */
function counted(limit, args, reach, options) {
  besieged(
    limit,
    args,
    async (server) => {
      const expected = await limitsReached(server);
      assert.equal(expected[limit], 0);
      for (let i = 0; i < TIMES; ++i) await reach(server);
      expected[limit] = TIMES;
      await until(async () => (await limitsReached(server))[limit] === TIMES, `the count of ${limit}`);
      assert.deepEqual(await limitsReached(server), expected, "and no other");
    },
    options,
  );
}

/** A connection that says this and no more, until the server hangs up. */
async function say(server, text = "") {
  const { socket, stream } = await openSocket(server);
  socket.write(text);
  await stream.rest();
  socket.destroy();
}

const POLL = "/socket.io/?EIO=4&transport=polling";
async function oneSessionTooMany(server) {
  const { body } = await exchange(server, request("GET", POLL, CLOSE));
  const { sid } = JSON.parse(body.slice(1));
  assert.equal((await exchange(server, request("GET", POLL, CLOSE))).status, 503);
  await exchange(server, request("POST", `${POLL}&sid=${sid}`, [...CLOSE, "Content-Length: 1"], "1"));
}

/** A client of Socket.IO that sends these packets, each when the one before was answered, and then is done. */
function socketio(...packets) {
  return async (server) => {
    const socket = await EngineWebSocket.open(server, { path: "/socket.io/" });
    for (const packet of packets) {
      socket.send(packet);
      if (packet !== "1") await socket.next();
    }
    await socket.closed();
  };
}

const asked = socketio("40", '42["ask"]', '42["ask"]', "1");
counted("max_namespaces", ["--socketio-max-namespaces", "1"], socketio("40", "40/rooms-mesh,", "1"));
counted("max_auth_bytes", ["--socketio-max-auth-bytes", "10"], socketio('40{"token":"secret"}', "1"));
counted("max_connects", ["--socketio-max-connects", "1"], async (server) => {
  const socket = await EngineWebSocket.open(server, { path: "/socket.io/" });
  socket.send("40", "40/rooms-mesh,");
  await socket.closed();
});
counted("max_pending_acks", [...PATIENT_CONFORMANCE, "--socketio-max-pending-acks", "1"], asked);
counted("max_sessions", ["--socketio-max-sessions", "1"], oneSessionTooMany);
counted("max_header", ["--max-header-fields", "12"], (server) =>
  exchange(server, request("GET", "/", Array(12).fill("a: b"))),
);
counted("max_body_bytes", ["--max-body-bytes", "10"], (server) =>
  exchange(server, request("POST", "/", ["Content-Length: 11"])),
);
counted("handshake_timeout", ["--handshake-timeout", "500ms"], (server) => say(server, "GET / HTTP/1.1\r\n"));
counted("tls_timeout", ["--handshake-timeout", "500ms"], (server) => say({ port: server.tlsPort }), {
  tls: true,
});
counted("http_idle_timeout", ["--http-idle-timeout", "500ms"], (server) =>
  say(server, request("POST", "/", ["Content-Length: 1"])),
);
counted("max_fragments", ["--max-fragments", "2"], async (server) => {
  const socket = await RawWebSocket.open(server, { path: "/signaling" });
  await socket.next();
  socket.send(...fragments(Opcode.text, ["", "", ""]));
  await socket.expectClose(1008);
  socket.destroy();
});
counted("close_timeout", ["--close-timeout", "500ms"], async (server) => {
  const before = (await limitsReached(server)).close_timeout;
  const socket = await RawWebSocket.open(server, { path: "/signaling" });
  await socket.next();
  socket.socket.pause(); // so that the end of the server's part is not answered
  socket.send(frame(3));
  await until(
    async () => (await limitsReached(server)).close_timeout > before,
    "the end of the time to close",
  );
  socket.destroy();
});
