// The demo's peer-link.js between two RTCPeerConnections of one page, with the signaling played by the test:
// what is rare between real pages is made to happen every time.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Browser, WEB_FOLDER } from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";

let server, browser, page;
before(async () => {
  server = await startServer(["--static", WEB_FOLDER]);
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(async () => {
  page = await browser.newPage();
  await page.goto(server.url);
  await page.evaluate(definePair);
});

// Runs in the page. `pair.a` is polite, `pair.b` is not; all they send goes through `pair.deliver(to, type,
// data)`.
async function definePair() {
  const { PeerLink } = await import("/peer-link.js");
  const other = { a: "b", b: "a" };
  const pair = { log: [], problems: [] };
  pair.hand = (to, type, data) => {
    const copy = JSON.parse(JSON.stringify(data)); // as over the wire
    if (type === "candidate") pair[to].receiveCandidate(copy);
    else pair[to].receiveDescription(copy);
  };
  pair.deliver = pair.hand;
  pair.make = (name) => {
    const send = (type) => (to, data) => {
      pair.log.push(`${name} ${type}`);
      return Promise.resolve(pair.deliver(to, type, data));
    };
    const signaling = {
      iceServers: [],
      offer: send("offer"),
      answer: send("answer"),
      candidate: send("candidate"),
    };
    const canvas = document.createElement("canvas");
    canvas.getContext("2d");
    const localStream = canvas.captureStream(5);
    pair[name] = new PeerLink({ id: other[name], polite: name === "a", signaling, localStream });
    pair[name].addEventListener("problem", ({ detail }) => pair.problems.push(`${name}: ${detail}`));
  };
  pair.connected = () => pair.a.state === "connected" && pair.b.state === "connected";
  pair.make("a");
  pair.make("b");
  window.pair = pair;
}

async function connected() {
  await page
    .waitForFunction(() => window.pair.connected())
    .catch(async (cause) => {
      const state = await page.evaluate(() => [
        window.pair.a.state,
        window.pair.b.state,
        window.pair.problems,
      ]);
      throw new Error(`not connected: ${JSON.stringify(state)}`, { cause });
    });
  assert.deepEqual(await page.evaluate(() => window.pair.problems), []);
}

async function count(entry) {
  return page.evaluate((wanted) => window.pair.log.filter((line) => line === wanted).length, entry);
}

test("the polite side makes the first offer, and one round is enough", { timeout: 60_000 }, async () => {
  await page.evaluate(() => (window.pair.a.start(), window.pair.b.start()));
  await connected();
  assert.deepEqual([await count("a offer"), await count("b answer")], [1, 1]);
  assert.deepEqual([await count("b offer"), await count("a answer")], [0, 0]);
});

test(
  "glare: both offer at once, the polite side rolls back (WebRTC 1.0, 10.7)",
  { timeout: 60_000 },
  async () => {
    // Both offers are on their way before either arrives.
    await page.evaluate(() => {
      const { pair } = window;
      const held = [];
      pair.deliver = (...message) => {
        held.push(message);
        if (held.filter(([, type]) => type === "offer").length < 2) return;
        pair.deliver = pair.hand;
        for (const each of held) pair.hand(...each);
      };
      pair.a.offerFirst();
      pair.b.offerFirst();
    });
    await connected();
    assert.ok((await count("a answer")) >= 1, "the polite side answered the impolite side's offer");
  },
);

test("candidates that come before the offer are kept (RFC 8838)", { timeout: 60_000 }, async () => {
  // The early candidate is the only one that either side ever learns.
  await page.evaluate(() => {
    const { pair } = window;
    const bare = ({ type, sdp }) => ({
      type,
      sdp: sdp.replace(/^a=(candidate|end-of-candidates).*\r\n/gm, ""),
    });
    let offer = null;
    pair.deliver = (to, type, data) => {
      if (type === "offer") offer = data;
      if (type === "answer") pair.hand(to, type, bare(data));
      if (type !== "candidate" || to !== "b" || !offer) return;
      pair.hand(to, type, data);
      pair.hand(to, "offer", bare(offer));
      offer = null;
    };
    pair.a.start();
  });
  await connected();
});

test(
  "a side that started anew is noticed by its SDP session id (RFC 9429 5.2.1)",
  { timeout: 60_000 },
  async () => {
    await page.evaluate(() => {
      const { pair } = window;
      pair.offers = [];
      pair.deliver = (to, type, data) => {
        if (type === "offer") pair.offers.push(data);
        pair.hand(to, type, data);
      };
      pair.a.start();
    });
    await connected();
    const news = await page.evaluate(async () => {
      const { pair } = window;
      const [earlier] = pair.offers;
      const next = new Promise(
        (resolve) => (pair.deliver = (to, type, data) => type === "offer" && resolve(data)),
      );
      pair.make("a");
      pair.a.start();
      return [earlier, await next].map((offer) => pair.b.isFromNewSession(offer));
    });
    assert.deepEqual(news, [false, true]);
  },
);

test("an impolite side that is offered nothing makes the offer itself", { timeout: 60_000 }, async () => {
  await page.evaluate(() => window.pair.b.start());
  await connected();
  assert.ok((await count("b offer")) >= 1);
});

test("an offer that was lost with the signaling is said again", { timeout: 60_000 }, async () => {
  await page.evaluate(async () => {
    const { pair } = window;
    const lost = new Promise((resolve) => {
      pair.deliver = (to, type) => type === "offer" && resolve();
    });
    pair.a.start();
    await lost;
    pair.deliver = pair.hand;
    pair.a.refresh();
  });
  await connected();
});
