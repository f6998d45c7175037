// The ways to mint a token on docs/security.md, as they stand there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./support/certificate.mjs";
import { NativeClient } from "./support/native_client.mjs";
import { startServer } from "./support/server.mjs";

const page = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
const blocks = new Map([...page.matchAll(/^```(sh|js) mint\n(.*?)^```$/gms)].map(([, kind, text]) => [kind, text]));
const programs = { sh: ["bash", "-euc"], js: [process.execPath, "-e"] };

for (const [kind, [program, flag]] of Object.entries(programs)) {
  test(`the token of the ${kind} example gives the room lobby, and no other`, async (t) => {
    const folder = temporaryFolder();
    const token = execFileSync(program, [flag, blocks.get(kind)], { cwd: folder, encoding: "utf8" }).trim();
    const server = await startServer(["--jwt-keys", join(folder, "keys.json")]);
    t.after(() => server.stop());
    const client = await NativeClient.connect(server, { query: { token } });
    await client.join("lobby");
    assert.equal((await client.request({ type: "join", room: "office" })).code, "forbidden");
    await client.close();
  });
}
