"""clang-tidy runs with the checks of .clang-tidy, and fails on what breaks one."""

import tempfile
import unittest
from pathlib import Path

from tidy import clang_arguments, run_tidy

CLEAN = "namespace signaling {\nint twice(int value);\nint twice(int value) { return 2 * value; }\n}\n"
BROKEN = {
    "readability-identifier-naming": "int BadName(int value) { return value; }\n",
    "cppcoreguidelines-init-variables": "int f() { int value; value = 1; return value; }\n",
    "modernize-use-nullptr": "int* f() { return 0; }\n",
    "bugprone-integer-division": "double f(int a) { return a / 2; }\n",
    "misc-unused-parameters": "int f(int value) { return 1; }\n",
    "performance-unnecessary-value-param": (
        "struct Big { Big(const Big&); ~Big(); int size; };\nint f(const Big value) { return value.size; }\n"),
}


class Tidy(unittest.TestCase):
    def tidy(self, code: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "x.cpp")
            path.write_text(code)
            return run_tidy(path, ["g++", "-std=c++20"])

    def test_clean_code_passes(self):
        self.assertEqual("", self.tidy(CLEAN))

    def test_each_group_of_checks_runs(self):
        for check, code in BROKEN.items():
            with self.subTest(check):
                self.assertIn(check, self.tidy(code))

    def test_what_a_unity_build_includes_is_checked(self):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "src", "x.cpp")
            source.parent.mkdir()
            unity = Path(folder, "unity.cxx")
            unity.write_text(f'#include "{source}"\n')
            source.write_text(CLEAN)
            self.assertEqual("", run_tidy(unity, ["g++", "-std=c++20"]))
            for check, code in BROKEN.items():
                with self.subTest(check):
                    source.write_text(code)
                    self.assertIn(check, run_tidy(unity, ["g++", "-std=c++20"]))

    def test_only_gccs_precompiled_header_is_taken_from_a_command(self):
        command = "g++ -I x -Winvalid-pch -include /b/cmake_pch.hxx -DA=1 -o x.o -c x.cpp"
        self.assertEqual(["g++", "-I", "x", "-DA=1", "-o", "x.o", "-c", "x.cpp"], clang_arguments(command))


if __name__ == "__main__":
    unittest.main()
