#!/usr/bin/env python3
"""names.py SERVER: what the pages call by name is there: options of SERVER, metrics, events of the log, files that links lead
to. And what SERVER has of the first three is on a page."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Options of other programs.
FOREIGN = {"--full", "--no-binarycaching", "--rounds", "--seed", "--seeds", "--without"}
# Options that explain themselves: pages may name them, and need not.
PLAIN = {"--help", "--version"}

SOURCES = ("src/core", "src/identity", "src/net", "src/operation", "src/redis", "src/socketio", "examples/server")


def options_of_program(help_text: str) -> set[str]:
    return set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", help_text, re.MULTILINE))


def options_of_pages(text: str) -> set[str]:
    return set(re.findall(r"`(--[a-z-]+)", text))


def metrics_of_sources(text: str) -> set[str]:
    return set(re.findall(r'"((?:signaling|process)_[a-z_]+)"', text))


def metrics_of_page(text: str) -> set[str]:
    rows = re.findall(r"^\| (`(?:signaling|process)_[^|]*)\|", text, re.MULTILINE)
    return set(re.findall(r"`([a-z_]+)`", "".join(rows)))


# The words behind a level, up to the fields or the end of the statement.
def events_of_sources(text: str) -> set[str]:
    calls = re.findall(r"(?:\bLogLevel::\w+|[(, ](?:debug|info|warning|error)), ([^;{]*)", text)
    return set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', " ".join(calls)))


def events_of_page(text: str) -> set[str]:
    return set(re.findall(r"^\| `([a-z-]+)` \| (?:debug|info|warning|error)\b", text, re.MULTILINE))


# As GitHub makes them.
def anchors(page: str) -> set[str]:
    prose = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: pathlib.Path) -> list[str]:
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if ":" not in link and (not target.exists() or anchor and anchor not in anchors(target.read_text())):
            found.append(link)
    return found


def differences(kind: str, there: set[str], named: set[str]) -> list[str]:
    found = [f"{kind} {name} is on no page" for name in there - named]
    return sorted(found + [f"{kind} {name} is on a page, and not there" for name in named - there])


def main(server: str) -> int:
    help_text = subprocess.run([server, "--help"], check=True, capture_output=True, text=True).stdout
    guides = [ROOT / "README.md", ROOT / "SECURITY.md", *ROOT.glob("docs/*.md")]
    pages = sorted({*guides, *ROOT.glob("*.md"), *ROOT.glob("docs/adr/*.md"), *ROOT.glob("examples/*/README.md")})
    operations = (ROOT / "docs/operations.md").read_text()
    sources = [path for folder in SOURCES for path in sorted((ROOT / folder).rglob("*.[ch]pp"))]
    code = "".join(path.read_text() for path in sources)
    named_options = options_of_pages("".join(page.read_text() for page in guides))
    found = differences("option", options_of_program(help_text) - PLAIN, named_options - FOREIGN - PLAIN)
    found += differences("metric", metrics_of_sources(code), metrics_of_page(operations))
    found += differences("event", events_of_sources(code), events_of_page(operations))
    found += [f"{page.relative_to(ROOT)}: {link} leads nowhere" for page in pages for link in dead_links(page)]
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
