// What the clients of webrtc-signalling-server rely on, message by message.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { makeCertificate, temporaryFolder, tlsOptions } from "../support/certificate.mjs";
import { exchange, request } from "../support/raw_http.mjs";
import { startServer } from "../support/server.mjs";
import { VertexClient } from "./support/vertex_client.mjs";

const CERTIFICATE = makeCertificate(temporaryFolder());
let server;

/** A test on a server of its own, with so many registered clients, whose lists are read. */
function withClients(name, count, run) {
  test(name, async () => {
    server = await startServer(["--threads", "2", "--listen", "127.0.0.1:0", ...tlsOptions(CERTIFICATE)]);
    try {
      const clients = [];
      for (const id of ["a", "b", "c"].slice(0, count)) {
        const client = await VertexClient.register(server, id);
        for (const other of clients) await other.expectPeers(...clients, client);
        clients.push(client);
      }
      await run(...clients);
    } finally {
      assert.equal(await server.stop(), 0);
    }
  });
}

describe("registration", () => {
  withClients("new: everybody gets the list of all, the new one too, with all that each has told", 3, async (a, b, c) => {
    assert.deepEqual(a.peers, [a.self]);
    const byId = (x, y) => (x.id < y.id ? -1 : 1);
    assert.deepEqual(c.peers.sort(byId), [a.self, b.self, c.self].sort(byId));
  });

  withClients("whoever is left gets the list again when somebody goes", 3, async (a, b, c) => {
    await b.close();
    await a.expectPeers(a, c);
    await c.expectPeers(a, c);
    c.socket.terminate();
    await a.expectPeers(a);
  });

  withClients("a connection that never said new gets nothing", 1, async (a) => {
    const silent = await VertexClient.connect(server);
    const b = await VertexClient.register(server, "later");
    await a.expectPeers(a, b);
    silent.send({ type: "bogus" });
    await silent.expectType("error"); // its first message
    await silent.close();
    await a.expectNothing();
    await b.close();
  });

  withClients("what new told stays, also when later messages carry less", 1, async (a) => {
    a.send({ type: "candidate", data: { to: a.id } });
    await a.expectType("candidate");
    const b = await VertexClient.register(server, "later");
    await a.expectPeers(a, b);
    await b.close();
    await a.expectPeers(a);
  });

  withClients("the app's handshake has a key of eight bytes, in lower case", 0, async () => {
    const fields = ["user-agent: Dart/2.17 (dart:io)", "connection: Upgrade", "accept-encoding: gzip", "content-length: 0"];
    const upgrade = ["upgrade: websocket", "sec-websocket-version: 13", "sec-websocket-key: q9wepamdwlu="];
    for (const tls of [undefined, {}]) {
      const answer = await exchange(server, request("GET", "/ws", [...fields, ...upgrade]), { tls });
      assert.deepEqual([answer.status, answer.headers.get("upgrade")], [101, "websocket"]);
    }
  });

  withClients("over TLS", 0, async () => {
    const client = await VertexClient.register(server, "secure", {}, { secure: true });
    assert.deepEqual(client.peers, [client.self]);
    await client.close();
  });
});

describe("relay", () => {
  withClients("offer, answer and candidate reach whom they are for, as they were", 3, async (a, b, c) => {
    const texts = [
      `{"type":"offer", "data":{"to":"${b.id}","id":"${a.id}","description":{"type":"offer","sdp":"v=0\\r\\n"},"session_id":"a-b","media":"video"}}`,
      `{"data":{"to":"${b.id}","description":{"sdp":"\\u00e9"}},"type":"answer","extra":[1,{"2":3}]}`,
      `{"type":"candidate","data":{"candidate":{"candidate":"","sdpMLineIndex":0},"to":"${b.id}"}}`,
    ];
    for (const text of texts) {
      a.send(text);
      assert.equal(await b.nextText(), text);
    }
    await a.expectNothing(b, c);
    await c.expectNothing(a, b);
  });

  for (const type of ["offer", "answer", "candidate"]) {
    withClients(`${type} without an addressee is an error, to its sender alone`, 2, async (a, b) => {
      for (const data of [{}, { description: 1 }, undefined, null, []]) {
        a.send({ type, data });
        assert.deepEqual(await a.next(), { type: "error", data: "Peer to id not found" });
      }
      await b.expectNothing(a);
    });

    withClients(`${type} for somebody who is not there is an error, to its sender alone`, 2, async (a, b) => {
      a.send({ type, data: { to: "nobody" } });
      await a.expectType("error");
      a.send({ type, data: { to: "__proto__" } });
      await a.expectType("error");
      await b.expectNothing(a);
    });
  }
});

describe("bye", () => {
  withClients("both ends of the session get it", 3, async (a, b, c) => {
    const session_id = `${a.id}-${b.id}`;
    a.send({ type: "bye", data: { session_id, from: a.id } });
    for (const end of [a, b]) assert.deepEqual(await end.next(), { type: "bye", data: { to: end.id, session_id } });
    await c.expectNothing(a, b);
  });

  withClients("a missing session, and an end that is not there, are errors", 2, async (a, b) => {
    for (const data of [{}, { session_id: "" }, { session_id: 7 }, { session_id: "none" }]) {
      a.send({ type: "bye", data });
      await a.expectType("error");
    }
    a.send({ type: "bye", data: { session_id: "nobody-noone" } });
    await a.expectType("error");
    await b.expectNothing();
  });
});

describe("anything else", () => {
  withClients("leave is accepted in silence", 2, async (a, b) => {
    a.send({ type: "leave", data: { session_id: "x" } });
    await a.expectNothing();
    await b.expectNothing(a);
  });

  withClients("another type is an error that says so", 1, async (a) => {
    for (const type of ["bogus", "constructor", 7, null, undefined]) {
      a.send({ type, data: {} });
      const { data } = await a.expectType("error");
      assert.match(JSON.stringify(data), /Unable to process request, may not be correct/);
    }
  });

  withClients("text that is no request is an error to its sender, and to nobody else", 2, async (a, b) => {
    for (const text of ["", "no JSON", "[]", "null", '"x"', "{", '{"type":"offer","data":{"to":']) {
      a.send(text);
      await a.expectType("error");
    }
    await a.expectNothing();
    await b.expectNothing(a);
  });

  withClients("binary messages are ignored", 1, async (a) => {
    a.send(Buffer.from(JSON.stringify({ type: "bogus" })));
    await a.expectNothing();
  });
});
