"""Every C++ file is formatted as .clang-format says (lint.format). `format.py --fix` formats them."""

import subprocess
import sys
from pathlib import Path

from project import cpp_files, finish


def unformatted(paths: list[Path], fix: bool = False) -> list[str]:
    """The files that are not formatted; with fix, formats them instead."""
    mode = ["-i"] if fix else ["--dry-run", "-Werror"]
    problems = []
    for path in paths:
        run = subprocess.run(["clang-format", "--style=file", *mode, path], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            problems.append(run.stderr.splitlines()[0])
    return problems


if __name__ == "__main__":
    finish(unformatted(cpp_files(), fix="--fix" in sys.argv[1:]))
