#include "net/static_files.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "net/support/client.hpp"
#include "net/support/test_server.hpp"

using namespace signaling::net;
using namespace signaling::net::testing;

namespace {

FileAnswer find(const StaticFiles& files, std::string_view path) { return files.find({path, path, {}, {}}); }

std::string header(const FileAnswer& answer, std::string_view name) {
  for (const auto& [field, value] : answer.headers) {
    if (field == name) return value;
  }
  return {};
}

}  // namespace

TEST_CASE("static files: nothing outside of the folder is found, whatever the path says") {
  const TemporaryFolder folder;
  folder.write("secret.txt", "secret");
  folder.write("www-other/file.txt", "secret");
  folder.write("www/file.txt", "public");
  folder.write("www/sub/file.txt", "public");
  folder.write("www/.env", "secret");
  folder.write("www/.git/config", "secret");
  folder.write("www/.well-known/x.txt", "public");
  std::filesystem::create_symlink(folder.path() / "secret.txt", folder.path() / "www/link.txt");
  std::filesystem::create_symlink(folder.path(), folder.path() / "www/up");
  std::filesystem::create_symlink("/etc", folder.path() / "www/etc");
  std::filesystem::create_symlink("file.txt", folder.path() / "www/inside.txt");
  ::mkfifo((folder.path() / "www/fifo").c_str(), 0600);
  const StaticFiles files(folder.path() / "www");

  for (const char* path :
       {"/file.txt", "/sub/file.txt", "/sub//file.txt", "//file.txt", "/inside.txt", "/.well-known/x.txt"}) {
    CAPTURE(path);
    CHECK(find(files, path).status == 200);
  }
  using namespace std::string_view_literals;
  for (const std::string_view path : {"/../secret.txt"sv,
                                      "/sub/../../secret.txt"sv,
                                      "/sub/../file.txt"sv,
                                      "/./file.txt"sv,
                                      "/..\\secret.txt"sv,
                                      "/\\..\\secret.txt"sv,
                                      "/file.txt\0.png"sv,
                                      "/link.txt"sv,
                                      "/up/secret.txt"sv,
                                      "/etc/passwd"sv,
                                      "//etc/passwd"sv,
                                      "/../www-other/file.txt"sv,
                                      "/.env"sv,
                                      "/.git/config"sv,
                                      "/fifo"sv,
                                      "/"sv,
                                      "/sub"sv,
                                      "/sub/"sv,
                                      "/file.txt/"sv,
                                      "/missing"sv,
                                      "/%2e%2e/secret.txt"sv}) {
    CAPTURE(path);
    CHECK(find(files, path).status == 404);
  }
}

TEST_CASE("static files: a link that comes in the place of a folder while a file is opened leads nowhere") {
  const TemporaryFolder folder;
  folder.write("outside/file.txt", "a secret");
  folder.write("www/real/file.txt", "public");
  const auto inside = folder.path() / "www/sub";
  std::filesystem::create_directory_symlink("real", inside);
  std::filesystem::create_directory_symlink("../outside", folder.path() / "www/other");
  std::atomic<bool> done{false};
  std::thread swapper([&] {
    while (!done) {
      ::renameat2(AT_FDCWD, inside.c_str(), AT_FDCWD, (folder.path() / "www/other").c_str(), RENAME_EXCHANGE);
    }
  });
  const StaticFiles files(folder.path() / "www");
  int found = 0;
  int leaked = 0;
  for (int i = 0; i < 20'000; ++i) {
    const FileAnswer answer = find(files, "/sub/file.txt");
    found += answer.status == 200 ? 1 : 0;
    leaked += answer.status == 200 && answer.size != 6 ? 1 : 0;
  }
  done = true;
  swapper.join();
  CHECK(found > 0);
  CHECK(leaked == 0);
}

