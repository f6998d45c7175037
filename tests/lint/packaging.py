"""What is said of the project in several places is the same everywhere (lint.packaging): its version, the options that a
package must set instead of leaving them to what is found, its components and what they need, the platforms that these
need and their libraries, the files that it installs.
packaging_test.py shows that each rule bites.
"""

import ast
import fnmatch
import json
import re
from pathlib import Path

from project import ROOT, finish

PORT = "cmake/vcpkg/ports/signaling"
VERSION = re.compile(r"^\s*VERSION (\d+\.\d+\.\d+)$", re.MULTILINE)
OPTION = re.compile(r"^(?:option\((SIGNALING_\w+)|set\((SIGNALING_\w+) .* CACHE )", re.MULTILINE)
INSTALLED = re.compile(r"\$\{PROJECT_SOURCE_DIR\}/([\w./-]+)")
NAME = re.compile(r"NAME (\w+)")
WINDOWS_LIBRARIES = re.compile(r"^  set\(SIGNALING_SYSTEM_LIBRARIES (.*)\)$", re.MULTILINE)
DEPENDS = re.compile(r"^  DEPENDS\n((?:    [a-z]+\n)+)", re.MULTILINE)


def check_versions(texts: dict[str, str]) -> list[str]:
    match = VERSION.search(texts["CMakeLists.txt"])
    wanted = match[1] if match else "none"
    return [
        f"{name}: version {found}, and {wanted} in CMakeLists.txt"
        for name in ("vcpkg.json", f"{PORT}/vcpkg.json")
        if (found := json.loads(texts[name])["version"]) != wanted
    ]


def check_options(texts: dict[str, str]) -> list[str]:
    problems = []
    port, conan = texts[f"{PORT}/portfile.cmake"], texts["conanfile.py"]
    sources = [text for name, text in texts.items() if name.endswith(".cmake") or name == "CMakeLists.txt"]
    for option in [a or b for text in sources for a, b in OPTION.findall(text)]:
        short = option.removeprefix("SIGNALING_")
        if option not in port:
            problems.append(f"{PORT}/portfile.cmake: {option} is left to chance")
        if short not in conan and f"with_{short.removeprefix('BUILD_').lower()}" not in conan:
            problems.append(f"conanfile.py: {option} is left to chance")
    return problems


def conan_components(text: str) -> dict[str, list[str]]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "COMPONENTS":
            return ast.literal_eval(node.value)
    return {}


def check_components(texts: dict[str, str]) -> list[str]:
    built = {}
    for name, text in texts.items():
        if name.startswith("src/") and "signaling_add_component" in text and (found := NAME.search(text)):
            depends = DEPENDS.search(text)
            built[found[1]] = depends[1].split() if depends else []
            built[found[1]] += sorted({f"openssl::{part.lower()}" for part in re.findall(r"OpenSSL::(\w+)", text)})
    conan = conan_components(texts["conanfile.py"])
    return [
        f"conanfile.py: {name} needs {conan.get(name)}, and {built.get(name)} in src/{name}/CMakeLists.txt"
        for name in sorted(built.keys() | conan.keys())
        if sorted(part for part in conan.get(name, ["-"]) if not part.startswith("boost::")) != sorted(built.get(name, ["-"]))
    ]


def check_platforms(texts: dict[str, str]) -> list[str]:
    """What net needs, and what Windows links, is the same for every package manager."""
    problems = [
        f"{name}: the feature net does not say that it is for linux"
        for name in ("vcpkg.json", f"{PORT}/vcpkg.json")
        if json.loads(texts[name])["features"]["net"].get("supports") != "linux"
    ]
    libraries = WINDOWS_LIBRARIES.search(texts["cmake/SignalingDependencies.cmake"])
    wanted = "WINDOWS_LIBRARIES = " + json.dumps(libraries[1].split() if libraries else [])
    if wanted not in texts["conanfile.py"]:
        problems.append(f"conanfile.py: no {wanted}, as cmake/SignalingDependencies.cmake links")
    return problems


def conan_sources(text: str) -> list[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "exports_sources":
            return list(ast.literal_eval(node.value))
    return []


def check_sources(texts: dict[str, str]) -> list[str]:
    """What is installed from the sources is among those that the recipe takes along."""
    exported = conan_sources(texts["conanfile.py"])
    installed = INSTALLED.findall("".join(re.findall(r"^install\(.*?\)$", texts["cmake/SignalingInstall.cmake"], re.M | re.S)))
    return [f"conanfile.py: {name} is installed, and not in exports_sources"
            for name in installed if not any(fnmatch.fnmatch(name, pattern) for pattern in exported)]


def check(texts: dict[str, str]) -> list[str]:
    rules = (check_versions, check_options, check_components, check_platforms, check_sources)
    return [problem for rule in rules for problem in rule(texts)]


def read(root: Path) -> dict[str, str]:
    names = ["CMakeLists.txt", "conanfile.py", "vcpkg.json", f"{PORT}/vcpkg.json", f"{PORT}/portfile.cmake"]
    paths = [root / name for name in names] + sorted(root.glob("cmake/*.cmake")) + sorted(root.glob("src/*/CMakeLists.txt"))
    return {path.relative_to(root).as_posix(): path.read_text() for path in paths}


if __name__ == "__main__":
    finish(check(read(ROOT)))
