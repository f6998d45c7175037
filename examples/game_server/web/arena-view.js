// Draws the arena. Between two states the discs glide, so that a late one is no jump.

const SIDE = 1_000;
const RUNNER_RADIUS = 34;
const COIN_RADIUS = 16;
const GLIDE_MS = 40; // after this long a disc has made up two thirds of its way

export class ArenaView {
  #canvas;
  #context;
  #runners = new Map(); // seat -> {x, y, targetX, targetY}
  #coins = [];
  #names = new Map(); // seat -> {name, away}
  #own;
  #lastFrame = 0;

  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    requestAnimationFrame((now) => this.#frame(now));
  }

  colorOf(seat) {
    return `hsl(${(seat * 137 + 200) % 360} 70% 50%)`;
  }

  setRoster(roster, ownSeat) {
    this.#names = new Map(roster.map(({ seat, name, away }) => [seat, { name, away }]));
    this.#own = ownSeat;
  }

  show({ players, coins }) {
    const present = new Set(players.map(([seat]) => seat));
    for (const seat of this.#runners.keys()) if (!present.has(seat)) this.#runners.delete(seat);
    for (const [seat, x, y] of players) {
      const runner = this.#runners.get(seat) ?? { x, y };
      runner.targetX = x;
      runner.targetY = y;
      this.#runners.set(seat, runner);
    }
    this.#coins = coins;
  }

  clear() {
    this.#runners.clear();
    this.#coins = [];
  }

  /** Where the player's own disc is on the canvas, in CSS pixels; null if it is not there. */
  ownPlace() {
    const runner = this.#runners.get(this.#own);
    const scale = this.#canvas.clientWidth / SIDE;
    return runner ? { x: runner.x * scale, y: runner.y * scale } : null;
  }

  #frame(now) {
    requestAnimationFrame((next) => this.#frame(next));
    const share = 1 - Math.exp(-(now - this.#lastFrame) / GLIDE_MS);
    this.#lastFrame = now;
    for (const runner of this.#runners.values()) {
      runner.x += (runner.targetX - runner.x) * share;
      runner.y += (runner.targetY - runner.y) * share;
    }
    if (this.#canvas.clientWidth > 0) this.#draw();
  }

  #draw() {
    const pixels = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    if (this.#canvas.width !== pixels) this.#canvas.width = this.#canvas.height = pixels;
    const context = this.#context;
    context.setTransform(pixels / SIDE, 0, 0, pixels / SIDE, 0, 0);
    context.clearRect(0, 0, SIDE, SIDE);
    for (const [x, y] of this.#coins) this.#disc(x, y, COIN_RADIUS, "#f2b705");
    for (const [seat, { x, y }] of this.#runners) this.#drawRunner(seat, x, y);
  }

  #drawRunner(seat, x, y) {
    const context = this.#context;
    const { name = "", away = false } = this.#names.get(seat) ?? {};
    context.globalAlpha = away ? 0.35 : 1;
    this.#disc(x, y, RUNNER_RADIUS, this.colorOf(seat));
    if (seat === this.#own) {
      context.lineWidth = 6;
      context.strokeStyle = getComputedStyle(this.#canvas).color;
      context.stroke();
    }
    context.fillStyle = getComputedStyle(this.#canvas).color;
    context.font = "600 26px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText(name, x, y < 80 ? y + RUNNER_RADIUS + 30 : y - RUNNER_RADIUS - 12);
    context.globalAlpha = 1;
  }

  #disc(x, y, radius, color) {
    const context = this.#context;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = color;
    context.fill();
  }
}
