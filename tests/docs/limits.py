#!/usr/bin/env python3
"""limits.py SERVER: docs/limits.md names each limit that SERVER has an option for, with its default, and no others, and
each of them is tested from outside."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Numbers and times that bound nothing a client costs.
OTHER = {"--threads", "--jwt-leeway", "--turn-lifetime", "--drain-rate", "--drain-reconnect-within"}


def options_of_program(help_text: str) -> dict[str, str]:
    found = re.findall(r"^ +(--\S+) (?:N|TIME)(?::[^=]*)?=(\S+) \(Env", help_text, re.MULTILINE)
    return {name: default for name, default in found if name not in OTHER}


def options_of_document(text: str) -> dict[str, str]:
    return dict(re.findall(r"^\| `(--[a-z-]+)` \| (\S+) \|", text, re.MULTILINE))


def complaints(program: dict[str, str], document: dict[str, str], tests: str) -> list[str]:
    found = [f"{name} is not in docs/limits.md" for name in program.keys() - document.keys()]
    found += [f"{name} is no option of the program" for name in document.keys() - program.keys()]
    found += [f"{name} is {program[name]} by default, not {document[name]}"
              for name in program.keys() & document.keys() if program[name] != document[name]]
    found += [f"{name} has no test in tests/e2e" for name in program.keys() if f'"{name}"' not in tests]
    return sorted(found)


def main(server: str) -> int:
    help_text = subprocess.run([server, "--help"], check=True, capture_output=True, text=True).stdout
    document = (ROOT / "docs/limits.md").read_text()
    scripts = [path.read_text() for path in sorted((ROOT / "tests/e2e").rglob("*.test.mjs"))
               if "node_modules" not in path.parts]
    found = complaints(options_of_program(help_text), options_of_document(document), "".join(scripts))
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
