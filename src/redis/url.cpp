#include "redis/url.hpp"

#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include "signaling/text/percent.hpp"

namespace signaling::redis {
namespace {

[[noreturn]] void fail(std::string_view what) {
  throw std::invalid_argument("Redis URL: " + std::string(what));
}

template <class Number>
Number number_of(std::string_view text, Number most, std::string_view what) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || number > most) fail(what);
  return number;
}

std::string decoded(std::string_view text, std::string_view what) {
  auto bytes = text::percent_decode(text);
  if (!bytes) fail(what);
  return *std::move(bytes);
}

// Cuts what follows the first `mark` off `text`.
std::optional<std::string_view> cut(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

std::string_view take_scheme(std::string_view url, RedisUrl& parts) {
  for (const std::string_view scheme : {"redis://", "rediss://"}) {
    if (!url.starts_with(scheme)) continue;
    parts.tls = scheme.starts_with("rediss");
    return url.substr(scheme.size());
  }
  fail("it must begin with redis:// or rediss://");
}

// A user without a password may be one that needs none: Redis then takes any, but asks for one.
void read_user(std::string_view text, RedisUrl& parts) {
  const auto password = cut(text, ':');
  const std::string user = decoded(text, "the user is not valid percent-encoding");
  if (!user.empty()) parts.user = user;
  if (password) parts.password = decoded(*password, "the password is not valid percent-encoding");
  if (parts.password.empty() && !user.empty()) parts.password = "none";
}

// RFC 3986 3.2.2: an IPv6 address stands in brackets.
void read_host(std::string_view text, RedisUrl& parts) {
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    text.remove_prefix(1);
    const auto behind = cut(text, ']');
    if (!behind || (!behind->empty() && behind->front() != ':'))
      fail("the address in brackets has no closing bracket");
    if (!behind->empty()) port = behind->substr(1);
  } else {
    port = cut(text, ':');
  }
  parts.host = decoded(text, "the host is not valid percent-encoding");
  if (parts.host.empty()) fail("it has no host");
  if (port) parts.port = number_of<std::uint16_t>(*port, 65535, "the port is not a number up to 65535");
  if (parts.port == 0) fail("the port is 0");
}

void read_query(std::string_view query, RedisUrl& parts) {
  while (!query.empty()) {
    std::string_view option = query;
    query = cut(option, '&').value_or(std::string_view());
    const auto value = cut(option, '=');
    if (option != "prefix" || !value) fail("the only option is prefix=…");
    parts.prefix = decoded(*value, "the prefix is not valid percent-encoding");
    if (parts.prefix.empty()) fail("the prefix is empty");
  }
}

}  // namespace

RedisUrl parse_redis_url(std::string_view url) {
  RedisUrl parts;
  std::string_view host = take_scheme(url, parts);
  // From the end to the front: a password may hold an @ that somebody forgot to encode, but not a / or a ?.
  if (host.find('#') != std::string_view::npos) fail("it has a fragment");
  const auto query = cut(host, '?');
  const auto database = cut(host, '/');
  if (const auto at = host.rfind('@'); at != std::string_view::npos) {
    read_user(host.substr(0, at), parts);
    host.remove_prefix(at + 1);
  }
  read_host(host, parts);
  if (database && !database->empty()) {
    parts.database = number_of<int>(*database, 1'000'000, "the database is not a number");
    if (parts.database < 0) fail("the database is not a number");
  }
  if (query) read_query(*query, parts);
  return parts;
}

}  // namespace signaling::redis
