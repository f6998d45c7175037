import unittest

import limits

HELP = """
  --threads N:INT in [1 - 1024]=2 (Env:SIGNALING_THREADS)
                                            Threads
  --max-ids N=32 (Env:SIGNALING_MAX_IDS)    Ids
  --wait-timeout TIME=5s (Env:SIGNALING_WAIT_TIMEOUT)
                                            For that
  --store STORE=memory (Env:SIGNALING_STORE)
"""
DOCUMENT = "| `--max-ids` | 32 | ids | an error |\n| `--wait-timeout` | 5s | that | the end |\nSee `--store`.\n"
TESTS = 'besieged(["--max-ids", "1"], ["--wait-timeout", "1s"])'
OPTIONS = {"--max-ids": "32", "--wait-timeout": "5s"}


class Limits(unittest.TestCase):
    def test_options_are_read(self):
        self.assertEqual(limits.options_of_program(HELP), OPTIONS)
        self.assertEqual(limits.options_of_document(DOCUMENT), OPTIONS)

    def test_agreement_is_no_complaint(self):
        self.assertEqual(limits.complaints(OPTIONS, OPTIONS, TESTS), [])

    def test_each_kind_of_complaint(self):
        other = {"--max-ids": "33", "--no-such": "1"}
        self.assertEqual(limits.complaints(OPTIONS, other, ""), [
            "--max-ids has no test in tests/e2e",
            "--max-ids is 32 by default, not 33",
            "--no-such is no option of the program",
            "--wait-timeout has no test in tests/e2e",
            "--wait-timeout is not in docs/limits.md",
        ])


if __name__ == "__main__":
    unittest.main()
