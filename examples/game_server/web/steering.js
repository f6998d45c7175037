// Where the player wants to run: by arrow keys or W A S D, or towards a finger or the mouse, held on the
// arena.

const KEYS = {
  ArrowLeft: [-1, 0],
  KeyA: [-1, 0],
  ArrowRight: [1, 0],
  KeyD: [1, 0],
  ArrowUp: [0, -1],
  KeyW: [0, -1],
  ArrowDown: [0, 1],
  KeyS: [0, 1],
};
const NEAR = 12; // pixels from the finger: arrived

export class Steering {
  #ownPlace;
  #held = new Set(); // codes of keys
  #finger = null; // {x, y} on the arena

  /** `ownPlace()`: where on `arena` the player is, in CSS pixels, or null. */
  constructor(arena, ownPlace) {
    this.#ownPlace = ownPlace;
    arena.addEventListener("keydown", (event) => {
      if (!(event.code in KEYS) || event.ctrlKey || event.altKey || event.metaKey) return;
      this.#held.add(event.code);
      event.preventDefault(); // the page would scroll
    });
    arena.addEventListener("keyup", ({ code }) => this.#held.delete(code));
    arena.addEventListener("blur", () => this.#held.clear());
    const follow = ({ offsetX, offsetY }) => (this.#finger = { x: offsetX, y: offsetY });
    arena.addEventListener("pointerdown", (event) => {
      arena.setPointerCapture(event.pointerId);
      follow(event);
    });
    arena.addEventListener("pointermove", (event) => this.#finger && follow(event));
    for (const type of ["pointerup", "pointercancel"])
      arena.addEventListener(type, () => (this.#finger = null));
  }

  /** {x, y}: -1 to 1 each. */
  direction() {
    if (this.#finger) return this.#towardsFinger();
    let [x, y] = [0, 0];
    for (const code of this.#held) {
      x += KEYS[code][0];
      y += KEYS[code][1];
    }
    return { x: Math.sign(x), y: Math.sign(y) };
  }

  #towardsFinger() {
    const place = this.#ownPlace();
    if (!place) return { x: 0, y: 0 };
    const [x, y] = [this.#finger.x - place.x, this.#finger.y - place.y];
    const length = Math.hypot(x, y);
    return length < NEAR ? { x: 0, y: 0 } : { x: x / length, y: y / length };
  }
}
