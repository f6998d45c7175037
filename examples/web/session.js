// What signaling.js needs to resume a session of `signaling.v1` after a lost connection. Both sides count the
// messages, so none of them carries a number. Nothing here sends anything.

// The server is told what has arrived after so many messages, or so many characters of JSON.
const MESSAGES_PER_ACK = 32;
const CHARACTERS_PER_ACK = 64 * 1024;

/**
 * The requests that the server has not confirmed, in order: first those that were sent, the oldest of which
 * may be without their text, then those that wait for a connection. And the number of the server's messages.
 *
 * A request has a `text`, which the log sets to "" when it does not keep it any more.
 */
export class SessionLog {
  /** How many messages of the server have arrived. */
  received = 0;
  #acknowledged = 0; // of these
  #newCharacters = 0; // of the others
  #confirmed = 0; // requests that the server has received
  #requests = [];
  #sent = 0; // of these
  #textless = 0; // of these
  #characters = 0;
  #maxCharacters;

  /** `maxCharacters`: of the texts that are kept; the newest is kept in any case. */
  constructor(maxCharacters) {
    this.#maxCharacters = maxCharacters;
  }

  /** A message of the server has arrived. True: it is time to acknowledge. */
  count(text) {
    this.received++;
    this.#newCharacters += text.length;
    return (
      this.received - this.#acknowledged >= MESSAGES_PER_ACK || this.#newCharacters >= CHARACTERS_PER_ACK
    );
  }

  /** The number to acknowledge. */
  takeReceived() {
    this.#newCharacters = 0;
    return (this.#acknowledged = this.received);
  }

  /** A request is sent now, or waits for a connection. Returns those that are given up for it. */
  add(request, isSent) {
    this.#requests.push(request);
    if (isSent) this.#sent = this.#requests.length;
    this.#characters += request.text.length;
    const givenUp = [];
    while (this.#characters > this.#maxCharacters && this.#textless < this.#requests.length - 1) {
      const oldest = this.#requests[this.#textless];
      this.#characters -= oldest.text.length;
      // What was sent has probably arrived: the next welcome tells.
      if (this.#textless < this.#sent) this.#requests[this.#textless++].text = "";
      else givenUp.push(...this.#requests.splice(this.#textless, 1));
    }
    return givenUp;
  }

  /** The server has received the first `received` requests; undefined: it does not say. */
  confirm(received) {
    const count = Math.min(received - this.#confirmed, this.#sent);
    if (!(count > 0)) return;
    this.#takeFirst(count);
    this.#confirmed += count;
  }

  /**
   * The session goes on with another connection. `received`: as in confirm(). `isExact`: otherwise both
   * counts begin again at 0. Returns the requests that may not have arrived and cannot be sent again.
   */
  resume(received, isExact) {
    this.confirm(received);
    const lost = this.#takeFirst(received === undefined ? this.#sent : this.#textless);
    this.#sent = 0;
    if (!isExact) this.received = this.#confirmed = 0;
    this.takeReceived();
    return lost;
  }

  /** All requests that the server has not received: they are sent now. */
  sendAll() {
    this.#sent = this.#requests.length;
    return [...this.#requests];
  }

  #takeFirst(count) {
    const requests = this.#requests.splice(0, count);
    for (const { text } of requests) this.#characters -= text.length;
    this.#sent = Math.max(0, this.#sent - count);
    this.#textless = Math.max(0, this.#textless - count);
    return requests;
  }
}
