// What clients of WHIP and WHEP may ask for.

import assert from "node:assert/strict";
import { MediaServer, WhipClient, fragmentOf, offerOf, session } from "../dialects/support/whip.mjs";
import { until } from "../support/deadline.mjs";
import { besieged } from "../support/siege.mjs";

const PATHS = ["--whip", "/whip", "--whep", "/whep"];
const play = { body: offerOf("recvonly") };

/** Runs `work(t, media)` with a media server in the room "live". */
function live(work) {
  return async (server) => {
    const hooks = [];
    const t = { after: (hook) => hooks.push(hook) };
    await work(server, await MediaServer.join(t, server, "live"));
    for (const hook of hooks) hook();
  };
}

besieged(
  "--whip-publishers-per-room: 409",
  [...PATHS, "--whip-publishers-per-room", "2"],
  live(async (server, media) => {
    for (let i = 0; i < 2; ++i) await session(media, server, "/whip/live");
    assert.equal((await new WhipClient(server, "/whip/live").post(offerOf())).status, 409);
  }),
);

besieged(
  "--whip-publishers-per-room 0: no bound",
  [...PATHS, "--whip-publishers-per-room", "0"],
  live(async (server, media) => {
    for (let i = 0; i < 20; ++i) await session(media, server, "/whip/live");
  }),
);

besieged(
  "--whip-sessions-per-room: 503",
  [...PATHS, "--whip-sessions-per-room", "2"],
  live(async (server, media) => {
    await session(media, server, "/whip/live");
    await session(media, server, "/whep/live", play);
    assert.equal((await new WhipClient(server, "/whep/live").post(play.body)).status, 503);
  }),
);

besieged(
  "--whip-max-sessions: 503, until one ends",
  [...PATHS, "--whip-max-sessions", "2"],
  live(async (server, media) => {
    const first = await session(media, server, "/whep/live", play);
    await session(media, server, "/whep/live", play);
    const refused = await new WhipClient(server, "/whep/live").post(play.body);
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "2"]);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /signaling_server_limits_total\{limit="max_sessions"\} 1/);
    assert.equal((await first.remove()).status, 200);
    await session(media, server, "/whep/live", play);
  }),
);

besieged(
  "--whip-sessions-per-second: 429 beyond ten times as many at once",
  [...PATHS, "--whip-sessions-per-second", "1"],
  async (server) => {
    const statuses = [];
    for (let i = 0; i < 12; ++i) statuses.push((await new WhipClient(server, "/whip/nobody").post("")).status);
    assert.deepEqual(statuses.slice(0, 10), Array(10).fill(400));
    assert.equal(statuses.at(-1), 429);
  },
);

besieged(
  "--whip-session-timeout: the session ends",
  [...PATHS, "--whip-session-timeout", "200ms"],
  live(async (server, media) => {
    const client = await session(media, server, "/whip/live");
    await media.next("peer-left");
    await until(async () => (await client.patch(fragmentOf())).status === 404, "the end of the session");
  }),
);

besieged(
  "--whip-answer-timeout: 504",
  [...PATHS, "--whip-answer-timeout", "200ms"],
  live(async (server) => {
    assert.equal((await new WhipClient(server, "/whip/live").post(offerOf())).status, 504);
  }),
);
