"""Each rule of portable.py rejects what it should; the project itself passes."""

import unittest
from pathlib import Path

from portable import MAX_LITERAL, PER_THREAD, check, check_text
from project import ROOT

# (file, code, whether it may stand there)
LINES = [
    ("src/core/x.cpp", "thread_local Cache cache;", False),
    ("src/core/x.cpp", "thread_local Cache* cache = nullptr;", True),
    ("src/core/x.hpp", "static inline thread_local X* innermost_ = nullptr;", True),
    ("src/core/x.cpp", "thread_local Cache* cache = new Cache;", False),
    (PER_THREAD, "thread_local T object;", True),
    ("src/core/x.cpp", "int far = 0;", False),
    ("src/core/x.cpp", "int near_ = 0; // near", True),
    ("src/redis/x.cpp", 'auto x = R"lua(\nas far as\n)lua";', True),
    ("src/net/x.cpp", "int far = 0;", True),
    ("tests/core/x_test.cpp", "auto near = find();", False),
    ("tests/core/x_test.cpp", "std::latch start(2);", True),
    ("src/testing/x.cpp", "std::jthread sender(run);", False),
    ("src/testing/x.cpp", "std::latch start(2);", False),
    ("src/operation/x.cpp", "std::jthread writer(run);", True),
    ("src/core/x.cpp", "// as a std::latch does", True),
    ("include/signaling/core/x.hpp", "return std::min(a, b);", False),
    ("include/signaling/core/x.hpp", "return (std::min)(a, b);", True),
    ("include/signaling/core/x.hpp", "return TimePoint::max();", False),
    ("include/signaling/core/x.hpp", "int column_max(int row);", True),
    ("src/core/x.cpp", "return std::min(a, b);", True),
    ("src/redis/x.cpp", 'auto x = R"lua(' + MAX_LITERAL * "x" + ')lua";', True),
    ("src/redis/x.cpp", 'auto x = R"lua(' + (MAX_LITERAL + 1) * "x" + ')lua";', False),
    ("src/redis/x.cpp", 2 * ('R"(' + MAX_LITERAL * "x" + ')"\n') + ";", True),
]


class Portable(unittest.TestCase):
    def test_each_rule(self):
        for name, code, allowed in LINES:
            with self.subTest(file=name, code=code[:60]):
                self.assertEqual(0 if allowed else 1, len(check_text(Path(name), code)))

    def test_the_project_passes(self):
        self.assertEqual([], check(ROOT))


if __name__ == "__main__":
    unittest.main()
