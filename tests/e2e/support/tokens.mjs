// JSON Web Tokens and key sets, made with node's crypto alone.

import { createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const base64url = (value) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

const ALGORITHMS = {
  HS256: {
    make: () => randomBytes(32),
    jwk: (key) => ({ kty: "oct", k: key.toString("base64url") }),
    sign: (text, key) => createHmac("sha256", key).update(text).digest(),
  },
  RS256: {
    make: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
    jwk: ({ publicKey }) => publicKey.export({ format: "jwk" }),
    sign: (text, { privateKey }) => sign("sha256", text, privateKey),
  },
  ES256: {
    make: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
    jwk: ({ publicKey }) => publicKey.export({ format: "jwk" }),
    sign: (text, { privateKey }) => sign("sha256", text, { key: privateKey, dsaEncoding: "ieee-p1363" }),
  },
  EdDSA: {
    make: () => generateKeyPairSync("ed25519"),
    jwk: ({ publicKey }) => publicKey.export({ format: "jwk" }),
    sign: (text, { privateKey }) => sign(null, text, privateKey),
  },
};

export const algorithms = Object.keys(ALGORITHMS);

/** Seconds since 1970, so many from now. */
export const inSeconds = (seconds) => Math.floor(Date.now() / 1000) + seconds;

/** A key of the issuer. */
export class IssuerKey {
  #key;

  constructor(algorithm, kid = algorithm) {
    this.algorithm = algorithm;
    this.kid = kid;
    this.#key = ALGORITHMS[algorithm].make();
  }

  /** The part that the server gets. */
  get jwk() {
    return { ...ALGORITHMS[this.algorithm].jwk(this.#key), kid: this.kid };
  }

  /** A token, good for five minutes unless `claims` or `header` say otherwise. */
  token(claims = {}, header = {}) {
    const head = { alg: this.algorithm, kid: this.kid, typ: "JWT", ...header };
    const text = `${base64url(head)}.${base64url({ exp: inSeconds(300), ...claims })}`;
    const signature = ALGORITHMS[this.algorithm].sign(Buffer.from(text), this.#key);
    return `${text}.${signature.toString("base64url")}`;
  }
}

export const jwks = (...keys) => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
