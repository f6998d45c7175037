// A member of a room in a process of its own, that can be stopped like one that hangs.
//
// As a program: node member_process.mjs URL ROOM joins and prints its peer id.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import WebSocket from "ws";
import { within } from "./deadline.mjs";

const PROGRAM = fileURLToPath(import.meta.url);

/** {id, signal(name), kill()}; killed when the test `t` ends. */
export async function startMember(t, server, room) {
  const child = spawn(process.execPath, [PROGRAM, server.url, room], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const [line] = await within(once(child.stdout, "data"), "a member in a process");
  return { id: line.toString().trim(), signal: (name) => child.kill(name) };
}

function run(url, room) {
  const socket = new WebSocket(new URL("/signaling", url.replace(/^http/, "ws")), "signaling.v1");
  socket.on("open", () => socket.send(JSON.stringify({ type: "join", room })));
  socket.on("message", (data) => {
    const { type, peer } = JSON.parse(data);
    if (type === "joined") console.log(peer);
  });
}

if (process.argv[1] === PROGRAM) run(...process.argv.slice(2));
