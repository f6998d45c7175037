"""A small writer of SVG: bars with the range of their rounds, and curves over a logarithmic axis."""

from html import escape
from math import log10
from statistics import median

WIDTH = 760
LEFT = 210
ROW = 30
COLORS = ["#1f6feb", "#8b949e", "#d29922", "#e3b341", "#cf222e", "#2da44e", "#8250df", "#bf8700"]


def text(x: float, y: float, words: str, anchor: str = "start", size: int = 13) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'


def page(height: float, title: str, parts: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" font-family="sans-serif">'
    background = f'<rect width="{WIDTH}" height="{height:.0f}" fill="white"/>'
    return "\n".join([head, background, text(12, 24, title, size=15), *parts, "</svg>", ""])


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def bars(title: str, rows: list[tuple[str, list[float]]]) -> str:
    largest = max(max(values) for _, values in rows)
    scale = (WIDTH - LEFT - 110) / max(largest, 1e-9)
    parts = []
    for i, (label, values) in enumerate(rows):
        y = 42 + i * ROW
        length = median(values) * scale
        parts.append(text(LEFT - 8, y + 15, label, "end"))
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="20" fill="{COLORS[i % len(COLORS)]}"/>')
        low, high = LEFT + min(values) * scale, LEFT + max(values) * scale
        parts.append(f'<path d="M{low:.1f} {y + 10}H{high:.1f}" stroke="black" stroke-width="2"/>')
        parts.append(text(max(high, LEFT + length) + 6, y + 15, number(median(values))))
    return page(50 + len(rows) * ROW, title, parts)


def curves(title: str, lines: list[tuple[str, list[tuple[float, float]]]]) -> str:
    height, bottom, left = 340.0, 280.0, 70.0
    points = [point for _, line in lines for point in line]
    highest = 1.15 * max(y for _, y in points)
    widest = max(log10(max(x, 1)) for x, _ in points) or 1

    def place(x: float, y: float) -> tuple[float, float]:
        return left + log10(max(x, 1)) / widest * (WIDTH - left - 60), bottom - y / highest * (bottom - 50)

    parts = [f'<path d="M{left} 50V{bottom}H{WIDTH - 60}" stroke="black" fill="none"/>']
    parts += [text(left - 8, place(1, highest * k / 4)[1] + 4, number(highest * k / 4), "end") for k in range(5)]
    parts += [text(place(x, 0)[0], bottom + 18, f"{x:,.0f}", "middle") for x in sorted({x for x, _ in points})]
    for i, (label, line) in enumerate(lines):
        color = COLORS[i % len(COLORS)]
        path = " ".join("%.1f,%.1f" % place(x, y) for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (*place(x, y), color) for x, y in line]
        parts.append(f'<rect x="{left + 180 * i}" y="310" width="12" height="12" fill="{color}"/>')
        parts.append(text(left + 180 * i + 18, 321, label))
    return page(height, title, parts)
