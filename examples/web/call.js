// A call: everybody in one room, each connected to each. It turns the room's membership into PeerLinks and
// carries the chat; it is independent of the page. While the signaling is lost the links stay as they are:
// media and chat go on, and a member that is away is still a member.
//
// Events: `peer` (a member was added or changed), `peer-removed`, `chat` ({from, text}), `problem` (Error).

import { PeerLink } from "./peer-link.js";

// After a restart of the server everybody comes back within its own reconnect delay. A member that keeps its
// id keeps its connection too, if it is back by then.
const COME_BACK_MS = 8_000;

const UPLOAD_BITS_PER_SECOND = 2_500_000;
const MIN_VIDEO_BITS_PER_SECOND = 150_000;

export class Call extends EventTarget {
  #signaling;
  #room;
  #stream;
  #members = new Map(); // id -> {id, metadata, away, link, comeBackTimer}
  #listening = new AbortController();
  #self = "";

  /** `stream`: the local media to send to everybody. */
  constructor(signaling, room, stream) {
    super();
    this.#signaling = signaling;
    this.#room = room;
    this.#stream = stream;
    this.#on("joined", (message) => this.#onJoined(message));
    this.#on("peer-joined", ({ peer }) => this.#onPeerJoined(peer));
    this.#on("peer-updated", ({ peer }) => this.#onPeerUpdated(peer));
    this.#on("peer-left", ({ peer }) => this.#remove(this.#members.get(peer)));
    this.#on("peer-away", ({ peer }) => this.#setAway(peer, true));
    this.#on("peer-back", ({ peer }) => this.#setAway(peer, false));
    this.#on("members", ({ peers }) => this.#onMembers(peers));
    this.#on("resumed", ({ resumed }) => resumed === "exact" && this.#onResumed());
    for (const type of ["offer", "answer"]) {
      this.#on(type, ({ from, data }) => data?.type === type && this.#onDescription(from, data));
    }
    this.#on("candidate", ({ from, data }) => this.#members.get(from)?.link.receiveCandidate(data));
  }

  join(metadata) {
    return this.#signaling.join(this.#room, metadata);
  }

  update(metadata) {
    return this.#signaling.update(this.#room, metadata);
  }

  member(id) {
    return this.#members.get(id);
  }

  sendChat(text) {
    for (const { link } of this.#members.values()) link.sendChat(text);
  }

  /** Closes all connections. Leaving the room is the signaling client's part. */
  close() {
    this.#listening.abort();
    for (const member of [...this.#members.values()]) this.#remove(member);
  }

  #on(type, handler) {
    const ofThisRoom = ({ detail }) => {
      if (detail.room === undefined || detail.room === this.#room) handler(detail);
    };
    this.#signaling.addEventListener(type, ofThisRoom, { signal: this.#listening.signal });
  }

  // The first time, and again when the signaling had to begin a new session.
  #onJoined({ peer: self, peers }) {
    const sameSelf = self === this.#self;
    this.#self = self;
    const present = new Set(peers.map(({ id }) => id));
    for (const member of [...this.#members.values()]) {
      // To the others a new id is a new peer: they have dropped their end of the old connection.
      if (!sameSelf) this.#remove(member);
      else if (!present.has(member.id)) this.#awaitComeBack(member);
    }
    for (const peer of peers) this.#onPeerJoined(peer);
  }

  // After messages were lost. Offers, answers and leaves may be among them.
  #onMembers(peers) {
    const present = new Set(peers.map(({ id }) => id));
    for (const member of [...this.#members.values()]) if (!present.has(member.id)) this.#remove(member);
    for (const peer of peers) this.#onPeerJoined(peer);
  }

  // Nothing was lost. A connection that broke when the network changed does not wait until ICE has given it
  // up.
  #onResumed() {
    for (const { link } of this.#members.values()) link.restartIfInterrupted();
  }

  #setAway(id, away) {
    const member = this.#members.get(id);
    if (!member) return;
    member.away = away;
    this.#emit("peer", member);
  }

  #onPeerJoined(peer) {
    const member = this.#members.get(peer.id);
    if (!member) return this.#add(peer);
    clearTimeout(member.comeBackTimer);
    member.comeBackTimer = 0;
    member.metadata = peer.metadata;
    member.away = peer.away === true;
    member.link.polite = peer.polite;
    if (member.link.alive) member.link.refresh();
    else this.#relink(member).start();
    this.#emit("peer", member);
  }

  #onPeerUpdated(peer) {
    const member = this.#members.get(peer.id);
    if (!member) return;
    member.metadata = peer.metadata;
    this.#emit("peer", member);
  }

  #onDescription(from, description) {
    const member = this.#members.get(from);
    if (!member) return; // not in this room
    const restarted = member.link.isFromNewSession(description);
    if (restarted) this.#relink(member);
    // An answer of a new session to an offer of the old one fits nothing any more.
    if (restarted && description.type === "answer") member.link.offerFirst();
    else member.link.receiveDescription(description);
  }

  #add(peer) {
    const { id, metadata, away = false } = peer;
    const member = { id, metadata, away, link: null, comeBackTimer: 0 };
    member.link = this.#makeLink(member, peer.polite);
    this.#members.set(peer.id, member);
    this.#emit("peer", member);
    this.#shareUpload();
    member.link.start();
  }

  #relink(member) {
    member.link.close();
    member.link = this.#makeLink(member, member.link.polite);
    this.#emit("peer", member);
    return member.link;
  }

  #makeLink(member, polite) {
    const link = new PeerLink({
      id: member.id,
      polite,
      signaling: this.#signaling,
      localStream: this.#stream,
    });
    link.addEventListener("change", () => this.#onLinkChange(member, link));
    link.addEventListener("chat", ({ detail: text }) => this.#emit("chat", { from: member, text }));
    link.addEventListener("gone", () => member.comeBackTimer && this.#remove(member));
    link.addEventListener("problem", ({ detail: error }) => this.#emit("problem", error));
    return link;
  }

  #onLinkChange(member, link) {
    if (member.link !== link) return; // replaced meanwhile
    if (link.state === "connected") this.#shareUpload();
    this.#emit("peer", member);
  }

  #awaitComeBack(member) {
    if (!member.link.alive) return this.#remove(member);
    clearTimeout(member.comeBackTimer); // of an earlier reconnect
    member.comeBackTimer = setTimeout(() => this.#remove(member), COME_BACK_MS);
  }

  // Does nothing for a member that is not there any more, though another may have its id.
  #remove(member) {
    if (!member || this.#members.get(member.id) !== member) return;
    clearTimeout(member.comeBackTimer);
    member.link.close();
    this.#members.delete(member.id);
    this.#emit("peer-removed", member);
    this.#shareUpload();
  }

  #shareUpload() {
    const count = Math.max(1, this.#members.size);
    const maxBitrate = Math.max(MIN_VIDEO_BITS_PER_SECOND, Math.floor(UPLOAD_BITS_PER_SECOND / count));
    const scaleResolutionDownBy = count <= 2 ? 1 : count <= 6 ? 2 : 4;
    for (const { link } of this.#members.values()) link.limitVideo({ maxBitrate, scaleResolutionDownBy });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
