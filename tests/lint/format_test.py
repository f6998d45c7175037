"""format.py tells a formatted file from an unformatted one, and mends it."""

import shutil
import tempfile
import unittest
from pathlib import Path

from format import unformatted
from project import ROOT


class Format(unittest.TestCase):
    def test_an_unformatted_file_is_found_and_mended(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(ROOT / ".clang-format", folder)
            path = Path(folder, "x.cpp")
            path.write_text("int  f( ){return 1 ;}\n")
            self.assertEqual(1, len(unformatted([path])))
            self.assertEqual([], unformatted([path], fix=True))
            self.assertEqual([], unformatted([path]))
            self.assertEqual("int f() { return 1; }\n", path.read_text())


if __name__ == "__main__":
    unittest.main()
