// A coturn of a test's own, on a free port of 127.0.0.1, and a client that asks it for a relay address.

import { spawn } from "node:child_process";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import { temporaryFolder } from "./certificate.mjs";
import { within } from "./deadline.mjs";

const PROGRAM = process.env.TURN_SERVER || "turnserver";
const ATTEMPTS = 5;
const RESEND_MS = 200;

// RFC 8489 5 and 18, RFC 8656 17 and 18.
const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const ALLOCATE_REQUEST = 0x0003;
const ALLOCATE_SUCCESS = 0x0103;
const ALLOCATION_MISMATCH = 437;
const Attribute = { username: 0x0006, integrity: 0x0008, error: 0x0009, realm: 0x0014, nonce: 0x0015, transport: 0x0019 };
const UDP = Buffer.from([17, 0, 0, 0]);

async function freePort() {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

function encodeAttribute(type, value) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

function encode(type, attributes, key) {
  let body = Buffer.concat(attributes.map(([name, value]) => encodeAttribute(Attribute[name], Buffer.from(value))));
  const head = Buffer.concat([Buffer.alloc(8), randomBytes(12)]);
  head.writeUInt16BE(type, 0);
  head.writeUInt32BE(MAGIC_COOKIE, 4);
  head.writeUInt16BE(body.length + (key ? 24 : 0), 2); // the attribute that proves the message counts
  if (key) {
    const proof = createHmac("sha1", key).update(head).update(body).digest();
    body = Buffer.concat([body, encodeAttribute(Attribute.integrity, proof)]);
  }
  return Buffer.concat([head, body]);
}

function decode(message) {
  const attributes = new Map();
  for (let at = 20; at + 4 <= message.length; ) {
    const size = message.readUInt16BE(at + 2);
    attributes.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + size));
    at += 4 + Math.ceil(size / 4) * 4;
  }
  const error = attributes.get(Attribute.error);
  return { type: message.readUInt16BE(0), attributes, error: error ? error[2] * 100 + error[3] : 0 };
}

/** Sends until there is an answer, as UDP needs it. */
async function ask(socket, port, request) {
  const send = () => socket.send(request, port, "127.0.0.1");
  const timer = setInterval(send, RESEND_MS);
  send();
  try {
    for (;;) {
      const [message] = await within(once(socket, "message"), "an answer of the TURN server");
      if (message.subarray(8, 20).equals(request.subarray(8, 20))) return decode(message);
    }
  } finally {
    clearInterval(timer);
  }
}

export class TurnServer {
  #child;
  #ended;
  #log = "";
  #folder = temporaryFolder();
  port = 0;

  /** Answering when it resolves. It takes the credentials made with `secret`. */
  static async start(secret) {
    const turn = new TurnServer();
    for (let attempt = 1; ; ++attempt) {
      turn.port = await freePort();
      try {
        await turn.#start(secret);
        return turn;
      } catch (error) {
        await turn.stop();
        if (attempt === ATTEMPTS) throw error; // somebody else may have taken the port
      }
    }
  }

  async #start(secret) {
    const network = ["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--listening-port", String(this.port)];
    const rest = ["--realm", "test", "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout", "--simple-log"];
    const files = ["--pidfile", join(this.#folder, "pid"), "--userdb", join(this.#folder, "db")];
    const auth = ["--use-auth-secret", "--static-auth-secret", secret];
    const child = spawn(PROGRAM, ["-n", ...network, ...auth, ...rest, ...files], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
    const killNow = () => child.kill("SIGKILL");
    process.once("exit", killNow);
    this.#ended.then(() => process.off("exit", killNow));
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (this.#log += text));
    await Promise.race([this.#answering(), this.#failed()]);
  }

  async #failed() {
    await this.#ended;
    throw new Error(`the TURN server ended:\n${this.#log}`);
  }

  async #answering() {
    const socket = createSocket("udp4");
    socket.on("error", () => {}); // nobody listens there yet
    await ask(socket, this.port, encode(BINDING_REQUEST, []));
    socket.close();
  }

  /** Asks for a relay address (RFC 8656 7.1): 0, or the error code. */
  async allocate(username, credential) {
    for (;;) {
      const error = await this.#allocateFromNewPort(username, credential);
      if (error !== ALLOCATION_MISMATCH) return error; // the system gave a port from which there is a relay address already
    }
  }

  async #allocateFromNewPort(username, credential) {
    const socket = createSocket("udp4");
    try {
      const request = [["transport", UDP]];
      const { attributes, error } = await ask(socket, this.port, encode(ALLOCATE_REQUEST, request));
      if (error === ALLOCATION_MISMATCH) return error;
      const realm = attributes.get(Attribute.realm);
      request.push(["username", username], ["realm", realm], ["nonce", attributes.get(Attribute.nonce)]);
      const key = createHash("md5").update(`${username}:${realm}:${credential}`).digest(); // RFC 8489 9.2.2
      const answer = await ask(socket, this.port, encode(ALLOCATE_REQUEST, request, key));
      if (answer.type !== ALLOCATE_SUCCESS && answer.error === 0) throw new Error(`type ${answer.type}`);
      return answer.error;
    } finally {
      socket.close();
    }
  }

  async stop() {
    this.#child.kill("SIGTERM");
    await within(this.#ended, "the end of the TURN server");
  }
}
