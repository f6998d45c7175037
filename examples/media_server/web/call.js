// A call through a media server: takes the place of ../../web/call.js, to which the page is the same. One
// connection, to the server, carries the own media there and everybody else's here.
//
// Events: `peer` (a member was added or changed), `peer-removed`, `chat` ({from, text}), `problem` (Error).

import { ServerLink } from "./server-link.js";

export class Call extends EventTarget {
  #signaling;
  #room;
  #stream;
  #server;
  #link = null;
  #metadata = null;
  #members = new Map(); // id -> {id, metadata, away, link: {state, wasConnected, stream}}
  #streams = new Map(); // id of a member -> its MediaStream
  #listening = new AbortController();

  /** `stream`: the local media to send to everybody. */
  constructor(signaling, room, stream) {
    super();
    this.#signaling = signaling;
    this.#room = room;
    this.#stream = stream;
    this.#server = `sfu/${room}`;
    this.#link = this.#makeLink();
    this.#on("joined", ({ peers }) => this.#onJoined(peers));
    this.#on("peer-joined", ({ peer }) => this.#set(peer));
    this.#on("peer-updated", ({ peer }) => this.#set({ ...peer, away: this.#members.get(peer.id)?.away }));
    this.#on("peer-left", ({ peer }) => this.#remove(peer));
    this.#on("peer-away", ({ peer }) => this.#setAway(peer, true));
    this.#on("peer-back", ({ peer }) => this.#setAway(peer, false));
    this.#on("resumed", ({ resumed }) => resumed === "rooms" && this.#joinAgain());
    this.#on("event", ({ event, from, data }) => event === "chat" && this.#onChat(from, data));
  }

  join(metadata) {
    this.#metadata = metadata;
    return this.#signaling.join(this.#room, metadata);
  }

  update(metadata) {
    this.#metadata = metadata;
    return this.#signaling.update(this.#room, metadata);
  }

  member(id) {
    return this.#members.get(id);
  }

  sendChat(text) {
    const failed = (error) => this.#emit("problem", error);
    this.#signaling.event("chat", { room: this.#room }, { text }).catch(failed);
  }

  /** Closes the connection. Leaving the room is the signaling client's part. */
  close() {
    this.#listening.abort();
    this.#link.close();
    for (const id of [...this.#members.keys()]) this.#remove(id);
  }

  #on(type, handler) {
    const ofThisRoom = ({ detail }) => {
      if (detail.room === undefined || detail.room === this.#room) handler(detail);
    };
    this.#signaling.addEventListener(type, ofThisRoom, { signal: this.#listening.signal });
  }

  #makeLink() {
    const prepare = (pc) => {
      for (const track of this.#stream.getTracks()) pc.addTrack(track, this.#stream);
    };
    const link = new ServerLink({ signaling: this.#signaling, server: this.#server, prepare });
    link.addEventListener("negotiated", () => this.#takeStreams(link.connection));
    link.addEventListener("state", () => this.#onLinkState());
    link.addEventListener("problem", ({ detail: error }) => this.#emit("problem", error));
    return link;
  }

  // The first time, and whenever the page has joined again: the server takes it for a new one.
  #onJoined(peers) {
    const present = new Set(peers.map(({ id }) => id));
    for (const id of [...this.#members.keys()]) if (!present.has(id)) this.#remove(id);
    this.#streams.clear();
    this.#link.reset();
    for (const peer of peers) this.#set(peer);
  }

  // Messages were lost. An offer may be among them, and the server repeats none but to a page that joins.
  async #joinAgain() {
    try {
      await this.#signaling.leave(this.#room);
      await this.join(this.#metadata);
    } catch (error) {
      this.#emit("problem", error);
    }
  }

  #setAway(id, away) {
    const member = this.#members.get(id);
    if (!member) return;
    member.away = away;
    this.#emit("peer", member);
  }

  #set({ id, metadata, away = false }) {
    if (id === this.#server || metadata?.protocol === "whep") return; // a player has nothing to show
    const link = this.#members.get(id)?.link ?? { state: "connecting", wasConnected: false, stream: null };
    this.#members.set(id, { id, metadata, away, link });
    this.#refresh(id);
  }

  #remove(id) {
    const member = this.#members.get(id);
    if (!member) return;
    this.#members.delete(id);
    this.#streams.delete(id);
    this.#emit("peer-removed", member);
  }

  // A stream bears the id of the member whose it is. The places of those who have left are used again, and of
  // that RTCPeerConnection tells nothing: its `track` event is for new places only.
  #takeStreams(pc) {
    const owners = streamIds(pc.remoteDescription.sdp);
    const tracks = new Map([...owners.values()].map((id) => [id, []]));
    for (const { mid, receiver } of pc.getTransceivers()) tracks.get(owners.get(mid))?.push(receiver.track);
    for (const [id, own] of tracks) {
      const known = this.#streams.get(id);
      const isSame = known && own.every((track) => known.getTracks().includes(track));
      if (!isSame) this.#streams.set(id, new MediaStream(own));
    }
    for (const id of this.#streams.keys()) if (!tracks.has(id)) this.#streams.delete(id);
    for (const id of this.#members.keys()) this.#refresh(id);
  }

  #onLinkState() {
    if (this.#link.state === "new") this.#streams.clear(); // they belonged to a connection that is no more
    for (const id of this.#members.keys()) this.#refresh(id);
  }

  #refresh(id) {
    const member = this.#members.get(id);
    if (!member) return;
    const stream = this.#streams.get(id) ?? null;
    const { state } = this.#link;
    const connected = state === "connected" && stream !== null;
    member.link.state = connected ? "connected" : state === "failed" ? "failed" : "connecting";
    member.link.wasConnected ||= connected;
    member.link.stream = stream;
    this.#emit("peer", member);
  }

  #onChat(from, data) {
    const member = this.#members.get(from);
    if (member && typeof data?.text === "string") this.#emit("chat", { from: member, text: data.text });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

// mid -> id of the stream, for the parts of a description that have one (RFC 5576 4.1, RFC 8830).
function streamIds(sdp) {
  const ids = new Map();
  for (const section of sdp.split(/^m=/m).slice(1)) {
    const mid = section.match(/^a=mid:(\S+)/m)?.[1];
    const id = section.match(/^a=(?:ssrc:\d+ )?msid:(\S+)/m)?.[1];
    if (mid && id && id !== "-") ids.set(mid, id);
  }
  return ids;
}
