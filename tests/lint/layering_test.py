"""Each rule of layering.py accepts what it should and rejects what it should."""

import tempfile
import unittest
from pathlib import Path

from layering import check, check_content, check_exported, check_one_way

# (file, line of code, whether it may stand there)
LINES = [
    ("src/text/x.cpp", '#include "signaling/text/y.hpp"', True),
    ("src/text/x.cpp", '#include "signaling/core/frame.hpp"', False),
    ("src/text/x.cpp", "#include <boost/unordered/unordered_flat_map.hpp>", False),
    ("src/text/x.cpp", "#include <emmintrin.h>", True),
    ("src/core/x.cpp", '#include "signaling/text/y.hpp"', True),
    ("src/core/x.cpp", '#include "text/private.hpp"', False),
    ("src/core/x.cpp", '#include "text/per_thread.hpp"', True),
    ("include/signaling/core/x.hpp", '#include "text/per_thread.hpp"', False),
    ("src/core/x.cpp", '#include "signaling/core/y.hpp"', True),
    ("src/core/x.cpp", '#include "core/y.hpp"', True),
    ("src/core/x.cpp", "#include <vector>", True),
    ("src/core/x.cpp", "#include <boost/asio/any_io_executor.hpp>", True),
    ("src/core/x.cpp", "#include <boost/unordered/unordered_flat_map.hpp>", True),
    ("src/core/x.cpp", '#include "signaling/net/server.hpp"', False),
    ("src/core/x.cpp", '#include "signaling/websocket/frame.hpp"', False),
    ("src/core/x.cpp", "#include <boost/asio/ip/tcp.hpp>", False),
    ("src/core/x.cpp", "#include <boost/asio/steady_timer.hpp>", True),
    ("src/core/x.hpp", "#include <boost/asio/steady_timer.hpp>", False),
    ("src/core/x.cpp", "#include <boost/asio.hpp>", False),
    ("src/core/x.cpp", "#include <boost/json.hpp>", False),
    ("src/core/x.cpp", "#include <openssl/rand.h>", False),
    ("src/core/x.cpp", "#include <sys/socket.h>", False),
    ("src/core/x.cpp", "std::thread worker(run);", False),
    ("src/core/x.cpp", "std::jthread worker;", False),
    ("src/core/x.cpp", "auto later = std::async(run);", False),
    ("src/core/x.cpp", "std::this_thread::sleep_for(1s);", False),
    ("src/core/x.cpp", "auto now = std::chrono::steady_clock::now();", False),
    ("src/core/x.cpp", "std::thread::id owner;", True),
    ("src/core/x.cpp", "// never std::thread, never steady_clock::now", True),
    ("src/core/x.cpp", 'auto text = "system_clock::now";', True),
    ("src/core/clock.cpp", "auto now = std::chrono::steady_clock::now();", True),
    ("include/signaling/core/x.hpp", '#include "core/private.hpp"', False),
    ("src/websocket/x.cpp", '#include "signaling/core/y.hpp"', True),
    ("src/websocket/x.cpp", "#include <boost/beast/zlib/inflate_stream.hpp>", True),
    ("src/websocket/x.cpp", "#include <boost/beast/core.hpp>", False),
    ("src/websocket/x.cpp", "#include <boost/asio/post.hpp>", False),
    ("src/websocket/x.cpp", "#include <immintrin.h>", True),
    ("src/websocket/x.cpp", '#include "core/private.hpp"', False),
    ("src/websocket/x.cpp", '#include "signaling/protocols/json.hpp"', False),
    ("src/websocket/x.hpp", "#include <boost/beast/zlib.hpp>", False),
    ("src/protocols/x.cpp", "#include <boost/json.hpp>", False),
    ("src/protocols/x.cpp", "#include <openssl/sha.h>", False),
    ("src/protocols/x.cpp", '#include "signaling/websocket/frame.hpp"', False),
    ("include/signaling/protocols/x.hpp", "#include <boost/json/value.hpp>", False),
    ("src/socketio/x.cpp", '#include "signaling/websocket/frame.hpp"', False),
    ("src/socketio/x.cpp", "#include <boost/asio/post.hpp>", True),
    ("src/socketio/x.cpp", "#include <boost/asio/io_context.hpp>", False),
    ("src/socketio/x.cpp", '#include "signaling/protocols/peer_name.hpp"', True),
    ("src/socketio/x.cpp", '#include "protocols/json_fields.hpp"', False),
    ("src/testing/x.cpp", '#include "signaling/core/router.hpp"', True),
    ("src/testing/x.cpp", "std::jthread thread(run);", True),
    ("src/testing/x.cpp", '#include "signaling/net/server.hpp"', False),
    ("src/testing/x.cpp", "#include <boost/asio/io_context.hpp>", False),
    ("include/signaling/testing/x.hpp", "#include <doctest/doctest.h>", False),
    ("src/core/x.cpp", '#include "signaling/testing/fake_clock.hpp"', False),
    ("src/operation/x.cpp", '#include "signaling/net/server.hpp"', True),
    ("src/operation/x.cpp", "#include <sys/un.h>", True),
    ("src/operation/x.cpp", "std::thread writer(run);", True),
    ("src/operation/x.cpp", '#include "signaling/redis/redis_store.hpp"', False),
    ("src/operation/x.cpp", '#include "net/url.hpp"', False),
    ("src/operation/x.cpp", "#include <boost/asio/ip/tcp.hpp>", False),
    ("include/signaling/operation/x.hpp", "#include <unistd.h>", False),
    ("src/net/x.cpp", '#include "signaling/operation/log_writer.hpp"', False),
    ("src/redis/x.cpp", "#include <boost/redis/connection.hpp>", True),
    ("src/redis/x.cpp", "#include <boost/asio/ssl/context.hpp>", True),
    ("src/redis/x.cpp", "#include <openssl/ssl.h>", True),
    ("src/redis/x.cpp", "#include <boost/beast/core.hpp>", False),
    ("src/redis/x.cpp", '#include "signaling/net/server.hpp"', False),
    ("src/redis/x.cpp", '#include "core/private.hpp"', False),
    ("include/signaling/redis/x.hpp", "#include <boost/asio/any_io_executor.hpp>", True),
    ("include/signaling/redis/x.hpp", "#include <boost/redis/connection.hpp>", False),
    ("src/identity/x.cpp", "#include <openssl/evp.h>", True),
    ("src/identity/x.cpp", "#include <boost/asio/steady_timer.hpp>", True),
    ("src/identity/x.cpp", '#include "signaling/text/json_scanner.hpp"', True),
    ("src/identity/x.cpp", '#include "signaling/protocols/peer_name.hpp"', False),
    ("src/identity/x.cpp", "#include <boost/asio/ip/tcp.hpp>", False),
    ("src/identity/x.cpp", "auto now = std::chrono::system_clock::now();", False),
    ("src/identity/x.cpp", '#include "signaling/net/server.hpp"', False),
    ("src/identity/x.hpp", "#include <openssl/evp.h>", False),
    ("include/signaling/identity/x.hpp", "#include <openssl/evp.h>", False),
    ("src/net/x.cpp", '#include "signaling/identity/jwt.hpp"', False),
    ("src/core/x.cpp", '#include "signaling/redis/redis_store.hpp"', False),
    ("src/net/x.cpp", '#include "signaling/redis/redis_store.hpp"', False),
    ("src/net/x.cpp", "#include <openssl/ssl.h>", True),
    ("src/net/x.cpp", "#include <boost/beast/http.hpp>", True),
    ("src/net/x.cpp", '#include "signaling/protocols/json.hpp"', True),
    ("src/net/x.cpp", "auto now = std::chrono::steady_clock::now();", True),
    ("include/signaling/net/x.hpp", "#include <boost/asio/ip/tcp.hpp>", True),
    ("include/signaling/net/x.hpp", "#include <boost/beast/http.hpp>", False),
    ("include/signaling/net/x.hpp", "#include <openssl/ssl.h>", False),
    ("include/signaling/net/x.hpp", "#include <boost/json.hpp>", False),
]

