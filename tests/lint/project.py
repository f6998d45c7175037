"""What the lints share: the files of the project, their includes, and how a lint ends."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# A comment, or a string or character literal; a raw string only without a delimiter of its own.
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"\(.*?\)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL
)


def files(root: Path = ROOT) -> list[Path]:
    """The project's files, also those not yet added to git; outside of a git checkout, all but build output."""
    git = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=False,
    )
    if git.returncode == 0 and git.stdout:
        found = (root / name for name in git.stdout.split("\0") if name)
    else:
        found = (p for p in root.rglob("*") if not {"build", "node_modules", ".git"} & set(p.relative_to(root).parts))
    return sorted(p for p in found if p.is_file())


def cpp_files(root: Path = ROOT) -> list[Path]:
    return [p for p in files(root) if p.suffix in (".cpp", ".hpp")]


def includes(text: str) -> list[tuple[int, str, str]]:
    """(line, '<' or '"', name) of each #include."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            found.append((number, match[1], match[2]))
    return found


def code_lines(text: str) -> list[str]:
    """The lines without comments and literals, so that a rule about code is not broken by prose."""
    blanked = NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return blanked.splitlines()


def finish(problems: list[str]) -> None:
    """Prints the problems, and exits: 1 if there are any."""
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
