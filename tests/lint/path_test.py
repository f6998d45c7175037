"""Each rule of path.py accepts what it should and rejects what it should."""

import tempfile
import unittest
from pathlib import Path

from path import check

# A protocol that a session calls through an interface, a router that neither knows, and a helper that is called directly.
TREE = {
    "include/signaling/core/protocol.hpp": "class Protocol {\n  virtual void decode(int message) = 0;\n};\n",
    "src/core/session.hpp": '#include "signaling/core/protocol.hpp"\n',
    "src/core/session.cpp": '#include "core/session.hpp"\nvoid Session::receive(int message) {\n  protocol.decode(message);\n}\n',
    "src/core/router.cpp": '#include "signaling/core/protocol.hpp"\nvoid Router::connect(int transport) {\n  core.connect(transport);\n}\n',
    "src/json/text.hpp": "int unescape(int text);\n",
    "src/json/text.cpp": '#include "json/text.hpp"\nint unescape(int text) {\n  return text;\n}\n',
    "src/json/json.cpp": '#include "signaling/core/protocol.hpp"\n#include "json/text.hpp"\n'
    "void Json::decode(int message) {\n  unescape(message);\n}\n",
}


def problems(comment: str) -> str:
    """Of the protocol, if it opens with this comment."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in TREE.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(f"{comment}\n{text}" if name == "src/json/json.cpp" else text)
        return "\n".join(check(root))


class Next(unittest.TestCase):
    def test_a_file_that_calls_it_through_an_interface(self):
        self.assertEqual("", problems("// Path 3/8: message -> command. Next: core/session.cpp"))

    def test_a_file_that_it_calls_also_from_its_own_folder(self):
        self.assertEqual("", problems("// Path 3/8: message -> command. Next: json/text.cpp"))
        self.assertEqual("", problems("// Path 3/8: message -> command. Next: text.cpp"))

    def test_several_files_over_several_lines(self):
        self.assertEqual("", problems("// Path 3/8: message -> command. Next: core/session.cpp (in),\n// text.cpp (out)"))
        self.assertIn("router.cpp", problems("// Path 3/8: a command. Next: core/session.cpp (in),\n// core/router.cpp"))

    def test_the_host_is_no_file(self):
        self.assertEqual("", problems("// Path 3/8: message -> command. Next: the host's handlers"))

    def test_no_next_and_other_comments_lead_nowhere(self):
        for comment in ("// Path 8/8: everything leaves.", "// Reads. Next: core/none.cpp", ""):
            self.assertEqual("", problems(comment))

    def test_a_file_that_has_nothing_to_do_with_it(self):
        self.assertIn("neither of the two calls", problems("// Path 3/8: message -> command. Next: core/router.cpp"))

    def test_a_file_that_does_not_exist(self):
        self.assertIn("does not exist", problems("// Path 3/8: message -> command. Next: core/none.cpp"))

    def test_a_folder_or_a_person(self):
        self.assertIn("names the folder core/", problems("// Path 3/8: message -> command. Next: core/"))
        self.assertIn("names no file", problems("// Path 3/8: message -> command. Next: the receivers"))


if __name__ == "__main__":
    unittest.main()
