// A page of another origin with the clients of WHIP and WHEP that its users take from npm.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

const folderOf = (name) => dirname(require.resolve(`${name}/package.json`));
const fileOf = (name, file) => readFileSync(join(folderOf(name), file), "utf8");

/** The files of a CommonJS package as one module that exports `names`. */
function moduleOf(name, files, names) {
  const parts = files.map((file) => `"${file}": (module, exports, require) => {${fileOf(name, file)}\n}`);
  return `const parts = {${parts.join(",\n")}};
    const made = {};
    const find = (file) => Object.keys(parts).find((part) => part.endsWith(file.replace("./", "/") + ".js"));
    const load = (file) => {
      if (!made[file]) parts[file](made[file] = { exports: {} }, made[file].exports, (other) => load(find(other)));
      return made[file].exports;
    };
    export const { ${names} } = load("${files[0]}");`;
}

const IMPORTS = { events: "/events.js", "sdp-transform": "/sdp-transform.js" };
const FILES = {
  "/": `<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script><video autoplay muted></video>`,
  "/whip.js": fileOf("whip-whep", "whip.js"),
  "/whep.js": fileOf("whip-whep", "whep.js"),
  "/eyevinn.js": fileOf("@eyevinn/whip-web-client", "dist/whip-client.modern.js"),
  "/events.js": moduleOf("events", ["events.js"], "EventEmitter"),
  "/sdp-transform.js": moduleOf(
    "sdp-transform",
    ["lib/index.js", "lib/parser.js", "lib/writer.js", "lib/grammar.js"],
    "write, parse",
  ),
};

/** The origin of the pages, on another port than the server. Ends with the test `t`. */
async function pageOrigin(t) {
  const server = createServer(({ url }, response) => {
    const body = FILES[url];
    const type = url === "/" ? "text/html" : "text/javascript";
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type, connection: "close" }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}

/** `seen`: method and status of each request to `server`, as they come. */
export async function whipPage(t, browser, server, seen = []) {
  const page = await browser.newPage();
  page.on("response", (response) => {
    if (response.url().startsWith(server.url)) seen.push(`${response.request().method()} ${response.status()}`);
  });
  await page.goto(await pageOrigin(t));
  return page;
}

/** Publishes by whip-whep. */
export function publish(page, url, token) {
  return page.evaluate(
    async ([endpoint, bearer]) => {
      const { WHIPClient } = await import("/whip.js");
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: true,
        video: { width: 160, height: 120, frameRate: 10 },
      });
      window.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
      for (const track of stream.getTracks()) window.pc.addTransceiver(track, { direction: "sendonly" });
      window.client = new WHIPClient();
      await window.client.publish(window.pc, endpoint, bearer);
    },
    [url, token],
  );
}

/** Plays by whip-whep. */
export function play(page, url) {
  return page.evaluate(async (endpoint) => {
    const { WHEPClient } = await import("/whep.js");
    window.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    const stream = new MediaStream();
    window.pc.ontrack = ({ track }) => stream.addTrack(track);
    document.querySelector("video").srcObject = stream;
    for (const kind of ["audio", "video"]) window.pc.addTransceiver(kind, { direction: "recvonly" });
    window.client = new WHEPClient();
    await window.client.view(window.pc, endpoint);
  }, url);
}

export const stop = (page) => page.evaluate(() => window.client.stop());

/** What has come in `window.pc`: {frames, audioPackets}. */
export function received(page) {
  return page.evaluate(async () => {
    const reports = [...(await window.pc.getStats()).values()].filter(({ type }) => type === "inbound-rtp");
    const sum = (kind, field) =>
      reports.filter((one) => one.kind === kind).reduce((total, one) => total + (one[field] ?? 0), 0);
    return { frames: sum("video", "framesDecoded"), audioPackets: sum("audio", "packetsReceived") };
  });
}
