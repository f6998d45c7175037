// The connection to one other peer: one RTCPeerConnection, negotiated by the "perfect negotiation" pattern of
// WebRTC 1.0, section 10.7. The polite side was in the room first and makes the first offer; when both sides
// offer at once, the polite one rolls its own back.
//
// Events: `change` (state or stream), `chat` (text), `gone` (the other side has closed its end), `problem`
// (Error).

// An impolite side that is never offered anything speaks up itself: not every client makes the first offer.
const FIRST_OFFER_MS = 5_000;
const MAX_UNSENT_CHATS = 100;

// Not worth reporting: the other is gone, or the offer is sent again when the signaling is back.
const HARMLESS = new Set(["peer_not_found", "disconnected", "closed"]);

export class PeerLink extends EventTarget {
  id;
  polite;
  stream = null;
  #signaling;
  #localStream;
  #pc;
  #channel = null;
  #unsentChats = [];
  #queue = Promise.resolve(); // incoming descriptions and candidates, one after the other
  #makingOffer = false;
  #ignoredOffer = false;
  #earlyCandidates = [];
  #remoteSession = "";
  #wasConnected = false;
  #closed = false;
  #firstOfferTimer = 0;

  constructor({ id, polite, signaling, localStream }) {
    super();
    this.id = id;
    this.polite = polite;
    this.#signaling = signaling;
    this.#localStream = localStream;
    this.#pc = new RTCPeerConnection({ iceServers: signaling.iceServers });
    this.#pc.onnegotiationneeded = () => this.#offer();
    this.#pc.onicecandidate = ({ candidate }) => candidate && this.#send("candidate", candidate);
    this.#pc.onconnectionstatechange = () => this.#onConnectionState();
    this.#pc.ontrack = ({ track, streams }) => {
      this.stream = streams[0] ?? new MediaStream([track]);
      this.#emit("change");
    };
  }

  /** "connecting", "connected" or "failed". */
  get state() {
    const state = this.#pc.connectionState;
    return state === "connected" || state === "failed" ? state : "connecting";
  }

  /** Whether what is "connecting" now was connected before. */
  get wasConnected() {
    return this.#wasConnected;
  }

  /** False once this connection cannot come back to life. */
  get alive() {
    return !this.#closed && this.state !== "failed" && this.#channel?.readyState !== "closed";
  }

  /** Makes the first offer, or waits for the other's. */
  start() {
    if (this.polite) this.offerFirst();
    else this.#firstOfferTimer = setTimeout(() => this.offerFirst(), FIRST_OFFER_MS);
  }

  offerFirst() {
    this.#addLocalMedia(); // fires negotiationneeded
  }

  /** What was sent through the signaling may be lost: sends it again. */
  refresh() {
    if (this.#pc.signalingState === "have-local-offer") this.#send("offer", this.#pc.localDescription);
    else if (this.#pc.remoteDescription && this.state !== "connected") this.#restartIce();
  }

  /** Does not wait until ICE has given the connection up, for when the network may have changed. */
  restartIfInterrupted() {
    if (this.#pc.connectionState === "disconnected") this.#restartIce();
  }

  /**
   * Whether a description comes from another RTCPeerConnection than the earlier ones, because the other side
   * has started anew: the session id of the SDP's origin line differs (RFC 8866 5.2, RFC 9429 5.2.1).
   */
  isFromNewSession(description) {
    const session = sessionOf(description);
    return this.#remoteSession !== "" && session !== this.#remoteSession;
  }

  receiveDescription(description) {
    this.#remoteSession = sessionOf(description);
    this.#enqueue(() =>
      description.type === "offer" ? this.#onOffer(description) : this.#onAnswer(description),
    );
  }

  receiveCandidate(candidate) {
    this.#enqueue(() => this.#onCandidate(candidate));
  }

  /** Sends when the channel is open, if need be later. */
  sendChat(text) {
    if (this.#channel?.readyState === "open") this.#channel.send(JSON.stringify({ text }));
    else if (this.#unsentChats.length < MAX_UNSENT_CHATS) this.#unsentChats.push(text);
  }

  /** In a mesh everybody uploads once per other peer, so each copy gets its share. */
  async limitVideo({ maxBitrate, scaleResolutionDownBy }) {
    for (const sender of this.#pc.getSenders()) {
      if (sender.track?.kind !== "video") continue;
      const parameters = sender.getParameters();
      for (const encoding of parameters.encodings ?? [])
        Object.assign(encoding, { maxBitrate, scaleResolutionDownBy });
      await sender.setParameters(parameters).catch(() => {}); // a wish; the video flows without it
    }
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#firstOfferTimer);
    this.#pc.close();
  }

  #addLocalMedia() {
    if (this.#channel) return;
    clearTimeout(this.#firstOfferTimer);
    this.#openChannel();
    for (const track of this.#localStream.getTracks()) this.#pc.addTrack(track, this.#localStream);
  }

  #openChannel() {
    this.#channel = this.#pc.createDataChannel("chat", { negotiated: true, id: 0 });
    this.#channel.onopen = () => this.#unsentChats.splice(0).forEach((text) => this.sendChat(text));
    this.#channel.onmessage = ({ data }) => {
      const text = chatText(data);
      if (text) this.#emit("chat", text);
    };
    this.#channel.onclose = () => this.#closed || this.#emit("gone");
  }

  async #offer() {
    this.#makingOffer = true;
    try {
      await this.#pc.setLocalDescription();
      this.#send("offer", this.#pc.localDescription);
    } catch (error) {
      this.#report(error);
    } finally {
      this.#makingOffer = false;
    }
  }

  async #onOffer(offer) {
    const collision = this.#makingOffer || this.#pc.signalingState !== "stable";
    this.#ignoredOffer = collision && !this.polite;
    if (this.#ignoredOffer) return;
    await this.#pc.setRemoteDescription(offer); // rolls back an own offer
    this.#addLocalMedia(); // after the offer, so that the tracks take its m-lines and need no second round
    await this.#addEarlyCandidates();
    await this.#pc.setLocalDescription();
    this.#send("answer", this.#pc.localDescription);
  }

  // The queue makes the pattern's `isSettingRemoteAnswerPending` needless: no offer is looked at meanwhile.
  async #onAnswer(answer) {
    if (this.#pc.signalingState !== "have-local-offer") return; // to an offer that was rolled back
    await this.#pc.setRemoteDescription(answer);
    await this.#addEarlyCandidates();
  }

  async #onCandidate(candidate) {
    if (!this.#pc.remoteDescription) {
      if (!this.#ignoredOffer) this.#earlyCandidates.push(candidate);
      return;
    }
    try {
      await this.#pc.addIceCandidate(candidate);
    } catch {
      // Of an offer that was ignored, or of a generation before an ICE restart; ICE goes on with the others.
    }
  }

  async #addEarlyCandidates() {
    for (const candidate of this.#earlyCandidates.splice(0)) await this.#onCandidate(candidate);
  }

  #onConnectionState() {
    if (this.state === "connected") this.#wasConnected = true;
    if (this.state === "failed") this.#restartIce();
    this.#emit("change");
  }

  // The credentials of a TURN server may have been given anew since.
  #restartIce() {
    this.#pc.setConfiguration({ iceServers: this.#signaling.iceServers });
    this.#pc.restartIce();
  }

  #enqueue(task) {
    this.#queue = this.#queue.then(() => this.#closed || task()).catch((error) => this.#report(error));
  }

  #send(type, data) {
    this.#signaling[type](this.id, data).catch((error) => this.#report(error));
  }

  #report(error) {
    if (!this.#closed && !HARMLESS.has(error.code)) this.#emit("problem", error);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function sessionOf(description) {
  return /^o=\S+ (\S+)/m.exec(description?.sdp ?? "")?.[1] ?? "";
}

function chatText(data) {
  try {
    const { text } = JSON.parse(data);
    return typeof text === "string" ? text : "";
  } catch {
    return "";
  }
}
