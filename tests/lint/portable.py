"""What another compiler, standard library or system would refuse or do wrong (lint.portable), where the tests on
other platforms do not tell, or tell late. portable_test.py shows that each rule bites.
"""

import re
from pathlib import Path

from project import ROOT, code_lines, cpp_files, finish

LINUX_ONLY = ("net", "operation")  # components
PER_THREAD = "src/text/per_thread.hpp"
MAX_LITERAL = 16_380  # bytes, for MSVC
RAW_LITERAL = re.compile(r'R"(\w*)\((.*?)\)\1"', re.DOTALL)
OBJECT_OF_THREAD = re.compile(r"\bthread_local\b(?!.*\* ?\w+ = nullptr;)")
OF_YOUNG_LIBRARIES = re.compile(r"\bstd::(jthread|barrier|latch)\b")
OF_WINDOWS = re.compile(r"\b(near|far|interface)\b")
MACRO = re.compile(r"(?<!\()\b(std::|::)?(min|max)\(")


def check_text(path: Path, text: str) -> list[str]:
    is_public, is_test = path.parts[0] == "include", path.parts[0] == "tests"
    component = path.parts[2 if is_public else 1]
    problems = [
        f"{path}:{text.count(chr(10), 0, found.start()) + 1}: a literal of more than {MAX_LITERAL} bytes, MSVC's limit"
        for found in RAW_LITERAL.finditer(text)
        if len(found[2].encode()) > MAX_LITERAL
    ]
    text = RAW_LITERAL.sub(lambda found: "\n" * found[0].count("\n"), text)
    for number, line in enumerate(code_lines(text), 1):
        if component not in LINUX_ONLY and OF_WINDOWS.search(line):
            problems.append(f"{path}:{number}: a macro of windows.h has this name")
        if is_test:
            continue
        if path.as_posix() != PER_THREAD and OBJECT_OF_THREAD.search(line):
            problems.append(f"{path}:{number}: an object of a thread that is no pointer is a text::PerThread")
        if component not in LINUX_ONLY and OF_YOUNG_LIBRARIES.search(line):
            problems.append(f"{path}:{number}: not in libc++ 16 or not safe with MinGW: src/testing/threads.hpp")
        if is_public and MACRO.search(line):
            problems.append(f"{path}:{number}: min and max may be macros of windows.h: (std::min)(a, b)")
    return problems


def check(root: Path) -> list[str]:
    names = (file.relative_to(root) for file in cpp_files(root))
    return [problem for name in names if name.parts[0] in ("src", "include", "tests")
            for problem in check_text(name, (root / name).read_text())]


if __name__ == "__main__":
    finish(check(ROOT))
