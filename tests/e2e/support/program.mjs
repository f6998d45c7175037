// The server program as a command that is expected to end by itself.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { within } from "./deadline.mjs";
import { serverProgram } from "./server.mjs";

/** {code, stdout, stderr} once the program has ended. */
export async function run(args, { env = {} } = {}) {
  const child = spawn(serverProgram(), args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = [text(child.stdout), text(child.stderr)];
  try {
    const [code] = await within(once(child, "exit"), `the end of ${args.join(" ")}`);
    const [stdout, stderr] = await Promise.all(output);
    return { code, stdout, stderr };
  } finally {
    child.kill("SIGKILL");
  }
}
