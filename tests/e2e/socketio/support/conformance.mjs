// The host that the published suites of Engine.IO and Socket.IO expect.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { startServer } from "../../support/server.mjs";

const CONFORMANCE = ["--socketio-conformance"];

/** With times that a busy machine keeps: the suites' own leave a client 200 ms for its pong. */
export const PATIENT_CONFORMANCE = [
  ...CONFORMANCE,
  "--socketio-ping-interval",
  "25s",
  "--socketio-ping-timeout",
  "20s",
  "--socketio-connect-timeout",
  "45s",
];

/** For all tests of a file: {patient, hasty}, servers with either times, on two threads each. */
export function conformanceServers() {
  const servers = {};
  before(async () => {
    servers.patient = await startServer([...PATIENT_CONFORMANCE, "--threads", "2"]);
    servers.hasty = await startServer([...CONFORMANCE, "--threads", "2"]);
  });
  after(async () => {
    for (const each of Object.values(servers)) assert.equal(await each.stop(), 0, each.output);
  });
  return servers;
}
