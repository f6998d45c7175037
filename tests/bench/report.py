"""Turns runs into results.json, tables in Markdown, and plots."""

import json
from collections import defaultdict
from pathlib import Path
from statistics import median

import plot
from cases import CROWDS, GROUPS, Case


def value_of(case: Case, run: dict) -> float:
    if case.metric == "memory":
        return (run["memory_after_kb"] - run["memory_before_kb"]) / run["units"]
    if case.metric == "latency":
        return run["latency_p99_us"]
    if case.metric == "wall":
        return run["units"] / run["seconds"]
    return run["units"] / max(run["server_cpu_seconds"], 1e-9)


def cpu_each(run: dict) -> tuple[float, float]:
    """Microseconds of the server's CPU for one message or connection, and the part that was not the kernel's."""
    return tuple(1e6 * run[name] / run["units"] for name in ("server_cpu_seconds", "server_user_seconds"))


def one_line(run: dict) -> str:
    cpu, user = cpu_each(run)
    line = f"{run['case']} {run['server']}: {run['units']} {run['unit']}, {cpu:.2f} us of server CPU each"
    return line + f", {user:.2f} of it user's, load generator {run['loadgen_cpu_share']:.0%}"


def shown(case: Case, value: float) -> str:
    if case.metric == "memory":
        return f"{value:.2f}"
    return f"{value:,.0f}"


UNITS = {
    "rate": "per server CPU second",
    "memory": "kB per connection",
    "latency": "p99 in us, from the intended time of sending",
    "wall": "per second",
}


class Results:
    """The values of all rounds, by case and server."""

    def __init__(self, runs: list[dict]):
        self.cases = {case.name: case for _, cases in GROUPS.values() for case in cases}
        self.runs: dict[tuple[str, str], list[dict]] = defaultdict(list)
        for run in runs:
            self.runs[run["case"], run["server"]].append(run)

    def values(self, case: Case, server: str) -> list[float]:
        return [value_of(case, run) for run in self.runs.get((case.name, server), [])]

    def middle(self, case: Case, server: str) -> float | None:
        values = self.values(case, server)
        return median(values) if values else None

    def ratio(self, case: Case, server: str) -> float | None:
        mine, base = self.middle(case, server), self.middle(case, case.base)
        return mine / base if mine is not None and base else None


def cell(results: Results, case: Case, server: str) -> str:
    values = results.values(case, server)
    if not values:
        return ""
    text = shown(case, median(values))
    ratio = results.ratio(case, server)
    if ratio is not None and case.metric != "memory":
        text = f"**{ratio:.2f}** · {text}"
    spread = (max(values) - min(values)) / (2 * max(abs(median(values)), 1e-9))
    return f"{text} ±{spread:.0%}" if len(values) > 1 else text


def table(results: Results, cases: list[Case]) -> list[str]:
    cases = [case for case in cases if any(results.values(case, server.name) for server in case.servers)]
    servers = {}
    for case in cases:
        servers.update({each.name: each.label for each in case.servers if results.values(case, each.name)})
    if not cases:
        return []
    lines = ["| work | " + " | ".join(servers.values()) + " |", "|---" * (len(servers) + 1) + "|"]
    for case in cases:
        cells = [cell(results, case, server) for server in servers]
        lines.append(f"| {case.label} ({UNITS[case.metric]}) | " + " | ".join(cells) + " |")
    return lines


def load_table(results: Results) -> list[str]:
    """How busy the load generator was: at 100 % it is what limits, and the server has less to gather."""
    heads = ["work", "server", "CPU us", "user's us", "server, share of a core", "load generator", "p50 us", "p99 us"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for (case, server), runs in results.runs.items():
        busy = median(run["server_cpu_seconds"] / run["seconds"] for run in runs)
        own = median(run["loadgen_cpu_share"] for run in runs)
        cpu, user = (median(values) for values in zip(*map(cpu_each, runs), strict=True))
        latency = [
            f"{median(run[name] for run in runs):,.0f}" if name in runs[0] else ""
            for name in ("latency_p50_us", "latency_p99_us")
        ]
        lines.append(f"| {case} | {server} | {cpu:.2f} | {user:.2f} | {busy:.0%} | {own:.0%} | {latency[0]} | {latency[1]} |")
    return lines


def write_tables(out: Path, facts: dict, results: Results) -> None:
    lines = ["# Measured", ""] + [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", "In bold: the ratio to uWebSockets, over Socket.IO to socket.io on Node, and so on: to the base of the"]
    lines += ["group. Medians; ± is half of the range from the smallest to the largest round.", ""]
    for title, cases in GROUPS.values():
        rows = table(results, cases)
        if rows:
            lines += [f"## {title}", "", *rows, ""]
    lines += ["## CPU of one message or connection, load and latency", "", *load_table(results), ""]
    (out / "table.md").write_text("\n".join(lines))


def write_plots(out: Path, results: Results) -> None:
    for case in results.cases.values():
        bars = [(server.label, results.values(case, server.name)) for server in case.servers]
        bars = [(label, values) for label, values in bars if values]
        if len(bars) > 1:
            title = f"{case.label}{' over TLS' if case.tls else ''}, {UNITS[case.metric]}"
            (out / f"{case.name}.svg").write_text(plot.bars(title, bars))
    curves = []
    for server in CROWDS[0].servers:
        points = [(case.options["bystanders"], results.middle(case, server.name)) for case in CROWDS]
        points = [(x, 1e6 / y) for x, y in points if y]
        if points:
            curves.append((server.label, points))
    if curves:
        title = "us of server CPU for one message, by the number of peers that are only there"
        (out / "crowds.svg").write_text(plot.curves(title, curves))


def write(out: Path, facts: dict, runs: list[dict]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    results = Results(runs)
    (out / "results.json").write_text(json.dumps({"machine": facts, "runs": runs}, indent=1) + "\n")
    write_tables(out, facts, results)
    write_plots(out, results)
