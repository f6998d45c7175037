"""Each rule of packaging.py rejects what it should; the project itself passes."""

import unittest

from packaging import PORT, check, read
from project import ROOT


class Packaging(unittest.TestCase):
    def setUp(self):
        self.texts = read(ROOT)

    def assert_found(self, name: str, old: str, new: str, problem: str):
        self.assertIn(old, self.texts[name])
        self.texts[name] = self.texts[name].replace(old, new)
        self.assertIn(problem, "\n".join(check(self.texts)))

    def test_the_project_passes(self):
        self.assertEqual([], check(self.texts))

    def test_a_version_that_differs_is_found(self):
        for name in ("vcpkg.json", f"{PORT}/vcpkg.json"):
            with self.subTest(name):
                self.setUp()
                self.assert_found(name, '"version": "', '"version": "9', f"{name}: version")

    def test_an_option_that_a_package_does_not_set_is_found(self):
        self.assert_found("CMakeLists.txt", "option(SIGNALING_CCACHE ", "option(SIGNALING_SPELL ", "SIGNALING_SPELL is left")
        self.setUp()
        self.assert_found("conanfile.py", '"WARNINGS_AS_ERRORS"', '"X"', "conanfile.py: SIGNALING_WARNINGS_AS_ERRORS")

    def test_a_component_that_conan_does_not_know_is_found(self):
        self.assert_found("conanfile.py", '    "testing": ["text", "core"],\n', "", "conanfile.py: testing needs None")

    def test_a_need_that_differs_is_found(self):
        self.assert_found("conanfile.py", '"openssl::crypto"],\n    "net"', '],\n    "net"', "conanfile.py: identity needs")
        self.setUp()
        self.assert_found("src/socketio/CMakeLists.txt", "    protocols\n", "", "conanfile.py: socketio needs")

    def test_another_platform_or_other_libraries_of_windows_are_found(self):
        self.assert_found("vcpkg.json", '"supports": "linux"', '"supports": "osx"', "vcpkg.json: the feature net")
        self.setUp()
        self.assert_found("conanfile.py", '"mswsock"', '"wsock32"', 'conanfile.py: no WINDOWS_LIBRARIES = ["ws2_32", "mswsock"]')

    def test_an_installed_file_that_conan_does_not_take_along_is_found(self):
        self.assert_found("conanfile.py", '"docs/protocol.schema.json"', '"x"', "conanfile.py: docs/protocol.schema.json is installed")
        self.setUp()
        self.assert_found("conanfile.py", '"LICENSE", ', "", "conanfile.py: LICENSE is installed")


if __name__ == "__main__":
    unittest.main()
