// The real socket.io-client, against `--socketio-conformance`: namespaces, events and acknowledgements (Socket.IO
// protocol, 5th revision).

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before } from "node:test";
import { Manager } from "socket.io-client";
import { until, within } from "../support/deadline.mjs";
import { startServer } from "../support/server.mjs";
import { PATIENT_CONFORMANCE } from "./support/conformance.mjs";
import { onEachTransport } from "./support/each_transport.mjs";

const JSON_VALUES = [
  null,
  true,
  false,
  0,
  -1.5,
  1e21,
  5e-324,
  Number.MAX_SAFE_INTEGER,
  "",
  "\"\\/\b\f\n\r\t\u0000\u001e\u007f\u2028",
  "caf\u00e9 \u{1f3ac} \u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  [],
  {},
  [[], [null, [{ "": [0] }]]],
  { offer: { type: "offer", sdp: "v=0\r\n" }, "\u00e9": { "a b": [1, "2", { c: null }] } },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toString":null}'),
];

let server;

before(async () => (server = await startServer([...PATIENT_CONFORMANCE, "--threads", "2"])));
after(async () => assert.equal(await server.stop(), 0, server.output));

/** What the server acknowledges with. */
async function acknowledged(client, ...args) {
  const answer = new Promise((resolve) => client.emit("message-with-ack", ...args, (...back) => resolve(back)));
  return within(answer, "an acknowledgement");
}

/** The next event that is no question. */
async function nextAnswer(client) {
  let event;
  do event = await client.next();
  while (event[0] === "question");
  return event;
}

/** A connection for sockets of many namespaces. */
function openManager(t, options) {
  const manager = new Manager(server.url, { forceNew: true, reconnection: false, ...options });
  t.after(() => manager._close());
  return manager;
}

async function join(manager, namespace, auth) {
  const socket = manager.socket(namespace, { auth });
  const told = once(socket, "auth");
  await within(once(socket, "connect"), namespace);
  const [payload] = await within(told, "the auth payload");
  return { socket, payload };
}

async function refusal(manager, namespace) {
  const [error] = await within(once(manager.socket(namespace), "connect_error"), "a refusal");
  return { message: error.message, data: error.data };
}

function connectTests(testWith) {
  testWith("the server gets the auth payload, and an empty object without one", async (connect) => {
    await (await connect()).expect(["auth", {}]);
    const auth = { token: "123", nested: { list: [1, null] }, name: "\u{1f3ac}" };
    await (await connect({ auth })).expect(["auth", auth]);
  });

  testWith("__proto__ and constructor are keys like others in an auth payload", async (connect) => {
    const auth = JSON.parse('{"__proto__":{"token":"a"},"constructor":{"prototype":1}}');
    await (await connect({ auth })).expect(["auth", auth]);
  });

  testWith("the id of a socket is not that of its session, and no two have the same", async (connect) => {
    const clients = [await connect(), await connect(), await connect({ namespace: "/custom" })];
    const ids = clients.flatMap(({ socket }) => [socket.id, socket.io.engine.id]);
    assert.equal(new Set(ids).size, 6);
    for (const id of ids) assert.match(id, /^[\w-]{22}$/);
  });
}

