// A line to the server that brings so many bytes a second, and no more: as a process, so that it delays nobody else.
//
// node slow_line.mjs PORT BYTES_PER_SECOND prints its own port.

import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { fileURLToPath } from "node:url";
import { within } from "../../support/deadline.mjs";

const PROGRAM = fileURLToPath(import.meta.url);
const HOST = "127.0.0.1";
const TURN_MS = 20;
/** What the line takes from the server at once: the rest waits there. */
const PIECE_BYTES = 1024;

/** The port of the line; it goes when the test `t` ends. */
export async function startSlowLine(t, port, bytesPerSecond) {
  const child = spawn(process.execPath, [PROGRAM, port, bytesPerSecond], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [text] = await within(once(child.stdout, "data"), "a slow line");
  return Number(text);
}

/** Each connection has the rate for itself. */
function carry(client, port, bytesPerSecond) {
  const perTurn = (bytesPerSecond * TURN_MS) / 1000;
  let budget = perTurn;
  const server = net.connect({
    host: HOST,
    port,
    noDelay: true,
    onread: {
      buffer: Buffer.alloc(Math.min(PIECE_BYTES, perTurn)),
      callback: (bytes, buffer) => {
        client.write(Buffer.from(buffer.subarray(0, bytes)));
        budget -= bytes;
        return budget > 0;
      },
    },
  });
  const timer = setInterval(() => {
    budget = Math.min(perTurn, budget + perTurn);
    if (budget > 0) server.resume();
  }, TURN_MS);
  client.pipe(server);
  server.on("close", () => client.destroy());
  client.on("close", () => {
    clearInterval(timer);
    server.destroy();
  });
  for (const end of [client, server]) end.on("error", () => {});
}

function run(port, bytesPerSecond) {
  const line = net.createServer({ noDelay: true }, (client) => carry(client, port, bytesPerSecond));
  line.listen(0, HOST, () => console.log(line.address().port));
}

if (process.argv[1] === PROGRAM) run(...process.argv.slice(2).map(Number));
