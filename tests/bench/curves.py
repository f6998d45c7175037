"""Draws what one message and one join cost in the process, by the number of peers: curves.py BENCH_MICRO OUT.svg"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import plot

LINES = {
    "route_among": "a message, 64 talk",
    "route_message": "a message, all talk",
    "join_among": "join and leave",
}


def measure(program: str) -> dict[str, list[tuple[float, float]]]:
    """The median of three runs, in nanoseconds of CPU, by line and number of peers."""
    names = "|".join(LINES)
    command = [program, f"--benchmark_filter=^({names})/", "--benchmark_repetitions=3", "--benchmark_format=json"]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    points = defaultdict(list)
    for row in json.loads(run.stdout)["benchmarks"]:
        found = re.fullmatch(r"(\w+)/peers:(\d+)(/batch:1)?(/iterations:\d+)?(/repeats:\d+)?", row["run_name"])
        if found and row.get("aggregate_name") == "median":
            points[found[1]].append((float(found[2]), row["cpu_time"]))
    return points


def main(program: str, out: Path) -> None:
    points = measure(program)
    lines = [(label, points[name]) for name, label in LINES.items()]
    for label, line in lines:
        print(label, *(f"{peers:,.0f}: {nanoseconds:,.0f} ns" for peers, nanoseconds in line), sep="\n  ")
    out.write_text(plot.curves("ns of CPU, by the number of peers", lines))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
