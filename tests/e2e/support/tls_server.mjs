// A server that listens with TLS too, with a certificate of its own.

import { makeCertificate, temporaryFolder, tlsOptions } from "./certificate.mjs";
import { startServer } from "./server.mjs";

let certificate;

/** Started for the test `t`, and stopped with it. */
export async function tlsServer(t, args = []) {
  certificate ??= makeCertificate(temporaryFolder());
  const server = await startServer([...tlsOptions(certificate), ...args]);
  t.after(() => server.stop());
  return server;
}
