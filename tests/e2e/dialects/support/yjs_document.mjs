// A Yjs document that y-webrtc synchronizes, in a process of its own: in one process, a room exists once.
//
// As a program: node yjs_document.mjs URL ROOM NAME [PASSWORD] sets NAME in the document, and prints the names in it
// whenever they change.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { until } from "../../support/deadline.mjs";

const PROGRAM = fileURLToPath(import.meta.url);
const CONNECTING_MS = 60_000;

export class YjsDocument {
  names = [];

  /** `path`: of the signaling server. It is gone when the test `t` ends. */
  constructor(t, server, { path, room, name, password = "" }) {
    const url = new URL(path, server.url.replace(/^http/, "ws"));
    const child = spawn(process.execPath, [PROGRAM, url.href, room, name, password], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => child.kill("SIGKILL"));
    createInterface(child.stdout).on("line", (line) => (this.names = JSON.parse(line)));
  }

  /** The documents of all these names have reached it. */
  async has(...names) {
    const wanted = JSON.stringify(names.sort());
    await until(() => JSON.stringify(this.names) === wanted, `a document with ${wanted}`, CONNECTING_MS);
  }
}

function run(url, room, name, password) {
  const require = createRequire(import.meta.url);
  globalThis.WebSocket = require("ws");
  const Y = require("yjs");
  const { WebrtcProvider } = require("y-webrtc");
  const document = new Y.Doc();
  new WebrtcProvider(room, document, {
    signaling: [url],
    password: password || null,
    filterBcConns: false,
    peerOpts: { wrtc: require("@roamhq/wrtc"), config: { iceServers: [] } },
  });
  const map = document.getMap("names");
  map.observe(() => console.log(JSON.stringify([...map.keys()].sort())));
  map.set(name, true);
}

if (process.argv[1] === PROGRAM) run(...process.argv.slice(2));
