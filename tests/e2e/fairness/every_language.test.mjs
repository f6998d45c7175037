// Floods in every language, of every kind that it has: see floods.test.mjs.

import { test } from "node:test";
import { Bystanders } from "./support/bystanders.mjs";
import { languages } from "./support/languages.mjs";

const SLOW = 64_000;
const FLOOD_MS = 1_000;

const ways = { native: [undefined, { deflate: true }], vertex: [undefined] };
const ofSocketIo = [undefined, { polling: true }];

for (const [language, { floods }] of Object.entries(languages)) {
  for (const options of ways[language] ?? ofSocketIo) {
    test(`floods in ${language} ${Object.keys(options ?? {})}`, async (t) => {
      const bystanders = await Bystanders.gather(t, { slow: SLOW });
      for (const kind of Object.keys(floods)) {
        await bystanders.bear({ language, kind, milliseconds: FLOOD_MS, options });
        await bystanders.bear({ language, kind, target: `slow ${language}`, milliseconds: FLOOD_MS, options });
      }
      await bystanders.finish();
    });
  }
}
