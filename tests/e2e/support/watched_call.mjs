// What pages in a call see and do, beyond their media: who comes and goes, what they say, how often they negotiate.

import { waitForVideoFrom } from "./browser.mjs";

// Before the page's own scripts: counts the descriptions that it makes.
export function countDescriptions() {
  window.descriptions = 0;
  const original = RTCPeerConnection.prototype.setLocalDescription;
  RTCPeerConnection.prototype.setLocalDescription = function (...args) {
    window.descriptions++;
    return original.apply(this, args);
  };
}

// Notes from now on which tiles come, go, or are marked as away.
export function watchTiles() {
  window.seen = [];
  const nameOf = (tile) => tile.querySelector(".tile-name").textContent;
  const note = ({ type, target, addedNodes, removedNodes }) => {
    if (type === "attributes")
      return window.seen.push(`${nameOf(target)} ${target.dataset.away === undefined ? "back" : "away"}`);
    for (const tile of addedNodes) window.seen.push(`${nameOf(tile)} comes`);
    for (const tile of removedNodes) window.seen.push(`${nameOf(tile)} goes`);
  };
  new MutationObserver((changes) => changes.forEach(note)).observe(document.querySelector("#tiles"), {
    childList: true,
    subtree: true,
    attributeFilter: ["data-away"],
  });
}

export const seenBy = (page) => page.evaluate(() => window.seen);
export const descriptionsOf = (page) => page.evaluate(() => window.descriptions);
export const chatOf = (page) => page.locator("#messages .message-text").allTextContents();

/** Everybody gets new frames from everybody. `pages`: by name. */
export async function expectVideo(pages) {
  const names = Object.keys(pages);
  for (const name of names) {
    await waitForVideoFrom(
      pages[name],
      names.filter((other) => other !== name),
    );
  }
}
