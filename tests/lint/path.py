"""Where the comments at the top of files lead that follow the way of a message, docs/data-path.md (lint.path).

Such a comment opens with `// Path n/8` and may end in `Next: ...`. There it names files, from src/ or its own folder, or says
that the host is next. A file that is named exists, and the two call each other: one calls a function that the other
defines, by a name that a header declares which both include. path_test.py shows that each rule bites.
"""

import re
from functools import cache
from pathlib import Path

from project import ROOT, code_lines, cpp_files, finish, includes

CRUMB = re.compile(r"// Path \d/8")
NAMED = re.compile(r"[\w/]+\.[ch]pp\b")
FOLDER = re.compile(r"\b\w+/(?!\w)")
# A definition at the left margin, of a member or not, or of a member in its class; and whatever looks like a call.
DEFINITION = re.compile(
    r"^(?! *(?:return|if|for|while|switch|else)\b)[\w:<>,&*~\[\] ]*?\b(\w+)\((?:[^;]*|[^;]*\{.*\})$"
)
CALL = re.compile(r"(\.|->)?(?<![:\w])(?:\w+::)*(\w+)(?:<[^<>()]*>)?\(")


def opening_comment(text: str) -> str:
    """The comment that a file opens with, as one line, if it is about the path."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        lines.append(line.removeprefix("//").strip())
    return " ".join(lines) if CRUMB.match(text) else ""


class Tree:
    """The sources of the project, as far as they tell who calls whom."""

    def __init__(self, root: Path):
        self.root = root
        self.closure = cache(self.closure)
        self.names = cache(self.names)

    def code(self, path: Path) -> list[str]:
        return code_lines((self.root / path).read_text())

    def resolve(self, name: str) -> Path | None:
        """An #include, or a file that a comment names, as a path from the root."""
        for folder in ("include", "src", "include/signaling"):
            if (self.root / folder / name).is_file():
                return Path(folder, name)
        return None

    def closure(self, path: Path) -> frozenset[Path]:
        """The project's headers that a file includes, directly or not; and itself, if it is one."""
        found, waiting = set(), [path]
        while waiting:
            for _, _, name in includes((self.root / waiting.pop()).read_text()):
                header = self.resolve(name)
                if header and header not in found:
                    found.add(header)
                    waiting.append(header)
        return frozenset(found | ({path} if path.suffix == ".hpp" else set()))

    def names(self, path: Path) -> tuple[frozenset[str], frozenset[str]]:
        """The functions that a file defines, and what it calls: on other objects, or without having defined it."""
        defined, called, on_objects = set(), set(), set()
        for line in self.code(path):
            definition = DEFINITION.match(line)
            if definition:
                defined.add(definition[1])
            for on_object, name in CALL.findall(line):
                (on_objects if on_object else called).add(name)
        return frozenset(defined), frozenset(on_objects | (called - defined))

    def unit(self, path: Path) -> tuple[frozenset[str], frozenset[str], frozenset[Path]]:
        """The same for a source with the header of its stem, and what both include."""
        stem = path.with_suffix("")
        name = Path(*stem.parts[2 if stem.parts[0] == "include" else 1:])
        stems = [Path("src", name), Path("include/signaling", name)]
        files = {p for s in stems for p in (s.with_suffix(".cpp"), s.with_suffix(".hpp")) if (self.root / p).is_file()}
        defined = frozenset().union(*(self.names(p)[0] for p in files if p.suffix == ".cpp" or p == path))
        called = frozenset().union(*(self.names(p)[1] for p in files))
        return defined, called, frozenset().union(*(self.closure(p) for p in files))

    def declared(self, headers: frozenset[Path]) -> frozenset[str]:
        return frozenset(name for header in headers for line in self.code(header) for _, name in CALL.findall(line))

    def call_each_other(self, one: Path, other: Path) -> bool:
        one_defines, one_calls, one_includes = self.unit(one)
        other_defines, other_calls, other_includes = self.unit(other)
        shared = (one_calls & other_defines) | (other_calls & one_defines)
        return bool(shared & self.declared(one_includes & other_includes))


def check_file(tree: Tree, path: Path) -> list[str]:
    _, found, following = opening_comment((tree.root / path).read_text()).partition("Next:")
    if not found:
        return []
    problems = [f"{path}:1: \"Next\" names the folder {folder}, not a file" for folder in FOLDER.findall(following)]
    names = NAMED.findall(following)
    if not names and "host" not in following:
        problems.append(f"{path}:1: \"Next\" names no file")
    for name in names:
        here = path.parent / name
        target = here if (tree.root / here).is_file() else tree.resolve(name)
        if target is None:
            problems.append(f"{path}:1: \"Next\" names {name}, which does not exist")
        elif not tree.call_each_other(path, target):
            problems.append(f"{path}:1: \"Next\" names {name}, but neither of the two calls the other")
    return problems


def check(root: Path) -> list[str]:
    tree = Tree(root)
    places = (p.relative_to(root) for p in cpp_files(root))
    return [problem for p in places if p.parts[0] in ("src", "include") for problem in check_file(tree, p)]


if __name__ == "__main__":
    finish(check(ROOT))
