// What a crowd has cost is given back to the system when it has gone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../support/deadline.mjs";
import { NativeClient } from "../support/native_client.mjs";
import { MEBIBYTE, residentBytes } from "../support/process_usage.mjs";
import { startServer } from "../support/server.mjs";

const ROOMS = 5_000;
const GIVEN_BACK_MS = 60_000;

test("freed memory goes back to the system, also if what came last stays", async (t) => {
  const bounds = ["--max-rooms-per-peer", "--max-joins-per-second", "--max-messages-per-second"];
  const server = await startServer(["--threads", "1", ...bounds.flatMap((bound) => [bound, "0"])]);
  t.after(() => server.stop());
  const held = () => residentBytes(server.pid) / MEBIBYTE;
  const guest = await NativeClient.connect(server);
  const before = held();
  for (let i = 0; i < ROOMS; ++i) await guest.join(`room ${i}`, "m".repeat(4_000));
  const last = await NativeClient.connect(server);
  await last.join("r");
  const full = held();
  t.diagnostic(`${before.toFixed(1)} MiB, with ${ROOMS} rooms ${full.toFixed(1)}`);
  assert.ok(full > before + 15, "the rooms cost something");
  await guest.close();
  await until(() => held() < before + 8, "the rooms' memory is given back", GIVEN_BACK_MS);
  await last.close();
});
