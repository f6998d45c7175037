// What this person sends: camera and microphone, or a drawing when there is no camera or it was refused.

import { hueOf } from "./people.js";

const VIDEO = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24, max: 30 } };
const WIDTH = 640;
const HEIGHT = 360;
const NAME_WIDTH = 240; // a phone's upright tile shows only the middle

/**
 * Never fails: `stream` always has a video track. `kind` is "camera" or "canvas"; `hasAudio` tells whether
 * there is a microphone; `stop` releases the devices.
 */
export async function openMedia({ name, forceCanvas = false }) {
  const devices = forceCanvas ? null : await openDevices();
  const stream = devices ?? new MediaStream();
  const kind = stream.getVideoTracks().length > 0 ? "camera" : "canvas";
  const drawing = kind === "canvas" ? new Drawing(name) : null;
  if (drawing) stream.addTrack(drawing.track);
  return {
    stream,
    kind,
    hasAudio: stream.getAudioTracks().length > 0,
    stop() {
      drawing?.stop();
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

// Both, or whichever of the two there is. `mediaDevices` is missing on pages that did not come over HTTPS.
async function openDevices() {
  for (const wish of [{ video: VIDEO, audio: true }, { video: VIDEO }, { audio: true }]) {
    try {
      return await navigator.mediaDevices.getUserMedia(wish);
    } catch (error) {
      if (error.name === "NotAllowedError" || !navigator.mediaDevices) return null;
    }
  }
  return null;
}

/** A name, a clock, and something that moves, as a video track. */
class Drawing {
  track;
  #context;
  #name;
  #hue;
  #timer;
  #still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  constructor(name) {
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#name = name;
    this.#hue = hueOf(name);
    this.#draw();
    const framesPerSecond = this.#still ? 2 : 15;
    this.track = canvas.captureStream(framesPerSecond).getVideoTracks()[0];
    this.#timer = setInterval(() => this.#draw(), 1000 / framesPerSecond);
  }

  stop() {
    clearInterval(this.#timer);
  }

  #draw() {
    const now = new Date();
    this.#drawBackground();
    if (!this.#still) this.#drawOrbit(now.getTime() / 1000);
    this.#drawText(now);
  }

  #drawBackground() {
    const gradient = this.#context.createLinearGradient(0, 0, WIDTH, HEIGHT);
    gradient.addColorStop(0, `oklch(0.5 0.1 ${this.#hue})`);
    gradient.addColorStop(1, `oklch(0.33 0.09 ${this.#hue + 50})`);
    this.#context.fillStyle = gradient;
    this.#context.fillRect(0, 0, WIDTH, HEIGHT);
  }

  #drawOrbit(seconds) {
    const context = this.#context;
    for (let i = 0; i < 3; i++) {
      const angle = seconds * (0.5 - i * 0.12) + i * 2.1;
      const x = WIDTH / 2 + Math.cos(angle) * (190 + i * 50);
      const y = HEIGHT / 2 + Math.sin(angle) * (90 + i * 30);
      context.fillStyle = `oklch(0.85 0.1 ${this.#hue + 30 * i} / 0.25)`;
      context.beginPath();
      context.arc(x, y, 46 - i * 11, 0, 2 * Math.PI);
      context.fill();
    }
  }

  #drawText(now) {
    const context = this.#context;
    context.textAlign = "center";
    context.fillStyle = "rgb(255 255 255 / 0.95)";
    context.font = `600 ${this.#nameSize()}px system-ui, sans-serif`;
    context.fillText(this.#name, WIDTH / 2, HEIGHT / 2 + 6, NAME_WIDTH);
    context.fillStyle = "rgb(255 255 255 / 0.7)";
    context.font = "400 26px ui-monospace, monospace";
    context.fillText(now.toLocaleTimeString(), WIDTH / 2, HEIGHT / 2 + 50);
  }

  #nameSize() {
    this.#context.font = "600 100px system-ui, sans-serif";
    const size = (100 * NAME_WIDTH) / this.#context.measureText(this.#name).width;
    return Math.max(24, Math.min(56, Math.floor(size)));
  }
}
