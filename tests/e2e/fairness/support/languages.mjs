// What clients say in each language of the server: `enter` makes a member, who says things to another with `say` and
// floods with what `floods` gives, for another whom it may address and for itself.

import { within } from "../../support/deadline.mjs";
import { PollingWire, WebSocketWire } from "./wire.mjs";

/** Where all are, and what the flooder floods. */
const ROOM = "everybody";

/** The next text for which `find` gives something: that. */
function expectText(wire, find) {
  const found = new Promise((resolve, reject) => {
    wire.onClosed = (reason) => reject(new Error(`closed on arrival: ${reason}`));
    wire.onText = (text) => {
      const what = find(text);
      if (what) resolve(what);
    };
  });
  return within(found, "a member that has arrived");
}

class Member {
  /** `name`: its own word for itself; `id`: the server's. */
  constructor(wire, name) {
    Object.assign(this, { wire, name, id: name });
  }

  send(text) {
    this.wire.send(text);
  }

  listen(onText, onClosed) {
    this.wire.onText = onText;
    this.wire.onClosed = onClosed;
  }
}

/** Answers the pings of Engine.IO. */
class SocketIoMember extends Member {
  listen(onText, onClosed) {
    super.listen((text) => (text === "2" ? this.send("3") : onText(text)), onClosed);
  }
}

const json = (...messages) => messages.map((message) => JSON.stringify(message));
const small = "small";
const large = "x".repeat(250_000);
/** As long as metadata may be, with what is around it. */
const label = (letter) => letter.repeat(3_900);

const native = {
  async enter(port, name, { deflate = false } = {}) {
    const member = new Member(new WebSocketWire(port, "/signaling", { subprotocol: "signaling.v1", deflate }), name);
    member.id = await expectText(member.wire, (text) => /"welcome".*?"peer":"([^"]*)"/.exec(text)?.[1]);
    const arrived = expectText(member.wire, (text) => text.includes('"pong"'));
    for (const text of json({ type: "join", room: ROOM }, { type: "ping" })) member.send(text);
    await arrived;
    return member;
  },
  say: ({ id }, text) => JSON.stringify({ type: "message", to: id, data: text }),
  floods: {
    messages: ({ id }) => json({ type: "message", to: id, data: small }),
    bytes: ({ id }) => json({ type: "message", to: id, data: large }),
    broadcasts: () => json({ type: "message", room: ROOM, data: small }),
    "large broadcasts": () => json({ type: "message", room: ROOM, data: large }),
    lists: () => json({ type: "members", room: ROOM }),
    metadata: () => ["1", "2"].flatMap((digit) => json({ type: "update", room: ROOM, metadata: label(digit) })),
    joins: () => json({ type: "leave", room: ROOM }, { type: "join", room: ROOM, metadata: label("m") }),
  },
};

const vertex = {
  async enter(port, name) {
    const member = new Member(new WebSocketWire(port, "/ws"), name);
    const [marker] = json({ type: "candidate", data: { to: name, marker: name } });
    const arrived = expectText(member.wire, (text) => text === marker);
    for (const text of [...json({ type: "new", data: { id: name } }), marker]) member.send(text);
    await arrived;
    return member;
  },
  say: ({ id }, text) => JSON.stringify({ type: "candidate", data: { to: id, text } }),
  floods: {
    messages: ({ id }) => json({ type: "candidate", data: { to: id, text: small } }),
    bytes: ({ id }) => json({ type: "offer", data: { to: id, text: large } }),
    // Everybody gets the list.
    joins: (_, { name }) => json({ type: "new", data: { id: name, device_name: label("m") } }),
  },
};

/**
 * A vocabulary of Socket.IO, in the namespace of its name. By its events, which are arrays: `arrive(name)` is what a client
 * says first, `say(other, text)` reaches another; `marker` without an argument is an error.
 */
function vocabulary(namespace, { arrive, marker, say, floods }) {
  const packet = (event) => `42/${namespace},${JSON.stringify(event)}`;
  const welcome = `40/${namespace},`;
  return {
    async enter(port, name, { polling = false } = {}) {
      const wire = polling ? new PollingWire(port) : new WebSocketWire(port, "/socket.io/?EIO=4&transport=websocket");
      const member = new SocketIoMember(wire, name);
      await expectText(wire, (text) => text[0] === "0");
      wire.send(`40/${namespace}`);
      member.id = await expectText(wire, (text) => text.startsWith(welcome) && JSON.parse(text.slice(welcome.length)).sid);
      const arrived = expectText(wire, (text) => text.includes('"error"'));
      for (const event of [...arrive(name), [marker]]) member.send(packet(event));
      await arrived;
      return member;
    },
    say: (other, text) => packet(say(other, text)),
    floods: Object.fromEntries(
      Object.entries(floods).map(([kind, make]) => [kind, (...members) => make(...members).map(packet)]),
    ),
  };
}

/** For two that have the rest of the name in common. */
const roomOfTwo = (name) => name.replace(/ \w$/, "");

export const languages = {
  native,
  vertex,
  "rooms-mesh": vocabulary("rooms-mesh", {
    arrive: () => [["join_room", { roomName: ROOM }]],
    marker: "join_room",
    say: ({ id }, text) => ["offer", { toPeer: id, offer: text }],
    floods: {
      messages: ({ id }) => [["offer", { toPeer: id, offer: small }]],
      bytes: ({ id }) => [["offer", { toPeer: id, offer: large }]],
      broadcasts: () => [["message", { roomName: ROOM, content: small }]],
      "large broadcasts": () => [["send-offer", large]],
      joins: () => [
        ["leave_room", { roomName: ROOM }],
        ["join_room", { roomName: ROOM, personName: label("m") }],
      ],
    },
  }),
  "token-peers": vocabulary("token-peers", {
    arrive: (name) => [["ready", name]],
    marker: "ready",
    say: ({ name }, text) => ["messageOne", { target: name, payload: text }],
    floods: {
      messages: ({ name }) => [["messageOne", { target: name, payload: small }]],
      bytes: ({ name }) => [["messageOne", { target: name, payload: large }]],
      broadcasts: () => [["message", { payload: small }]],
      "large broadcasts": () => [["message", { payload: large }]],
      metadata: (_, { name }) => ["1", "2"].map((digit) => ["ready", name, label(digit)]),
    },
  }),
  "redis-rooms": vocabulary("redis-rooms", {
    arrive: (name) => [ROOM, roomOfTwo(name)].map((room) => ["join-room", room]),
    marker: "join-room",
    say: ({ name }, text) => ["offer", roomOfTwo(name), "user", text],
    floods: {
      broadcasts: () => [["offer", ROOM, "user", small]],
      "large broadcasts": () => [["offer", ROOM, "user", large]],
      lists: () => [["join-room", ROOM]],
    },
  }),
  "email-calls": vocabulary("email-calls", {
    arrive: (name) => [["join_room", { roomID: ROOM, emailID: name }]],
    marker: "join_room",
    say: ({ name }, text) => ["call_user", { emailID: name, offer: text }],
    floods: {
      messages: ({ name }) => [["call_user", { emailID: name, offer: small }]],
      bytes: ({ name }) => [["call_user", { emailID: name, offer: large }]],
      joins: (_, { name }) => [["join_room", { roomID: ROOM, emailID: name }]],
    },
  }),
};
