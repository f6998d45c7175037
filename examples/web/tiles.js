// The grid of videos. Whatever a name holds, it is only ever set as text.

import { hueOf, initialsOf } from "./people.js";

const GAP = 12;
const WIDEST = 16 / 9;
// A wide screen crops little off a video; a phone held upright rather crops than wastes half of its screen.
const NARROWEST = { landscape: 4 / 3, portrait: 3 / 4 };

const STATE_TEXT = {
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  failed: "No connection, trying again…",
};

export class TileGrid {
  #list;
  #template;
  #tiles = new Map(); // id -> element

  constructor(list, template) {
    this.#list = list;
    this.#template = template;
    new ResizeObserver(() => this.#layOut()).observe(list);
  }

  /**
   * Adds or changes the tile of one person.
   * `person`: {id, name, state, wasConnected, away, stream, camera, mic, self, mirrored}
   */
  set(person) {
    let tile = this.#tiles.get(person.id);
    if (!tile) tile = this.#add(person);
    const label = person.self ? `${person.name} (you)` : person.name;
    tile.dataset.state = person.state;
    tile.toggleAttribute("data-away", Boolean(person.away));
    tile.dataset.camera = person.camera ? "on" : "off";
    tile.dataset.mic = person.mic ? "on" : "off";
    tile.style.setProperty("--hue", hueOf(person.name));
    setText(tile.querySelector(".tile-name"), label);
    setText(tile.querySelector(".tile-initials"), initialsOf(person.name));
    setText(tile.querySelector(".tile-mic-off"), person.mic ? "" : "microphone off");
    setText(tile.querySelector(".tile-state"), stateText(person));
    const video = tile.querySelector("video");
    video.setAttribute("aria-label", `Video of ${label}`);
    if (video.srcObject !== person.stream) video.srcObject = person.stream;
  }

  remove(id) {
    const tile = this.#tiles.get(id);
    if (!tile) return;
    tile.querySelector("video").srcObject = null;
    tile.remove();
    this.#tiles.delete(id);
    this.#layOut();
  }

  clear() {
    for (const id of [...this.#tiles.keys()]) this.remove(id);
  }

  #add({ id, self, mirrored }) {
    const tile = this.#template.content.firstElementChild.cloneNode(true);
    const video = tile.querySelector("video");
    tile.dataset.peer = id;
    tile.toggleAttribute("data-self", Boolean(self));
    tile.toggleAttribute("data-mirrored", Boolean(mirrored));
    video.muted = Boolean(self);
    countFrames(tile, video);
    this.#tiles.set(id, tile);
    this.#list.append(tile);
    this.#layOut();
    return tile;
  }

  // Of all numbers of columns, the one that gives the largest tiles.
  #layOut() {
    const { clientWidth: width, clientHeight: height } = this.#list;
    const narrowest = NARROWEST[width < height ? "portrait" : "landscape"];
    const count = this.#tiles.size;
    let best = { width: 0, height: 0 };
    for (let columns = 1; columns <= count; columns++) {
      const rows = Math.ceil(count / columns);
      const tile = fit(
        (width - GAP * (columns - 1)) / columns,
        (height - GAP * (rows - 1)) / rows,
        narrowest,
      );
      if (tile.width * tile.height > best.width * best.height) best = tile;
    }
    this.#list.style.setProperty("--tile-width", `${best.width}px`);
    this.#list.style.setProperty("--tile-height", `${best.height}px`);
  }
}

// The largest box in a cell whose shape is between the narrowest and the widest allowed.
function fit(cellWidth, cellHeight, narrowest) {
  const width = Math.min(cellWidth, cellHeight * WIDEST);
  const height = Math.min(cellHeight, width / narrowest);
  return { width: Math.max(0, Math.floor(width)), height: Math.max(0, Math.floor(height)) };
}

function countFrames(tile, video) {
  let frames = 0;
  tile.dataset.frames = frames;
  const onFrame = () => {
    tile.dataset.frames = ++frames;
    if (tile.isConnected) video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback?.(onFrame);
}

// The video of a person that is away may go on: only the connection to the server is lost.
function stateText({ state, wasConnected, away }) {
  const isReconnecting = away ? state !== "failed" : state === "connecting" && wasConnected;
  return STATE_TEXT[isReconnecting ? "reconnecting" : state] ?? "";
}

// Screen readers announce what is written, even when it is the same text again.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
