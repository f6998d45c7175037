"""What no file of the project says (lint.text): addresses of package registries, paths of one machine, and
numbers of a tracker that a reader cannot look up. text_test.py shows that each rule bites.
"""

import re
from pathlib import Path

from project import ROOT, files, finish

FORBIDDEN = {
    "a package registry's address": re.compile(r"(deb|security|ftp)\.debian\.org|registry\.npmjs\.org|registry\.yarnpkg\.com"),
    "a path of one machine": re.compile(r"(?<![\w.$}/-])/(work|root|home)/"),
    "a folder beside the project": re.compile(r"\bshared/(DESIGN|STYLE|PROTOCOL|hooks)|[.]library\b"),
    "the number of an issue": re.compile(r"\bissues? #?\d", re.IGNORECASE),
}


def check_text(name: Path, text: str) -> list[str]:
    return [
        f"{name}:{number}: {what}: {match[0]}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in FORBIDDEN.items()
        if (match := pattern.search(line))
    ]


def check_file(path: Path) -> list[str]:
    name = path.relative_to(ROOT)
    try:
        return check_text(name, path.read_text())
    except UnicodeDecodeError:
        return []  # binary


if __name__ == "__main__":
    finish([problem for path in files() for problem in check_file(path)])
