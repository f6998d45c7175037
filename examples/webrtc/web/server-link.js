// The connection to a server that is a peer of its room: an RTCPeerConnection that answers the server's
// offers. The server makes them all, so there is no glare; it may begin anew at any time, with another
// `connection` in its offer.
//
// Events: `state` (of the connection), `channel` (RTCDataChannel), `track` (RTCTrackEvent), `negotiated` (an
// offer was answered), `problem` (Error).

export class ServerLink extends EventTarget {
  #signaling;
  #server;
  #prepare;
  #pc = null;
  #name = ""; // of the connection, as the server gave it
  #work = Promise.resolve(); // offers and candidates, one after the other
  #listening = new AbortController();

  /** `server`: its peer id. `prepare(pc)` is called once for each new RTCPeerConnection: add media there. */
  constructor({ signaling, server, prepare = () => {} }) {
    super();
    this.#signaling = signaling;
    this.#server = server;
    this.#prepare = prepare;
    const options = { signal: this.#listening.signal };
    for (const type of ["offer", "candidate"]) {
      const take = ({ detail: { from, data } }) => from === this.#server && this.#enqueue(type, data);
      signaling.addEventListener(type, take, options);
    }
  }

  /** As RTCPeerConnection.connectionState; "new" before the first offer. */
  get state() {
    return this.#pc?.connectionState ?? "new";
  }

  /** The RTCPeerConnection of now, or null. */
  get connection() {
    return this.#pc;
  }

  /** Drops the connection; the next offer makes another. For when the server has lost sight of this page. */
  reset() {
    this.#pc?.close();
    this.#pc = null;
    this.#name = "";
    this.#emit("state", this.state);
  }

  close() {
    this.#listening.abort();
    this.reset();
  }

  #enqueue(type, data) {
    this.#work = this.#work
      .then(() => (type === "offer" ? this.#onOffer(data) : this.#onCandidate(data)))
      .catch((error) => this.#pc && this.#emit("problem", error));
  }

  async #onOffer({ type, sdp, connection }) {
    if (this.#listening.signal.aborted) return;
    if (connection !== this.#name) this.#begin(connection);
    const pc = this.#pc;
    await pc.setRemoteDescription({ type, sdp });
    await pc.setLocalDescription();
    if (pc !== this.#pc) return; // reset meanwhile
    // Rejected when the signaling is lost at this moment: then the server makes a new offer when it is back.
    await this.#signaling
      .answer(this.#server, { ...pc.localDescription.toJSON(), connection })
      .catch(() => {});
    if (pc === this.#pc) this.#emit("negotiated");
  }

  async #onCandidate({ candidate, sdpMLineIndex, connection }) {
    if (connection === this.#name) await this.#pc?.addIceCandidate({ candidate, sdpMLineIndex });
  }

  #begin(connection) {
    this.#pc?.close();
    const pc = new RTCPeerConnection({ iceServers: this.#signaling.iceServers });
    this.#pc = pc;
    this.#name = connection;
    const ofThis = (handler) => (event) => pc === this.#pc && handler(event);
    pc.onicecandidate = ofThis(({ candidate }) => {
      if (candidate)
        this.#signaling.candidate(this.#server, { ...candidate.toJSON(), connection }).catch(() => {});
    });
    pc.onconnectionstatechange = ofThis(() => this.#emit("state", this.state));
    pc.ondatachannel = ofThis(({ channel }) => this.#emit("channel", channel));
    pc.ontrack = ofThis((event) => this.#emit("track", event));
    this.#prepare(pc);
    this.#emit("state", this.state);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
