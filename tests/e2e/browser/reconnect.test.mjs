// The server goes and comes back: calls go on meanwhile, pages find back by themselves, newcomers are let in.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, afterEach, before, beforeEach, test } from "node:test";
import {
  Browser,
  WEB_FOLDER,
  joinRoom,
  remoteTiles,
  sendChat,
  waitForChat,
  waitForSignaling,
  waitForVideoFrom,
} from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";

let server, browser, ada, grace;

before(async () => (browser = await Browser.open()));
after(() => browser?.close());

beforeEach(async () => {
  server = await startServer(["--static", WEB_FOLDER]);
  [ada, grace] = [await browser.newPage(), await browser.newPage()];
  await joinRoom(ada, server, { name: "Ada", room: "again" });
  await joinRoom(grace, server, { name: "Grace", room: "again" });
  await waitForVideoFrom(ada, ["Grace"]);
  await waitForVideoFrom(grace, ["Ada"]);
});

afterEach(async () => {
  await browser.closePages();
  await server?.kill();
});

async function startAgain() {
  server = await startServer(["--static", WEB_FOLDER, "--listen", `127.0.0.1:${server.port}`]);
}

async function everybodyIsBack() {
  for (const page of [ada, grace]) await waitForSignaling(page, "open");
  const emmy = await browser.newPage();
  await joinRoom(emmy, server, { name: "Emmy", room: "again" });
  await waitForVideoFrom(emmy, ["Ada", "Grace"]);
  await waitForVideoFrom(ada, ["Emmy", "Grace"]);
  await waitForVideoFrom(grace, ["Ada", "Emmy"]);
  await sendChat(ada, "still here");
  for (const page of [grace, emmy]) await waitForChat(page, "still here");
}

test(
  "a server that is restarted is found again, and a newcomer gets into the call",
  { timeout: 120_000 },
  async () => {
    assert.equal(await server.stop(), 0, server.output);
    for (const page of [ada, grace]) await waitForSignaling(page, "waiting");
    assert.match(await ada.getByRole("status").first().textContent(), /./, "the page says so");
    await startAgain();
    await everybodyIsBack();
  },
);

test("while the server is away the call goes on", { timeout: 120_000 }, async () => {
  await server.kill();
  for (const page of [ada, grace]) await waitForSignaling(page, "waiting");
  await waitForVideoFrom(ada, ["Grace"]);
  await waitForVideoFrom(grace, ["Ada"]);
  await sendChat(grace, "can you still hear me?");
  await waitForChat(ada, "can you still hear me?");
  await startAgain();
  await everybodyIsBack();
});

// Passes connections on to the server until it is told to cut them, so that the server notices or does not.
async function startProxy() {
  const clients = new Set();
  const upstreams = new Set();
  const proxy = net.createServer((client) => {
    const upstream = net.connect(server.port, "127.0.0.1");
    clients.add(client);
    upstreams.add(upstream);
    client.pipe(upstream, { end: false }).on("error", () => {});
    upstream.pipe(client).on("error", () => {});
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const destroy = (sockets) => sockets.forEach((socket) => socket.destroy());
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    cutUnnoticed: () => destroy(clients),
    cut: () => [clients, upstreams].forEach(destroy),
    close() {
      proxy.close();
      this.cut();
    },
  };
}

async function idOf(name, page) {
  return (await remoteTiles(page)).find((tile) => tile.name === name)?.id;
}

async function comesBackAfter(cut) {
  const proxy = await startProxy();
  try {
    const emmy = await browser.newPage();
    await joinRoom(emmy, proxy, { name: "Emmy", room: "again" });
    await waitForVideoFrom(emmy, ["Ada", "Grace"]);
    await waitForVideoFrom(ada, ["Emmy", "Grace"]);
    const id = await idOf("Emmy", ada);
    const noticed = emmy.evaluate(
      () =>
        new Promise((resolve) => new MutationObserver(resolve).observe(document.body, { attributes: true })),
    );
    proxy[cut]();
    await noticed; // data-signaling changed
    await waitForSignaling(emmy, "open");
    await waitForVideoFrom(emmy, ["Ada", "Grace"]);
    await waitForVideoFrom(ada, ["Emmy", "Grace"]);
    await waitForVideoFrom(grace, ["Ada", "Emmy"]);
    await sendChat(emmy, "that was short");
    for (const page of [ada, grace]) await waitForChat(page, "that was short");
    return [id, await idOf("Emmy", ada)];
  } finally {
    proxy.close();
  }
}

test("a page whose connection breaks comes back into its calls", { timeout: 120_000 }, async () => {
  await comesBackAfter("cut");
});

test(
  "a page whose old connection the server still holds takes it over as the same peer",
  { timeout: 120_000 },
  async () => {
    const [before, after] = await comesBackAfter("cutUnnoticed");
    assert.equal(after, before);
  },
);
