// Self-signed certificates, made with the openssl program.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for one test file, removed when its process ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "signaling-e2e-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** {certificate, key}: files in `folder`, valid for 127.0.0.1 and the host. */
export function makeCertificate(folder, host = "localhost") {
  const certificate = join(folder, `${host}.crt`);
  const key = join(folder, `${host}.key`);
  const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host},IP:127.0.0.1`];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", ...curve, ...subject, ...files], { stdio: "pipe" });
  return { certificate, key };
}

/** The options that make the server listen with TLS on a free port of 127.0.0.1. */
export function tlsOptions({ certificate, key }) {
  return ["--tls-listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key];
}