TEST_CASE("static files: a folder is its index.html, at the path with a slash") {
  const TemporaryFolder folder;
  folder.write("app/index.html", "<p>");
  const StaticFiles files(folder.path());
  CHECK(find(files, "/app/").status == 200);
  CHECK(header(find(files, "/app/"), "Content-Type") == "text/html; charset=utf-8");
  const FileAnswer redirect = files.find({"//app", "//app?x=1", {}, {}});
  CHECK(redirect.status == 301);
  CHECK(header(redirect, "Location") == "/app/?x=1");
}

TEST_CASE("static files: the extension decides the media type, in any case") {
  const std::pair<const char*, const char*> types[] = {
      {"a.html", "text/html; charset=utf-8"},
      {"a.js", "text/javascript; charset=utf-8"},
      {"a.mjs", "text/javascript; charset=utf-8"},
      {"a.css", "text/css; charset=utf-8"},
      {"a.txt", "text/plain; charset=utf-8"},
      {"a.json", "application/json"},
      {"a.js.map", "application/json"},
      {"a.wasm", "application/wasm"},
      {"a.svg", "image/svg+xml"},
      {"a.PNG", "image/png"},
      {"a.jpg", "image/jpeg"},
      {"a.ico", "image/x-icon"},
      {"a.webp", "image/webp"},
      {"a.woff2", "font/woff2"},
      {"a.exe", "application/octet-stream"},
      {"html", "application/octet-stream"},
  };
  for (const auto& each : types) {
    CAPTURE(each.first);
    CHECK(content_type(each.first) == each.second);
  }
}

TEST_CASE("static files: an unchanged file is not sent again (RFC 9110 13.1.2, 13.1.3)") {
  const TemporaryFolder folder;
  folder.write("a.txt", "one");
  const StaticFiles files(folder.path());
  const FileAnswer first = find(files, "/a.txt");
  const std::string tag = header(first, "ETag");
  const std::string modified = header(first, "Last-Modified");
  CHECK(header(first, "Cache-Control") == "no-cache");
  CHECK(header(first, "X-Content-Type-Options") == "nosniff");
  for (const std::string& match : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    CAPTURE(match);
    CHECK(files.find({"/a.txt", "/a.txt", match, {}}).status == 304);
  }
  CHECK(files.find({"/a.txt", "/a.txt", {}, modified}).status == 304);
  CHECK(files.find({"/a.txt", "/a.txt", "\"other\"", modified}).status == 200);
  CHECK(files.find({"/a.txt", "/a.txt", {}, "Sun, 06 Nov 1994 08:49:37 GMT"}).status == 200);
  folder.write("a.txt", "changed");
  CHECK(files.find({"/a.txt", "/a.txt", tag, {}}).status == 200);
}

TEST_CASE("static files: the server sends them whole, over one connection") {
  const TemporaryFolder folder;
  std::string large(3'000'000, ' ');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>('a' + i % 23);
  folder.write("large.txt", large);
  folder.write("empty.txt", "");
  folder.write("index.html", "home");
  TestServer server([&](Server& s) { s.serve_files(folder.path()); });
  Client client(server.endpoint());
  CHECK(client.get("/large.txt").body == large);
  CHECK(client.get("/").body == "home");
  const Response empty = client.get("/empty.txt");
  CHECK(empty.status == 200);
  CHECK(empty.header("content-length") == "0");
  const Response unchanged = client.get("/large.txt", "If-None-Match: *\r\n");
  CHECK(unchanged.status == 304);
  CHECK(unchanged.header("content-length").empty());
  client.send("HEAD /large.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.receive_response("HEAD").header("content-length") == "3000000");
  CHECK(client.get("/healthz").body == "ok\n");
  for (const char* path : {"/%2e%2e/x", "/..%2fx", "/%5c..%5cx", "/x%00.html", "/missing"}) {
    CAPTURE(path);
    CHECK(client.get(path).status == 404);
  }
  client.send("POST /large.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  CHECK(client.receive_response().status == 405);
}

TEST_CASE("static files: a folder that is none is told at once") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", "x");
  CHECK_THROWS_AS(StaticFiles{file}, std::filesystem::filesystem_error);
  CHECK_THROWS_AS(StaticFiles{folder.path() / "missing"}, std::filesystem::filesystem_error);
}
