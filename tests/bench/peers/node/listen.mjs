// Serves on a free port of the loopback address, over TLS if a certificate and a key were given, and says where.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

export function makeServer() {
  const [cert, key] = process.argv.slice(2).filter((each) => !each.startsWith("--"));
  if (!key) return http.createServer();
  return https.createServer({ cert: readFileSync(cert), key: readFileSync(key) });
}

export function listen(server) {
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
    console.log(`listening on 127.0.0.1:${server.address().port}`);
  });
}
