// Clients of Socket.IO that send whatever packets they are told to, right or wrong, over each transport alike.

import { until, within } from "../../support/deadline.mjs";
import { EngineWebSocket } from "./engine_websocket.mjs";
import { PollingSession } from "./polling_session.mjs";

const path = "/socket.io/";

class PollingWire {
  constructor(session) {
    this.session = session;
  }

  /** In one body. Strings are packets of Engine.IO, Buffers become binary ones. */
  async send(...packets) {
    const text = packets.map((packet) => (Buffer.isBuffer(packet) ? `b${packet.toString("base64")}` : packet));
    await this.session.request({ method: "POST", body: text.join("\x1e") });
  }

  next() {
    return this.session.next();
  }

  /** The server ends the session: with a last packet for the poll, if there is one, and then it is unknown. */
  async closed() {
    const isUnknown = async () => (await this.session.request()).status === 400;
    await until(isUnknown, "the end of the session");
    await this.session.expectClosed();
  }
}

class WebSocketWire {
  constructor(socket) {
    this.socket = socket;
  }

  async send(...packets) {
    this.socket.send(...packets);
  }

  next() {
    return this.socket.next();
  }

  closed() {
    return this.socket.closed();
  }
}

/** Per transport a function that opens a session on the server. */
export const wires = {
  polling: async (server) => new PollingWire(await PollingSession.open(server, path)),
  websocket: async (server) => new WebSocketWire(await EngineWebSocket.open(server, { path })),
  "an upgraded session": async (server) => {
    const socket = await EngineWebSocket.probe(server, await PollingSession.open(server, path), { path });
    socket.send("5");
    return new WebSocketWire(socket);
  },
};

/** Such a client in the default namespace, with the `id` of its socket. */
export async function connectWire(open, server) {
  const wire = await open(server);
  await wire.send("40");
  wire.id = JSON.parse((await within(wire.next(), "the namespace")).slice(2)).sid;
  return wire;
}
