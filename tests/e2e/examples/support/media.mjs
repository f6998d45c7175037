// Pages of the media server: those of examples/web, with small pictures, and with a look at their connections.

import assert from "node:assert/strict";
import { joinRoom } from "../../support/browser.mjs";
import { exampleProgram, startServer } from "../../support/server.mjs";

export const OPERATOR = "the operator's token";

export function startMedia(args = []) {
  const all = ["--operator-token", OPERATOR, ...args];
  return startServer(all, { program: exampleProgram("SIGNALING_MEDIA_SERVER") });
}

/** A page whose camera gives 160x120 at 10 pictures a second, with all its connections in `window.connections`. */
export async function newPage(browser) {
  const page = await browser.newPage();
  await page.addInitScript(() => {
    window.connections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(options) {
        super(options);
        window.connections.push(this);
      }
    };
    const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = () =>
      getUserMedia({ audio: true, video: { width: 160, height: 120, frameRate: 10 } });
  });
  return page;
}

export async function joinCall(browser, server, name, room = "call") {
  const page = await newPage(browser);
  await joinRoom(page, server, { name, room });
  return page;
}

/** What the page's one connection carries: its media sections, and how much came of each kind. */
export async function connectionOf(page) {
  return page.evaluate(async () => {
    const open = window.connections.filter(({ connectionState }) => connectionState !== "closed");
    if (open.length !== 1) throw new Error(`${open.length} connections`);
    const reports = [...(await open[0].getStats()).values()];
    const received = reports.filter(({ type }) => type === "inbound-rtp");
    const sum = (kind, field) =>
      received
        .filter((report) => report.kind === kind)
        .reduce((total, report) => total + (report[field] ?? 0), 0);
    return {
      sections: open[0].getTransceivers().length,
      videosSent: reports.filter(({ type, kind }) => type === "outbound-rtp" && kind === "video").length,
      audioPackets: sum("audio", "packetsReceived"),
      widths: [
        ...new Set(received.filter(({ kind }) => kind === "video").map(({ frameWidth }) => frameWidth)),
      ],
    };
  });
}

/** GET /rooms, as the operator. */
export async function roomsOf(server) {
  const answer = await fetch(`${server.url}/rooms`, { headers: { authorization: `Bearer ${OPERATOR}` } });
  assert.equal(answer.status, 200);
  return answer.json();
}

export async function kick(server, room, peer, token = OPERATOR) {
  const query = new URLSearchParams({ room, peer });
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${server.url}/kick?${query}`, { method: "POST", headers })).status;
}
