#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "redis/refusal.hpp"
#include "redis/support/backend_world.hpp"

using namespace signaling;
using namespace signaling::redis;
using namespace signaling::redis::testing;

namespace {

// A key and a certificate for 127.0.0.1 and localhost that it signs itself.
struct Certificate {
  Certificate() {
    std::string name = (std::filesystem::temp_directory_path() / "signaling-tls-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test "
        "-addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout " +
        key() + " -out " + file() + " 2>" + (folder / "log").string();
    REQUIRE(std::system(command.c_str()) == 0);
  }
  ~Certificate() { std::filesystem::remove_all(folder); }
  std::string key() const { return (folder / "key.pem").string(); }
  std::string file() const { return (folder / "certificate.pem").string(); }

  std::filesystem::path folder;
};

struct TlsServer {
  Certificate certificate;
  RedisServer server{{"--port", "0", "--tls-port", "PORT", "--tls-cert-file", certificate.file(),
                      "--tls-key-file", certificate.key(), "--tls-auth-clients", "no"}};

  std::error_code open_error(const std::string& host, const std::string& ca_file) const {
    ConnectionSettings settings;
    settings.url = parse_redis_url("rediss://" + host + ":" + std::to_string(server.port()));
    settings.ca_file = ca_file;
    boost::asio::io_context io;
    const auto backend =
        std::make_shared<RedisBackend>(io.get_executor(), RedisBackend::Options{settings, 1000, nullptr});
    backend->start();
    return run<Backend::Opened>(io, [&](auto done) { backend->open("node", {}, std::move(done)); }).error;
  }
};

}  // namespace

TEST_CASE_FIXTURE(TlsServer, "redis tls: a server with a trusted certificate of its name is used") {
  CHECK_FALSE(open_error("127.0.0.1", certificate.file()));
  CHECK_FALSE(open_error("localhost", certificate.file()));
}

TEST_CASE_FIXTURE(TlsServer, "redis tls: a certificate that is not trusted, or of another name, is refused") {
  CHECK(open_error("127.0.0.1", {}) == make_refusal(Refusal::bad_certificate));
  CHECK(open_error("127.0.0.2", certificate.file()) ==
        errc::store_unavailable);  // it listens on 127.0.0.1 only
  CHECK(open_error("127.0.0.1", "/nowhere.pem") == make_refusal(Refusal::bad_certificate));
  const Certificate other;
  CHECK(open_error("127.0.0.1", other.file()) == make_refusal(Refusal::bad_certificate));
}
