"""Every C++ file is formatted as .clang-format says (lint.format). `format.py --fix` formats them."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from project import cpp_files, finish


# Files of one process; to start one takes as long as a file.
BATCH = 40
JOBS = 2


def unformatted(paths: list[Path], fix: bool = False) -> list[str]:
    """The files that are not formatted; with fix, formats them instead."""
    mode = ["-i"] if fix else ["--dry-run", "-Werror"]
    batches = [paths[i:i + BATCH] for i in range(0, len(paths), BATCH)]

    def check(batch: list[Path]) -> list[str]:
        command = ["clang-format", "--style=file", *mode, *batch]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode == 0:
            return []
        first = {}  # what is said of each file first
        for line in run.stderr.splitlines():
            if "error:" in line:
                first.setdefault(line.split(":")[0], line)
        return list(first.values()) or [run.stderr]

    with ThreadPoolExecutor(JOBS) as pool:
        return [problem for problems in pool.map(check, batches) for problem in problems]


if __name__ == "__main__":
    finish(unformatted(cpp_files(), fix="--fix" in sys.argv[1:]))
