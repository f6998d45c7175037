"""symbols.py ROOT LIBRARY...: what the shared libraries show is ours, and public (package.symbols).

Shown may be what public headers declare. Not shown: symbols of other libraries that were compiled into ours, and private
classes.
"""

import re
import subprocess
import sys
from pathlib import Path

DECLARED = re.compile(r"^(?:class|struct) (?:\[\[nodiscard\]\] )?(SIGNALING_API )?(\w+)", re.MULTILINE)
# A definition of this object's own (D, B, R, T), not one that any object may have of a template or an inline function.
STRONG = set("BDRT")


def declared(root: Path) -> tuple[set[str], set[str]]:
    """The names of public and of private classes."""
    public: set[str] = set()
    every: set[str] = set()
    for folder in ("include", "src"):
        for header in (root / folder).rglob("*.hpp"):
            for macro, name in DECLARED.findall(header.read_text()):
                every.add(name)
                if macro:
                    public.add(name)
    return public, every - public


def shown(library: str) -> list[str]:
    """The names, demangled, that a shared library defines for others."""
    run = subprocess.run(["nm", "-DC", "--defined-only", library], capture_output=True, text=True, check=True)
    symbols = []
    for line in run.stdout.splitlines():
        _, kind, name = line.split(maxsplit=2)
        if kind in STRONG:
            symbols.append(name)
    return symbols


def class_of(symbol: str) -> str:
    """signaling::net::Server::stop(...) -> Server; vtable for signaling::Frame -> Frame; else an empty text."""
    name = re.sub(r"^(vtable|typeinfo|typeinfo name|VTT) for ", "", symbol).partition("(")[0]
    parts = [part for part in name.split("::") if part[:1].isupper()]
    return parts[0] if parts else ""


def check(root: Path, libraries: list[str]) -> list[str]:
    public, private = declared(root)
    problems = []
    for library in libraries:
        symbols = shown(library)
        name = Path(library).name
        if not any("signaling::" in symbol for symbol in symbols):
            problems.append(f"{name} shows nothing")
        for symbol in symbols:
            if "signaling::" not in symbol:
                problems.append(f"{name} shows {symbol}")
            elif class_of(symbol) in private - public:
                problems.append(f"{name} shows the private {symbol}")
    return problems


if __name__ == "__main__":
    found = check(Path(sys.argv[1]), sys.argv[2:])
    print("\n".join(found))
    sys.exit(1 if found else 0)