function eventTests(testWith) {
  testWith("arguments of all kinds come back as they were", async (connect) => {
    const client = await connect();
    await client.expect(["auth", {}]);
    for (const value of JSON_VALUES) client.emit("message", value);
    await client.expect(...JSON_VALUES.map((value) => ["message-back", value]));
    client.emit("message", ...JSON_VALUES);
    client.emit("message");
    await client.expect(["message-back", ...JSON_VALUES], ["message-back"]);
  });

  testWith("acknowledgements carry all arguments, and each finds its event", async (connect) => {
    const client = await connect();
    assert.deepEqual(await acknowledged(client, ...JSON_VALUES), JSON_VALUES);
    assert.deepEqual(await acknowledged(client), []);
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    const answers = await Promise.all(numbers.map((i) => acknowledged(client, i, `answer ${i}`)));
    assert.deepEqual(answers, numbers.map((i) => [i, `answer ${i}`]));
  });

  testWith("a client's acknowledgements carry all arguments, in any order", async (connect) => {
    const client = await connect();
    await client.expect(["auth", {}]);
    const open = [];
    client.socket.on("question", (...args) => open.push(args));
    for (const value of JSON_VALUES) client.emit("ask", value);
    client.emit("ask", ...JSON_VALUES);
    client.emit("ask");
    const asked = [...JSON_VALUES.map((value) => [value]), JSON_VALUES, []];
    await until(() => open.length === asked.length, "all questions");
    assert.deepEqual(open.map((args) => args.slice(0, -1)), asked);
    for (const args of open.reverse()) args.at(-1)(...args.slice(0, -1));
    for (const args of asked.reverse()) assert.deepEqual((await nextAnswer(client)).slice(1), args);
  });

  testWith("an event that nobody handles, or of any name, disturbs nothing", async (connect) => {
    const client = await connect();
    await client.expect(["auth", {}]);
    for (const name of ["__proto__", "constructor", "toString", "", "caf\u00e9", "\u0000", "message-back", "auth"])
      client.emit(name, { name });
    client.emit("message", "after");
    await client.expect(["message-back", "after"]);
  });

  testWith("800 events and acknowledgements at once keep their order", async (connect) => {
    const client = await connect();
    await client.expect(["auth", {}]);
    const answers = [];
    for (let i = 0; i < 400; i++) {
      client.emit("message", i, "x".repeat(i));
      client.emit("message-with-ack", i, (back) => answers.push(back));
    }
    for (let i = 0; i < 400; i++) await client.expect(["message-back", i, "x".repeat(i)]);
    assert.deepEqual(await acknowledged(client, "last"), ["last"]);
    assert.deepEqual(answers, Array.from({ length: 400 }, (_, i) => i));
  });
}

function namespaceTests(testWith) {
  testWith("many namespaces share one connection, each with an id and a payload of its own", async (_, options, t) => {
    const manager = openManager(t, options);
    const [main, custom] = await Promise.all([join(manager, "/", { n: 1 }), join(manager, "/custom", { n: 2 })]);
    assert.deepEqual([main.payload, custom.payload], [{ n: 1 }, { n: 2 }]);
    assert.notEqual(main.socket.id, custom.socket.id);
    main.socket.emit("message", "to the main one");
    assert.deepEqual(await within(once(main.socket, "message-back"), "an answer"), ["to the main one"]);
  });

  testWith("a namespace that is not there is refused, and the others go on", async (_, options, t) => {
    const manager = openManager(t, options);
    const { socket } = await join(manager, "/");
    for (const namespace of ["/nowhere", "/__proto__", "/constructor", "/custom/", "/caf\u00e9", "/Custom"])
      assert.deepEqual(await refusal(manager, namespace), { message: "Invalid namespace", data: undefined });
    socket.emit("message", "still here");
    assert.deepEqual(await within(once(socket, "message-back"), "an answer"), ["still here"]);
  });

  testWith("one namespace is left and entered again, and the others go on", async (_, options, t) => {
    const manager = openManager(t, options);
    const { socket: main } = await join(manager, "/");
    const { socket: custom } = await join(manager, "/custom");
    for (let i = 0; i < 3; i++) {
      const { id } = custom;
      custom.disconnect();
      custom.auth = { again: i };
      const told = once(custom, "auth");
      custom.connect();
      assert.deepEqual(await within(told, "the payload"), [{ again: i }]);
      assert.notEqual(custom.id, id);
    }
    main.emit("message", "still here");
    assert.deepEqual(await within(once(main, "message-back"), "an answer"), ["still here"]);
  });
}

onEachTransport(() => server, (testWith) => {
  connectTests(testWith);
  eventTests(testWith);
  namespaceTests(testWith);
});
