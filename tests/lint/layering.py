"""Which folder may include what, where each file belongs, and what shared libraries show (lint.layering).

Layers point one way: net -> socketio -> protocols -> core -> text, net -> websocket -> core, identity -> core,
redis -> core, testing -> core, operation -> net; all may include text. All but net, operation, redis and testing are
sans-I/O: no socket, no thread, no clock; and all of them but identity, which has a timer too, do without OpenSSL.
layering_test.py shows that each rule bites.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from project import ROOT, code_lines, cpp_files, finish, includes

STD_HEADER = re.compile(r"[a-z0-9_]+")
CORE_HEADER = re.compile(r"(signaling/)?core/")
CORE_FILE = re.compile(r"(src|include/signaling)/core/")
FOR_ALL = {"text/per_thread.hpp"}  # private headers that all components may include
SIMD_HEADER = re.compile(r"(imm|emm|tmm|smm|nmm)intrin\.h|arm_neon\.h")


@dataclass(frozen=True)
class Layer:
    components: frozenset[str]  # whose headers it may include
    libraries: re.Pattern  # what it may include from outside of the project and of the standard library
    source_libraries: re.Pattern  # the same, for its .cpp files only
    sans_io: bool = True


def layer(components: str, libraries: str, source_libraries: str = r"(?!)", **others) -> Layer:
    return Layer(frozenset(components.split()), re.compile(libraries), re.compile(source_libraries), **others)


CONTAINERS = r"boost/unordered(/.+|_[a-z_]+\.hpp)|boost/container_hash/hash\.hpp|boost/container/small_vector\.hpp"
EXECUTOR = r"boost/asio/(any_io_executor\.hpp|post\.hpp|dispatch\.hpp|execution\.hpp|execution/.+)"
COMPLETION = r"boost/asio/(append|associated_executor|async_result|detached|executor_work_guard)\.hpp|boost/(system/.+|assert/source_location\.hpp)"
LAYERS = {
    "text": layer("text", r"cxxabi\.h"),
    "core": layer("text core", rf"{CONTAINERS}|{EXECUTOR}|{COMPLETION}", r"sys/random\.h|boost/asio/steady_timer\.hpp"),
    "websocket": layer("text core websocket", CONTAINERS, r"boost/beast/zlib(\.hpp|/.+)"),
    "protocols": layer("text core protocols", CONTAINERS),
    "socketio": layer("text core protocols socketio", rf"{CONTAINERS}|{EXECUTOR}"),
    "testing": layer("text core testing", rf"{EXECUTOR}", sans_io=False),
    "identity": layer("text core identity", rf"{EXECUTOR}", r"openssl/.+|boost/asio/steady_timer\.hpp"),
    "redis": layer("text core redis", r"boost/(asio|redis)(\.hpp|/.+)|openssl/.+", sans_io=False),
    "net": layer("text core websocket protocols socketio net", r".*", r".*", sans_io=False),
    "operation": layer(
        "text core net operation",
        EXECUTOR,
        r"(fcntl|malloc|poll|pthread|unistd)\.h|sys/(resource|socket|un)\.h|boost/asio/steady_timer\.hpp",
        sans_io=False,
    ),
}
# These stay out of public headers, whatever the layer: they would be the consumer's to compile and to have.
NOT_PUBLIC = re.compile(r"boost/(beast|json|redis)(\.hpp|/.+)|openssl/.+")
SANS_IO = {
    "starts a thread": re.compile(r"\bstd::(j?thread\b(?!\s*::)|async\b)"),
    "sleeps": re.compile(r"\bthis_thread::sleep"),
    "reads a clock": re.compile(r"_clock::now\b|\b(gettimeofday|clock_gettime)\b"),
}
# At the left margin of a public header: a class, and a function that is defined elsewhere. Shared libraries hide what
# carries no SIGNALING_API.
CLASS = re.compile(r"(class|struct) (?!std::)[^;]*$")
FUNCTION = re.compile(
    r"(?!(\[\[nodiscard\]\] )?(class|struct|enum|using|namespace|template|inline|constexpr)\b)[A-Za-z\[][^(]* [*&]?\w+\("
)
CLOCK = "src/core/clock.cpp"  # the one place that reads the clock
# Within core includes point one way, too: no two headers, with their sources, lead to each other. These are parts of
# another one: a peer's first steps and each of its joins, and what two sources share of a header.
CORE_PARTS = {
    "peer_admission": "peer_session",
    "peer_join": "peer_session",
    "message_texts": "message",
}


def is_allowed(rules: Layer, component: str, path: Path, quote: str, name: str) -> bool:
    first, _, rest = name.partition("/")
    if quote == '"':
        if first == "signaling":
            return rest.partition("/")[0] in rules.components
        return path.parts[0] == "src" and (first == component or name in FOR_ALL)
    if STD_HEADER.fullmatch(name):
        return True
    if SIMD_HEADER.fullmatch(name):
        return path.parts[0] == "src"
    if path.parts[0] == "include" and NOT_PUBLIC.fullmatch(name):
        return False
    in_source = path.suffix == ".cpp" and rules.source_libraries.fullmatch(name)
    return bool(in_source or rules.libraries.fullmatch(name))


def check_content(component: str, path: Path, text: str) -> list[str]:
    rules = LAYERS[component]
    problems = [
        f"{path}:{line}: {component} may not include {name} here"
        for line, quote, name in includes(text)
        if not is_allowed(rules, component, path, quote, name)
    ]
    if path.suffix == ".hpp" and "#pragma once" not in text:
        problems.append(f"{path}:1: no #pragma once")
    if rules.sans_io and path.as_posix() != CLOCK:
        for number, line in enumerate(code_lines(text), 1):
            problems += [f"{path}:{number}: {component} {what}" for what, bad in SANS_IO.items() if bad.search(line)]
    return problems


def check_exported(path: Path, text: str) -> list[str]:
    problems, before = [], ""
    for number, line in enumerate(code_lines(text), 1):
        is_template = before.startswith(("template", "  requires"))
        if (CLASS.match(line) or FUNCTION.match(line)) and not is_template and "SIGNALING_API" not in line:
            problems.append(f"{path}:{number}: not SIGNALING_API")
        before = line if line.strip() else before
    return problems


def component_and_name(path: Path) -> tuple[str, Path]:
    """src/core/x.cpp -> core, x.cpp; include/signaling/core/x.hpp -> core, x.hpp; tests/core/x_test.cpp likewise."""
    first = 2 if path.parts[0] == "include" else 1
    return path.parts[first], Path(*path.parts[first + 1:])


def check_first_include(root: Path, path: Path, text: str) -> list[str]:
    """A source opens with the header of its own stem, if there is one, which so is seen to compile alone."""
    component, name = component_and_name(path)
    first = next((name for _, _, name in includes(text)), "")
    own = [f"signaling/{component}/{name.with_suffix('.hpp')}", f"{component}/{name.with_suffix('.hpp')}"]
    there = [header for header, folder in zip(own, ("include", "src")) if (root / folder / header).is_file()]
    if there and first not in there:
        return [f"{path}:1: the first include is not {there[0]}"]
    return []


def check_listed(root: Path, path: Path) -> list[str]:
    """What its component does not list is not built, verified or tested."""
    component, name = component_and_name(path)
    listing = Path("tests" if path.parts[0] == "tests" else "src", component, "CMakeLists.txt")
    if name.as_posix() in (root / listing).read_text().split():
        return []
    return [f"{path}:1: not listed in {listing}"]


def check_file(root: Path, path: Path) -> list[str]:
    if path.parts[0] == "tests":
        return check_listed(root, path) if path.name.endswith("_test.cpp") else []
    if path.parts[0] not in ("include", "src"):
        return []
    component, _ = component_and_name(path)
    if component not in LAYERS:
        return [f"{path}:1: no rules for the component {component} in tests/lint/layering.py"]
    text = (root / path).read_text()
    problems = check_content(component, path, text)
    if path.suffix == ".cpp":
        problems += check_first_include(root, path, text)
    if path.parts[0] == "include":
        problems += check_exported(path, text)
    if path.suffix == ".cpp" or path.parts[0] == "include":
        problems += check_listed(root, path)
    return problems


def core_stem(name: str) -> str:
    stem = name.rpartition("/")[2].rpartition(".")[0]
    return CORE_PARTS.get(stem, stem)


def check_one_way(texts: dict[str, str]) -> list[str]:
    """`texts`: those of the files of core, by name. Names each header that its own includes lead back to."""
    leads_to: dict[str, set[str]] = {}
    for file, text in texts.items():
        names = (name for _, quote, name in includes(text) if quote == '"' and CORE_HEADER.match(name))
        leads_to.setdefault(core_stem(file), set()).update(core_stem(name) for name in names)
    problems = []
    for stem, near in sorted(leads_to.items()):
        seen, ahead = set(), list(near - {stem})
        while ahead:
            there = ahead.pop()
            if there not in seen:
                seen.add(there)
                ahead += leads_to.get(there, ())
        if stem in seen:
            problems.append(f"src/core/{stem}.cpp:1: the includes of {stem} lead back to it")
    return problems


def check(root: Path) -> list[str]:
    names = [file.relative_to(root) for file in cpp_files(root)]
    core = {name.as_posix(): (root / name).read_text() for name in names if CORE_FILE.match(name.as_posix())}
    return [problem for name in names for problem in check_file(root, name)] + check_one_way(core)


if __name__ == "__main__":
    finish(check(ROOT))
