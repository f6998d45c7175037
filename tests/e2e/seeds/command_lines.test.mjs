// Every command line in docs/seed-clients.md starts a server, and one that its clients get into.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { temporaryFolder } from "../support/certificate.mjs";
import { within } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { startServer } from "../support/server.mjs";
import { SeedClient } from "./support/seed_client.mjs";
import { VertexClient } from "./support/vertex_client.mjs";

const page = readFileSync(new URL("../../../docs/seed-clients.md", import.meta.url), "utf8");
const folder = temporaryFolder();

/** The commands of the page that start with `program`, with continued lines joined. */
function commands(program) {
  const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text.replaceAll("\\\n", ""));
  return blocks.flatMap((text) => text.split("\n")).filter((line) => line.startsWith(`${program} `));
}

/** The arguments as a shell splits them, with free ports, and with files in `folder`. */
function argumentsOf(command) {
  const words = execFileSync("bash", ["-c", `printf '%s\\0' ${command.slice("signaling-server ".length)}`]);
  const inPlace = (word) =>
    word.startsWith("server.") ? `${folder}/${word}` : word.replace(/^[\d.]+:\d+$/, "127.0.0.1:0");
  return words.toString().split("\0").slice(0, -1).map(inPlace);
}

const optionOf = (args, name) => args[args.indexOf(name) + 1];

async function comesIn(server, args) {
  if (!args.includes("--vocabulary")) return (await VertexClient.register(server, "a", {}, { secure: true })).close();
  const token = args.includes("--auth-token") ? optionOf(args, "--auth-token") : undefined;
  const client = await SeedClient.connect(server, { auth: { token } });
  await client.close();
  await (await NativeClient.connect(server, token && { query: { token } })).close();
}

describe("docs/seed-clients.md", () => {
  const lines = commands("signaling-server");
  test("has one for each project, and one for all", () => assert.equal(lines.length, 6));

  for (const command of commands("openssl")) execFileSync("bash", ["-c", command], { cwd: folder, stdio: "pipe" });
  for (const command of lines) {
    test(command, async () => {
      const args = argumentsOf(command);
      const server = await startServer(args);
      try {
        await comesIn(server, args);
      } finally {
        assert.equal(await server.stop(), 0);
      }
    });
  }

  test("with --auth-token, vertex clients are turned away", async () => {
    const server = await startServer(["--auth-token", "T"]);
    try {
      const { socket } = new VertexClient(server);
      const closed = new Promise((resolve) => socket.once("close", resolve));
      assert.equal(await within(closed, "the end"), 4401);
    } finally {
      assert.equal(await server.stop(), 0);
    }
  });
});
