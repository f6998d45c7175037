"""clang-tidy on the library's sources (lint.tidy): tidy.py <build folder>

Takes the compile commands of the build folder and the checks of .clang-tidy. A translation unit that passed is not
checked again until one of its files, its command or the checks change: a source with the headers of the project that it
includes, or the several sources that a unity build compiles at once. tidy_test.py shows that the checks run.
"""

import hashlib
import json
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from project import ROOT, finish, includes

JOBS = 2


def clang_arguments(command: str) -> list[str]:
    """The compile command without what only gcc takes: its precompiled header and the options that go with it."""
    arguments = shlex.split(command)
    kept, skip = [], False
    for argument, following in zip(arguments, [*arguments[1:], ""]):
        if skip:
            skip = False
        elif argument == "-include" and "cmake_pch" in following:
            skip = True
        elif argument not in ("-fpch-preprocess", "-Winvalid-pch"):
            kept.append(argument)
    return kept


def included_files(source: Path) -> list[Path]:
    """The source and, transitively, the headers of the project it includes."""
    found, waiting = set(), [source]
    while waiting:
        path = waiting.pop()
        found.add(path)
        for _, quote, name in includes(path.read_text()):
            for folder in (ROOT / "include", ROOT / "src", path.parent):
                header = folder / name  # or the name itself, if that is absolute
                if quote == '"' and header.is_file() and header not in found:
                    waiting.append(header)
    return sorted(found)


def state_hash(source: Path, arguments: list[str], version: str) -> str:
    state = hashlib.sha256("\0".join([version, *arguments]).encode())
    for path in (ROOT / ".clang-tidy", *included_files(source)):
        state.update(path.read_bytes())
    return state.hexdigest()


def run_tidy(source: Path, arguments: list[str]) -> str:
    """What clang-tidy complains of; nothing if the file is clean."""
    # A unity build includes sources, which this check takes for a mistake.
    command = ["clang-tidy", "--quiet", f"--config-file={ROOT / '.clang-tidy'}", "--checks=-bugprone-suspicious-include",
               str(source), "--", *arguments[1:]]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr if run.returncode != 0 else ""


def check(entry: dict, passed: Path, version: str) -> str:
    source = Path(entry["file"])
    arguments = clang_arguments(entry["command"])
    stamp = passed / state_hash(source, arguments, version)
    if stamp.exists():
        return ""
    problem = run_tidy(source, arguments)
    if not problem:
        stamp.touch()
    return problem


def is_library(source: Path, build: Path) -> bool:
    """One of the library's sources, or what a unity build has made of them; a header is checked where one includes it."""
    if "verify_interface_header_sets" in str(source):
        return False
    return source.is_relative_to(ROOT / "src") or source.is_relative_to(build / "src")


def main(build: Path) -> None:
    passed = build / "lint.tidy"
    passed.mkdir(exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    commands = json.loads((build / "compile_commands.json").read_text())
    entries = [entry for entry in commands if is_library(Path(entry["file"]), build)]
    if not entries:
        finish([f"{build}: no source of the library among the compile commands"])
    with ThreadPoolExecutor(JOBS) as pool:
        problems = list(pool.map(lambda entry: check(entry, passed, version), entries))
    finish([problem for problem in problems if problem])


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
