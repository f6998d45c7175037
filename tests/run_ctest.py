"""Runs ctest, and says at the end what a person wants to know: run_ctest.py <build folder> <command> [ctest argument...]

Behind ctest's own progress come the slowest tests; of each test that failed what it printed and how to run it alone, by
<command>; of each of them the lines that look like the reason, for logs that are cut; and ctest's summary once more, so
that it is the last thing on the screen.
"""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

# Most tests wait for clients, processes and clocks for most of their time.
PARALLEL = 4
SLOWEST = 5
LAST_LINES = 150
# What doctest, node:test, unittest, compilers and sanitizers begin a failure with.
REASON = re.compile(r"ERROR|\berror\b|^\s*not ok|✖|Assertion|Exception|Traceback|Timeout|runtime error|FAIL", re.ASCII)
REASONS = 4


def run(build: Path, arguments: list[str], results: Path) -> tuple[int, list[str]]:
    """Shows what ctest prints, without the outputs of tests; gives its exit code and its summary."""
    command = ["ctest", "--test-dir", str(build), "--parallel", str(PARALLEL), "--no-tests=error",
               "--output-junit", str(results), *arguments]
    summary = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as ctest:
        for line in ctest.stdout:
            print(line, end="", flush=True)
            if summary or "% tests passed" in line:
                summary.append(line)
    return ctest.returncode, summary


def report(results: Path, repeat: str) -> str:
    """What is worth knowing of the results that ctest wrote in JUnit's format."""
    tests = ElementTree.parse(results).getroot().findall("testcase")
    slowest = sorted(tests, key=lambda test: -float(test.get("time", 0)))[:SLOWEST]
    lines = ["", "Slowest: " + ", ".join(f"{test.get('name')} {float(test.get('time', 0)):.0f} s" for test in slowest)]
    for test in tests:
        if test.find("failure") is None:
            continue
        output = (test.findtext("system-out") or "").rstrip().splitlines()
        lines += ["", f"---- {test.get('name')} failed; it printed:"]
        if len(output) > LAST_LINES:
            lines.append(f"[{len(output) - LAST_LINES} lines are left out]")
        lines += output[-LAST_LINES:]
        name = test.get("name").replace(".", "\\.").replace("+", "\\+")
        lines.append(f"---- again, alone: {repeat} -R '^{name}$'")
    return "\n".join(lines + digest(tests))


def digest(tests: list[ElementTree.Element]) -> list[str]:
    """A few lines for each test that failed: the first that look like the reason, or else the last."""
    lines = []
    for test in tests:
        if test.find("failure") is None:
            continue
        output = [line.strip() for line in (test.findtext("system-out") or "").splitlines() if line.strip()]
        reasons = [line for line in output if REASON.search(line)][:REASONS] or output[-REASONS:]
        lines += [f"{test.get('name')}: {line[:200]}" for line in reasons]
    return ["", "In short:", *lines] if lines else []


def main() -> int:
    build, repeat, arguments = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    results = build / "results.xml"
    results.unlink(missing_ok=True)
    code, summary = run(build, arguments, results)
    if results.exists():
        print(report(results, repeat))
        print("\n" + "".join(summary), end="")
    return code


if __name__ == "__main__":
    sys.exit(main())
