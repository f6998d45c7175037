// One client floods a server in every way that it can. 50 others talk to each other there, in all languages, some of them on
// slow lines and most in the room that is flooded: none of them is closed, what they say comes whole and in order, and
// those on fast lines do not wait for it.

import { test } from "node:test";
import { Bystanders } from "./support/bystanders.mjs";

const SLOW = 200_000;
const FLOOD_MS = 1_000;

test("beside floods of every kind nobody is closed, nothing is lost, and those on fast lines do not wait", async (t) => {
  const bystanders = await Bystanders.gather(t, { slow: SLOW, args: ["--threads", "1"] });
  const floods = [
    ...["messages", "bytes", "broadcasts", "large broadcasts", "lists", "metadata", "joins"].map((kind) => ({
      language: "native",
      kind,
    })),
    { language: "native", kind: "large broadcasts", options: { deflate: true } },
    { language: "vertex", kind: "joins" },
    { language: "rooms-mesh", kind: "large broadcasts", options: { polling: true } },
    { language: "token-peers", kind: "metadata" },
    { language: "redis-rooms", kind: "lists", options: { polling: true } },
  ];
  for (const flood of floods) await bystanders.bear({ ...flood, milliseconds: FLOOD_MS });
  await bystanders.finish();
});
