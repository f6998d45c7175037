"""Measures what building costs, and how large the result is: build_cost.py [--jobs N] [--keep FOLDER]

Builds the release preset from nothing, without ccache, into a temporary folder, the library once static and once
shared; each compilation's time and peak memory come from the kernel (wait4). Prints tables in Markdown.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOG = "SIGNALING_BUILD_COST_LOG"
LONGEST = 10
# What one program needs: the library alone in it, or all of it.
HOSTS = {"custom_transport": "a host with its own sockets", "signaling-server": "the server, all components"}


def run_compiler(command: list[str]) -> int:
    """What CMake calls in place of the compiler: notes what the command took."""
    start = time.monotonic()
    status = subprocess.run(command, check=False).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    source = next((word for word in reversed(command) if word.endswith((".cpp", ".hxx"))), command[-1])
    seconds = used.ru_utime + used.ru_stime
    with Path(os.environ[LOG]).open("a") as log:
        log.write(f"{seconds:.2f} {time.monotonic() - start:.2f} {used.ru_maxrss} {source}\n")
    return status


def build(folder: Path, shared: bool, jobs: int) -> dict:
    log = folder / "compilations"
    environment = {**os.environ, LOG: str(log)}
    configure = [str(ROOT / "cmake" / "configure.sh"), "release", "-B", str(folder), "-DSIGNALING_CCACHE=OFF"]
    configure += [f"-DCMAKE_CXX_COMPILER_LAUNCHER={sys.executable};{Path(__file__).resolve()};--compile"]
    configure += [f"-DBUILD_SHARED_LIBS={'ON' if shared else 'OFF'}"]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL, env=environment)
    start = time.monotonic()
    subprocess.run(["ninja", "-C", str(folder), f"-j{jobs}"], check=True, stdout=subprocess.DEVNULL, env=environment)
    seconds = time.monotonic() - start
    compilations = [line.split(maxsplit=3) for line in log.read_text().splitlines()]
    return {"seconds": seconds, "compilations": [(float(c), int(m), s) for c, _, m, s in compilations]}


def section_bytes(file: Path) -> int:
    """Code and constants, without symbols: what a program grows by at most."""
    lines = subprocess.run(["size", "-t", str(file)], check=True, capture_output=True, text=True).stdout.splitlines()
    text, data, _ = lines[-1].split()[:3]
    return int(text) + int(data)


def print_sizes(folder: Path, pattern: str, title: str) -> None:
    print(f"\n| {title} | kB of code and data |\n|---|---|")
    files = sorted(f for f in folder.rglob(pattern) if f.is_file() and not f.is_symlink() and "CMakeFiles" not in f.parts)
    for file in files:
        name = re.sub(r"\.so\..*", ".so", file.name)
        print(f"| `{name}` | {section_bytes(file) // 1000} |")


def print_programs(folder: Path) -> None:
    print("\n| program | stripped, kB |\n|---|---|")
    for name, what in HOSTS.items():
        stripped = folder / f"{name}.stripped"
        subprocess.run(["strip", "-o", str(stripped), str(folder / "bin" / name)], check=True)
        print(f"| `{name}`: {what} | {stripped.stat().st_size // 1000} |")


def print_build(result: dict, jobs: int) -> None:
    compilations = sorted(result["compilations"], reverse=True)
    total = sum(seconds for seconds, _, _ in compilations)
    print(f"{len(compilations)} compilations, {total:.0f} s of CPU, {result['seconds']:.0f} s with {jobs} at a time.\n")
    print("| longest | s of CPU | peak MB |\n|---|---|---|")
    for seconds, peak, source in compilations[:LONGEST]:
        shown = Path(source)
        shown = shown.relative_to(ROOT) if shown.is_relative_to(ROOT) else Path(shown.name)
        print(f"| `{shown}` | {seconds:.1f} | {peak // 1000} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="compilations at a time (all cores)")
    parser.add_argument("--keep", type=Path, help="build here, and leave it")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="build-cost-"))
    try:
        static = build(folder / "static", shared=False, jobs=arguments.jobs)
        print_build(static, arguments.jobs)
        print_sizes(folder / "static" / "src", "*.a", "static library")
        print_programs(folder / "static")
        build(folder / "shared", shared=True, jobs=arguments.jobs)
        print_sizes(folder / "shared", "*.so.*", "shared library")
    finally:
        if not arguments.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--compile"]:
        sys.exit(run_compiler(sys.argv[2:]))
    main()