# (text of a public header, whether shared libraries would show what it declares)
DECLARATIONS = [
    ("class Router {", False),
    ("struct Message {", False),
    ("struct [[nodiscard]] SendResult {", False),
    ("std::string_view to_string(errc code) noexcept;", False),
    ("[[nodiscard]] bool is_utf8(std::span<const std::byte> text) noexcept;", False),
    ("DecodedHeader decode(std::span<const std::byte> bytes,", False),
    ("class SIGNALING_API Router {", True),
    ("struct [[nodiscard]] SIGNALING_API SendResult {", True),
    ("SIGNALING_API std::string_view to_string(errc code) noexcept;", True),
    ("class Peer;", True),
    ("template <class T>\nclass Callback {", True),
    ("template <>\nstruct std::is_error_code_enum<signaling::errc> : std::true_type {};", True),
    ("constexpr bool is_control(Opcode opcode) noexcept {", True),
    ("inline bool is_control(Opcode opcode) noexcept {", True),
    ("[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {", True),
    ("using Handler = std::function<void(int)>;", True),
    ("enum class Role : std::uint8_t { server, client };", True),
    ("  void member(int);", True),
]


class Exported(unittest.TestCase):
    def test_each_declaration(self):
        for text, shown in DECLARATIONS:
            with self.subTest(text):
                self.assertEqual(0 if shown else 1, len(check_exported(Path("x.hpp"), text)))


