import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).with_name("run_ctest.py")


class RunCtest(unittest.TestCase):
    def run_on(self, tests: str, *arguments: str) -> tuple[int, list[str]]:
        """Runs ctest over `tests` in CTest's language; gives the exit code and the lines of what the script printed."""
        with tempfile.TemporaryDirectory() as build:
            Path(build, "CTestTestfile.cmake").write_text(tests, encoding="utf-8")
            done = subprocess.run([sys.executable, SCRIPT, build, "tests/run.sh", *arguments], check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return done.returncode, done.stdout.splitlines()

    def test_names_the_slowest_tests_and_ends_with_the_summary_of_ctest(self):
        code, lines = self.run_on('add_test(quick "true")\nadd_test(slow "sleep" "1.2")\n')
        self.assertEqual(code, 0)
        slowest = lines.index("Slowest: slow 1 s, quick 0 s")
        self.assertEqual(lines.index("100% tests passed, 0 tests failed out of 2", slowest), slowest + 2)
        self.assertRegex(lines[-1], "^Total Test time")

    def test_shows_the_output_of_a_failed_test_behind_all_others_with_the_command_that_repeats_it(self):
        code, lines = self.run_on('add_test(a.b+c "sh" "-c" "echo the reason; exit 3")\nadd_test(late "true")\n')
        self.assertNotEqual(code, 0)
        reason = lines.index("the reason")
        self.assertEqual(lines.count("the reason"), 1)
        self.assertTrue(any("late" in line and "Passed" in line for line in lines[:reason]))
        self.assertEqual(lines[reason - 1], "---- a.b+c failed; it printed:")
        self.assertEqual(lines[reason + 1], r"---- again, alone: tests/run.sh -R '^a\.b\+c$'")
        self.assertTrue(any("1 tests failed out of 2" in line for line in lines[reason:]))

    def test_leaves_out_the_beginning_of_a_long_output(self):
        _, lines = self.run_on('add_test(long "sh" "-c" "seq 500; exit 1")\n')
        self.assertIn("[350 lines are left out]", lines)
        self.assertNotIn("350", lines)
        self.assertIn("351", lines)

    def test_repeats_what_looks_like_the_reason_just_before_the_summary(self):
        _, lines = self.run_on(
            'add_test(a "sh" "-c" "seq 9; echo x.cpp:3: ERROR: CHECK; seq 300; exit 1")\n'
            'add_test(b "sh" "-c" "seq 9; exit 1")\n')
        digest = lines[lines.index("In short:") + 1:]
        self.assertEqual(digest[:5], ["a: x.cpp:3: ERROR: CHECK", "b: 6", "b: 7", "b: 8", "b: 9"])
        self.assertIn("tests failed out of 2", " ".join(digest[5:8]))

    def test_fails_when_no_test_is_selected(self):
        code, _ = self.run_on('add_test(quick "true")\n', "-R", "nothing")
        self.assertNotEqual(code, 0)


if __name__ == "__main__":
    unittest.main()
