// The demo's signaling.js under Node, with the WebSocket of the package `ws`, impatient, and with a record of its events.

import { WebSocket } from "ws";
import { SignalingClient } from "../../../../examples/web/signaling.js";

globalThis.WebSocket = WebSocket;

const EVENTS = [
  "state",
  "resumed",
  "joined",
  "left",
  "members",
  "peer-joined",
  "peer-left",
  "peer-away",
  "peer-back",
  "message",
  "error",
];
const IMPATIENT = { minDelayMs: 10, maxDelayMs: 50, connectTimeoutMs: 1_000, pongTimeoutMs: 1_000 };

/** A client of the server, or of a proxy before it. It is closed when the test `t` ends. */
export function makeClient(t, server, options = {}) {
  const url = new URL("/signaling", server.url.replace("http", "ws"));
  const client = new SignalingClient(url, { ...IMPATIENT, ...options });
  client.events = []; // {type, detail}
  for (const type of EVENTS)
    client.addEventListener(type, ({ detail }) => client.events.push({ type, detail }));
  /** What was told under that name. */
  client.told = (type) => client.events.filter((event) => event.type === type).map(({ detail }) => detail);
  t.after(() => client.close());
  return client;
}

/** Connected, and in the room. */
export async function enter(t, server, room, options) {
  const client = makeClient(t, server, options);
  await client.connect();
  await client.join(room);
  return client;
}