class Content(unittest.TestCase):
    def test_each_line(self):
        for name, line, allowed in LINES:
            with self.subTest(file=name, line=line):
                component = name.removeprefix("include/signaling/").removeprefix("src/").split("/")[0]
                problems = check_content(component, Path(name), f"#pragma once\n{line}\n")
                self.assertEqual([], problems) if allowed else self.assertEqual(1, len(problems), problems)

    def test_a_header_has_pragma_once(self):
        self.assertIn("no #pragma once", check_content("core", Path("src/core/x.hpp"), "")[0])


class OneWay(unittest.TestCase):
    def test_includes_of_core_that_lead_back_are_named(self):
        files = {
            "src/core/x.cpp": '#include "core/x.hpp"\n#include "signaling/core/y.hpp"\n',
            "include/signaling/core/y.hpp": '#include "signaling/text/z.hpp"\n',
            "src/core/y.cpp": '#include "signaling/core/y.hpp"\n#include <vector>\n',
        }
        self.assertEqual([], check_one_way(files))
        files["src/core/y.cpp"] += '#include "core/z.hpp"\n'
        files["src/core/z.hpp"] = '#include "core/x.hpp"\n'
        self.assertEqual(["x", "y", "z"], [problem.split()[-5] for problem in check_one_way(files)])

    def test_the_parts_of_a_class_may_include_it(self):
        files = {"src/core/peer_session.cpp": '#include "core/peer_join.hpp"\n'}
        files["src/core/peer_join.cpp"] = '#include "core/peer_session.hpp"\n'
        self.assertEqual([], check_one_way(files))


class Place(unittest.TestCase):
    def problems(self, files: dict[str, str], listed: str = "") -> str:
        listings = {"src/core/CMakeLists.txt": listed, "tests/core/CMakeLists.txt": listed}
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in (files | listings).items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return "\n".join(check(root))

    def test_a_well_placed_tree_has_no_problem(self):
        files = {
            "include/signaling/core/x.hpp": "#pragma once\n",
            "src/core/x.cpp": '#include "signaling/core/x.hpp"\n',
            "src/core/y.hpp": "#pragma once\n",
            "src/core/y.cpp": '#include "core/y.hpp"\n',
            "src/core/y_more.cpp": '#include "core/y.hpp"\n',
            "tests/core/x_test.cpp": "",
            "tests/core/script.hpp": "",
        }
        self.assertEqual("", self.problems(files, listed="FILES x.hpp x.cpp y.cpp y_more.cpp x_test.cpp"))

    def test_a_source_opens_with_its_own_header(self):
        header = {"src/core/x.hpp": "#pragma once\n"}
        source = {"src/core/x.cpp": '#include <vector>\n#include "core/x.hpp"\n'}
        self.assertIn("the first include is not core/x.hpp", self.problems(header | source, listed="x.cpp"))

    def test_sources_headers_and_tests_are_listed(self):
        for name in ("src/core/x.cpp", "include/signaling/core/x.hpp", "tests/core/x_test.cpp"):
            self.assertIn(f"{name}:1: not listed", self.problems({name: ""}, listed="xx.cpp"))

    def test_a_component_has_rules(self):
        self.assertIn("no rules for the component other", self.problems({"src/other/x.cpp": ""}))


if __name__ == "__main__":
    unittest.main()
