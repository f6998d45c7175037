// Serves the pages of this folder on an origin of its own, as the development servers of the other projects do.

import { cpSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PAGES = fileURLToPath(new URL(".", import.meta.url));
const CLIENT = join(dirname(createRequire(import.meta.url).resolve("socket.io-client/package.json")), "dist/socket.io.min.js");
const TYPES = { ".html": "text/html", ".js": "text/javascript" };

/** Puts the pages into `folder`, for a server that serves them itself. */
export function copyPages(folder) {
  cpSync(PAGES, folder, { recursive: true });
  cpSync(CLIENT, join(folder, basename(CLIENT)));
}

/** {origin, close()} */
export async function servePages() {
  const server = createServer(async (request, response) => {
    const name = basename(new URL(request.url, "http://localhost").pathname);
    const file = name === basename(CLIENT) ? CLIENT : join(PAGES, name);
    const body = await readFile(file).catch(() => undefined);
    response.writeHead(body ? 200 : 404, { "Content-Type": TYPES[extname(name)] ?? "text/plain" }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://localhost:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
