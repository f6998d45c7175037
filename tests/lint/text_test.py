"""Each rule of text.py rejects what it should, and ordinary text passes."""

import unittest
from pathlib import Path

from text import check_text

# In pieces, so that a plain search for these finds only what matters.
REJECTED = [
    "http://deb." + "debian.org/debian",
    "https://security." + "debian.org",
    "https://registry." + "npmjs.org/ws",
    "see /work" + "/main/README.md",
    'open("/home' + '/me/x")',
    "as shared" + "/DESIGN.md says",
    "fixes issue" + " 12",
    "Issue" + " #3",
]
ACCEPTED = ["GET /healthz", "${root}/home/x", "an issue", "a shared frame", "src/home/x.cpp", "Debian 12", "npm ci"]


class Text(unittest.TestCase):
    def test_each_forbidden_text_is_found(self):
        for text in REJECTED:
            with self.subTest(text):
                self.assertEqual(1, len(check_text(Path("x"), f"first\n{text}\n")))

    def test_ordinary_text_passes(self):
        for text in ACCEPTED:
            with self.subTest(text):
                self.assertEqual([], check_text(Path("x"), text))


if __name__ == "__main__":
    unittest.main()
