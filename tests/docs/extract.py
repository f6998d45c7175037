#!/usr/bin/env python3
"""extract.py OUT FILE...: writes each ```cpp program block of the Markdown files as a source file below OUT, and prints
a line for each: the file's name and, from a block that is marked as ```cpp program LIBRARY, what else it needs."""
import pathlib
import re
import sys

FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main(out: pathlib.Path, files: list[pathlib.Path]) -> int:
    out.mkdir(parents=True, exist_ok=True)
    for file in files:
        count = 0
        for info, body in FENCE.findall(file.read_text()):
            words = info.split()
            if words[:1] != ["cpp"]:
                continue
            if words[1:2] != ["program"] or len(words) > 3:
                print(f"{file}: C++ that nobody compiles; mark it as `cpp program`", file=sys.stderr)
                return 1
            count += 1
            target = out / f"{file.stem.lower()}_{count}.cpp"
            if not target.exists() or target.read_text() != body:  # no rebuild without a change
                target.write_text(body)
            print(target, *words[2:])
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[2:]]))
